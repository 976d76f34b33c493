import { once } from 'node:events';
import { harmless, type Globals } from './terminal.ts';

export interface Printed {
  /** For programs: times as ISO 8601 UTC, lengths of time in seconds. Grows within a major version of the schema, and never shrinks. */
  readonly data: unknown;
  /** For people; nothing when empty. */
  readonly text: string;
  readonly warnings?: readonly string[];
}

/** Data goes to stdout, and nothing else does; a warning is part of it for programs, and talk for people. */
export function print({ output, quiet }: Globals, { data, text, warnings = [] }: Printed): void {
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify({ schemaVersion: '1.0', data, warnings }, null, 2)}\n`);
    return;
  }
  if (text !== '') process.stdout.write(`${text}\n`);
  if (!quiet) for (const warning of warnings) process.stderr.write(`warning: ${harmless(warning)}\n`);
}

/** Waits for a reader that is slower than the disk. */
export async function writeLine(line: Uint8Array): Promise<void> {
  process.stdout.write(line);
  if (!process.stdout.write('\n')) await once(process.stdout, 'drain');
}
