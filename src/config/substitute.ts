import type { z } from 'zod';
import type { Secret } from '../core/contract.ts';
import { SECRET_EXPECTED, type SecretKind } from '../sources/fields.ts';
import type { Path } from './positions.ts';
import { isReference, parseReferences, readReference, BadReference, type Surroundings } from './references.ts';
import type { Report } from './report.ts';
import { openValue, referredSecret, writtenSecret } from './secrets.ts';
import { kindOf, schemasAt, typesOf } from './shape.ts';
import { isPlainMap } from './tree.ts';

export interface Substitution {
  readonly report: Report;
  readonly surroundings: Surroundings;
  readonly allowInlineSecrets: boolean;
  /** Told of each value that came from a reference, so that messages can name the reference instead. */
  readonly substituted: (path: Path, reference: string, value: string) => void;
}

/**
 * The tree with its references replaced: by their values, or in secret fields by a `Secret`. Works on parsed scalars, never on the
 * file's text, so a value cannot become YAML and positions stay what they were.
 * @param path where the value stands in the file
 * @param schemas what may stand there
 */
export function substitute(
  value: unknown,
  path: Path,
  schemas: readonly z.core.$ZodType[],
  how: Substitution,
): unknown {
  const kind = kindOf(schemas);
  if (kind?.kind === 'secret') return secretAt(value, path, kind, how);
  const step = (inner: unknown, key: string | number): unknown =>
    substitute(inner, [...path, key], schemasAt(schemas, [key]), how);
  if (Array.isArray(value)) return value.map(step);
  if (isPlainMap(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, step(inner, key)]));
  if (typeof value === 'string' && value.includes('${')) return textAt(value, path, typesOf(schemas), how);
  return value;
}

function textAt(text: string, path: Path, types: ReadonlySet<string>, how: Substitution): unknown {
  try {
    const pieces = parseReferences(text);
    const value = pieces
      .map((piece) => (typeof piece === 'string' ? piece : readReference(piece, how.surroundings)))
      .join('');
    if (pieces.every((piece) => typeof piece === 'string')) return value;
    how.substituted(path, text, value);
    return pieces.length === 1 ? typed(value, types) : value;
  } catch (error) {
    complain(error, path, how);
    return text;
  }
}

/** A number or a yes-or-no that comes by way of a reference is text at first. */
function typed(value: string, types: ReadonlySet<string>): unknown {
  if (types.has('string')) return value;
  if ((types.has('number') || types.has('int')) && /^-?\d+(?:\.\d+)?$/.test(value)) return Number(value);
  if (types.has('boolean') && /^(?:true|false)$/.test(value)) return value === 'true';
  return value;
}

/** Never repeats the value: what stands there may be the secret itself. */
function secretAt(value: unknown, path: Path, kind: SecretKind, how: Substitution): Secret {
  const { report, surroundings } = how;
  const placeholder = openValue('(unreadable)');
  if (typeof value !== 'string' || !isReference(value)) report.mask(path);
  if (typeof value !== 'string') {
    report.add(path, `${SECRET_EXPECTED}, found ${value === null ? 'nothing' : 'something else'}`);
    return placeholder;
  }
  try {
    const secret = written(value, kind, how) ?? reference(value, surroundings, how.allowInlineSecrets);
    if (secret === undefined) {
      report.add(path, 'a secret must not be written into the file', { suggestion: betterPlace(path) });
      return placeholder;
    }
    const revealed = secret.reveal();
    const complaint = kind.complaint?.(revealed);
    if (complaint !== undefined) report.add(path, complaint);
    return secret;
  } catch (error) {
    complain(error, path, how);
    return placeholder;
  }
}

/** What may stand in the file as it is: no secret at all, or any where that is allowed. */
function written(value: string, kind: SecretKind, how: Substitution): Secret | undefined {
  if (value.includes('${')) return undefined;
  if (kind.mayBeWritten?.(value) === true) return openValue(value);
  return how.allowInlineSecrets && value !== '' ? writtenSecret(value) : undefined;
}

function reference(value: string, surroundings: Surroundings, inline: boolean): Secret | undefined {
  const [only, ...others] = parseReferences(value);
  if (only === undefined || typeof only === 'string' || others.length > 0) return undefined;
  // A default is the secret written into the file, by another name.
  return only.fallback === undefined || inline ? referredSecret(only, surroundings) : undefined;
}

function betterPlace(path: Path): string {
  const words = path.filter((step) => typeof step === 'string' && !['sources', 'auth'].includes(step)).join('_');
  const name = words
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+/, '')
    .toUpperCase();
  const safe = /^[0-9]/.test(name) ? `SLUICE_${name}` : name;
  const file = safe.toLowerCase().replaceAll('_', '-');
  return `Put it into the environment and write \`\${env:${safe}}\`, or into a file and write \`\${file:/run/secrets/${file}}\`.`;
}

function complain(error: unknown, path: Path, { report }: Substitution): void {
  if (!(error instanceof BadReference)) throw error;
  report.add(path, error.message);
}
