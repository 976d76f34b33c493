import type { z } from 'zod';
import { isSensitive } from './excerpt.ts';
import type { Path, Positions } from './positions.ts';
import type { Report } from './report.ts';
import { keysOf, kindOf, schemasAt } from './shape.ts';
import { substitute, type Substitution } from './substitute.ts';
import { didYouMean, isPlainMap } from './tree.ts';
import { nearest } from '../core/nearest.ts';
import { flatten, unauthored, wordsFor, type Found } from './words.ts';
import type { Surroundings } from './references.ts';

/** How one file is being read. */
export interface Reading {
  readonly report: Report;
  readonly positions: Positions;
  readonly surroundings: Surroundings;
  readonly allowInlineSecrets: boolean;
}

/** One map of the file, and what it may hold. */
export interface Checked<Schema extends z.ZodType> {
  readonly schema: Schema;
  readonly value: Readonly<Record<string, unknown>>;
  /** Where the map stands. */
  readonly path: Path;
  /** All that the map may hold in the file, where `schema` is only a part of it. */
  readonly roots?: readonly z.core.$ZodType[];
  /** Keys of the map that are not looked at here. */
  readonly leave?: ReadonlySet<string>;
}

/** Replaces references and parses; what is wrong goes to the report, and then the result is `undefined`. */
export function check<Schema extends z.ZodType>(
  checked: Checked<Schema>,
  reading: Reading,
): z.output<Schema> | undefined {
  const { schema, path, leave } = checked;
  const references = new Map<string, string>();
  const how: Substitution = {
    ...reading,
    substituted: (at, reference) => void references.set(at.map(String).join('\n'), reference),
  };
  const entries = Object.entries(checked.value).map(([key, value]) => {
    if (leave?.has(key) === true) return [key, value];
    return [key, substitute(value, [...path, key], schemasAt([schema], [key]), how)];
  });
  const value: unknown = Object.fromEntries(entries);
  const result = schema.safeParse(value, { error: unauthored });
  if (result.success) return result.data;
  const foundAt = (inner: Path): Found => ({
    value: valueAt(value, inner),
    written: reading.positions.get([...path, ...inner])?.written,
    reference: references.get([...path, ...inner].map(String).join('\n')),
    schemas: schemasAt([schema], inner),
  });
  complain(
    flatten(result.error.issues, (inner) => valueAt(value, inner)),
    checked,
    reading,
    foundAt,
  );
  return undefined;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => {
    return typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
      ? Reflect.get(inner, key)
      : undefined;
  }, value);
}

function complain(
  issues: readonly z.core.$ZodIssue[],
  { schema, path, roots = [schema], leave }: Checked<z.ZodType>,
  reading: Reading,
  foundAt: (path: Path) => Found,
): void {
  const { report } = reading;
  const slips = new Set<string>();
  const slipped = new Set<string>();
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const around = schemasAt(roots, issue.path);
    for (const key of issue.keys.filter((one) => leave?.has(one) !== true)) {
      const meant = unknownKey(key, [...path, ...issue.path], around, report);
      if (meant === undefined) continue;
      slips.add([...issue.path, meant].join('\n'));
      slipped.add(issue.path.join('\n'));
    }
  }
  for (const issue of issues) {
    const whole = [...path, ...issue.path];
    if (issue.code === 'unrecognized_keys' || report.spoilt(whole)) continue;
    const found = foundAt(issue.path);
    // A key that is missing because it was mistyped has been named already, and so has what its map then lacks.
    const at = issue.path.join('\n');
    if ((found.value === undefined && slips.has(at)) || (issue.code === 'custom' && slipped.has(at))) continue;
    const { message, suggestion } = wordsFor(issue, found);
    report.add(whole, message, { suggestion });
  }
}

/** @returns the key that was probably meant */
function unknownKey(
  key: string,
  around: Path,
  schemas: readonly z.core.$ZodType[],
  report: Report,
): string | undefined {
  const known = keysOf(schemas);
  const meant = nearest(key, known);
  const isSecret = meant !== undefined && kindOf(schemasAt(schemas, [meant]))?.kind === 'secret';
  if (isSecret || isSensitive(key)) report.mask([...around, key]);
  const suggestion =
    didYouMean(key, known) ??
    (known.length > 0 ? `Known here: ${known.map((one) => `\`${one}\``).join(', ')}.` : undefined);
  report.add([...around, key], `there is no key \`${key}\` here`, { suggestion, on: 'key' });
  return meant;
}

/** A map, or `undefined`, reported. */
export function asMap(
  value: unknown,
  path: Path,
  expected: string,
  { report }: Reading,
): Record<string, unknown> | undefined {
  if (isPlainMap(value)) return value;
  if (report.spoilt(path)) return undefined;
  const found = value === null || value === undefined ? 'nothing' : Array.isArray(value) ? 'a list' : 'a single value';
  report.add(path, `expected ${expected}, found ${found}`);
  return undefined;
}
