import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { readingFailed } from './read.ts';

/** `${env:NAME}`, `${env:NAME:-default}` or `${file:/path}` in a scalar of the configuration. */
export interface Reference {
  /** As it is written. */
  readonly text: string;
  readonly from: 'env' | 'file';
  /** The variable's name or the file's path. */
  readonly name: string;
  readonly fallback?: string | undefined;
}

/** What references are read from. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** What relative paths are relative to: the folder of the configuration. */
  readonly folder: string;
}

/** A reference is written wrongly, or cannot be read. The message says which and why, never what was read. */
export class BadReference extends Error {
  override readonly name = 'BadReference';
}

/** A secret or a certificate is small; anything larger is not what was meant. */
const LARGEST = 1024 * 1024;

/**
 * Takes a scalar apart: its literal pieces and its references, in order. `$${` is a literal `${`.
 * Throws a BadReference for a `${` that is no reference.
 */
export function parseReferences(text: string): readonly (string | Reference)[] {
  const pieces: (string | Reference)[] = [];
  let rest = 0;
  for (const match of text.matchAll(/\$\$\{|\$\{([^}]*)(\}?)/g)) {
    pieces.push(text.slice(rest, match.index));
    rest = match.index + match[0].length;
    const inner = match[1];
    if (inner === undefined) pieces.push('${');
    else if (match[2] === '')
      throw new BadReference('`${` without its `}`; a value with ` #` or `}` in it must be quoted');
    else pieces.push(parseReference(match[0], inner));
  }
  return [...pieces, text.slice(rest)].filter((piece) => piece !== '');
}

function parseReference(text: string, inner: string): Reference {
  const colon = inner.indexOf(':');
  const [scheme, target] = colon === -1 ? ['', inner] : [inner.slice(0, colon), inner.slice(colon + 1)];
  if (scheme === 'env') return envReference(text, target);
  if (scheme === 'file' && target !== '') return { text, from: 'file', name: target };
  if (scheme === 'file') throw new BadReference('`${file:}` needs a path: `${file:/run/secrets/name}`');
  const known = 'expected `${env:NAME}` or `${file:/path}`';
  if (scheme === '' && VARIABLE.test(target))
    throw new BadReference(`\`\${${target}}\` is no reference: write \`\${env:${target}}\``);
  // What stands there may be a secret that begins like a reference: it is not repeated.
  throw new BadReference(`a \`\${\` that begins no reference: ${known}; a literal \`\${\` is written \`$\${\``);
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

function envReference(text: string, target: string): Reference {
  const at = target.indexOf(':-');
  const name = at === -1 ? target : target.slice(0, at);
  if (!VARIABLE.test(name))
    throw new BadReference('`${env:…}` needs the name of a variable: `${env:NAME}` or `${env:NAME:-default}`');
  return { text, from: 'env', name, fallback: at === -1 ? undefined : target.slice(at + 2) };
}

/** The value that a reference stands for at this moment, never empty. Throws a BadReference. */
export function readReference(reference: Reference, { env, folder }: Surroundings): string {
  if (reference.from === 'file') return readReferredFile(reference, resolve(folder, reference.name));
  const value = env[reference.name];
  if (value !== undefined && value !== '') return value;
  if (reference.fallback !== undefined) return reference.fallback;
  const state = value === undefined ? 'not set' : 'empty';
  throw new BadReference(`the environment variable \`${reference.name}\` is ${state}`);
}

function readReferredFile(reference: Reference, path: string): string {
  const fail = (message: string): BadReference => new BadReference(`${reference.text}: ${message}`);
  let bytes: Buffer;
  try {
    const { size } = regularFile(path);
    if (size > LARGEST) throw new BadReference('the file is larger than 1 MiB');
    bytes = readFileSync(path);
  } catch (error) {
    throw fail(error instanceof BadReference ? error.message : readingFailed(error));
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fail('the file is not UTF-8');
  }
  // Editors and `echo` end a file with a line break that belongs to no secret.
  const value = text.replace(/(?:\r?\n)+$/, '');
  if (value === '') throw fail('the file is empty');
  return value;
}

/** A pipe would give its value once and then block for ever. */
function regularFile(path: string): { readonly size: number } {
  const stats = statSync(path);
  if (stats.isDirectory()) throw new BadReference('is a folder; expected a file');
  if (!stats.isFile()) throw new BadReference('is no regular file: it is read again at every use');
  return stats;
}

/** Whether the text is one reference and nothing else, and holds no default: then it is no secret itself. */
export function isReference(text: string): boolean {
  return /^\$\{(?:env|file):(?:(?!:-)[^}])*\}$/.test(text);
}
