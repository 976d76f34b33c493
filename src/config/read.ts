import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError, type Finding } from './errors.ts';

/** A larger file is something else, named by mistake. */
const LARGEST = 4 * 1024 * 1024;

/** The text of a configuration file, without a byte order mark. Throws a ConfigError. */
export function readConfigFile(file: string): string {
  const fail = (message: string, more: Partial<Finding> = {}): ConfigError =>
    new ConfigError(file, [{ file, line: 1, column: 1, path: '', message, ...more }]);
  let bytes: Buffer;
  try {
    if (statSync(file).isDirectory()) throw fail('is a folder; expected a file', inside(file));
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw fail(readingFailed(error), isMissing(error) ? beside(file) : {});
  }
  if (bytes.length > LARGEST) throw fail('is larger than 4 MiB, which no configuration is');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fail(notUtf8(bytes), { line: firstBadLine(bytes), suggestion: 'Save the file as UTF-8.' });
  }
}

/** Why a file could not be read, in words; nothing of its content. */
export function readingFailed(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (isMissing(error)) return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'the file may not be read by this user';
  if (code === 'EISDIR') return 'is a folder; expected a file';
  return `the file cannot be read (${code})`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function inside(folder: string): Partial<Finding> {
  const file = join(folder, 'sluice.yaml');
  return existsSync(file) ? { suggestion: `Did you mean \`${file}\`?` } : {};
}

function beside(file: string): Partial<Finding> {
  const other = ['sluice.yaml', 'sluice.yml'].map((name) => join(dirname(file), name)).find((one) => existsSync(one));
  const mean =
    other === undefined
      ? 'sluice.example.yaml is one to begin with; -c names another file.'
      : `Did you mean \`${other}\`?`;
  return { suggestion: mean };
}

function notUtf8(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  return mark === 'fffe' || mark === 'feff' ? 'is UTF-16; expected UTF-8' : 'is not UTF-8';
}

function firstBadLine(bytes: Buffer): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let line = 1, start = 0; start <= bytes.length; line += 1) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end + 1;
  }
  return 1;
}
