import type { z } from 'zod';
import { SECRET_EXPECTED } from '../sources/fields.ts';
import { didYouMean, isPlainMap } from './tree.ts';
import { descriptionOf } from './shape.ts';

type Issue = z.core.$ZodIssue;

/** What was wrong, and how to mend it. */
export interface Words {
  readonly message: string;
  readonly suggestion?: string | undefined;
}

/** What is known about the value that an issue is about. */
export interface Found {
  /** `undefined` when it is not in the file. */
  readonly value: unknown;
  /** A plain scalar as it was written. */
  readonly written?: string | undefined;
  /** The reference that the value came from: then the value is not repeated. */
  readonly reference?: string | undefined;
  readonly schemas: readonly z.core.$ZodType[];
}

/** Our words for a zod issue. Messages that the schema's author wrote are kept as they are. */
export function wordsFor(issue: Issue, found: Found): Words {
  if (found.value === undefined && isAboutAbsence(issue)) return { message: missing(issue, found) };
  switch (issue.code) {
    case 'invalid_type':
      return {
        message: authored(issue) ?? `expected ${typeWords(issue.expected)}, found ${describe(found)}`,
        suggestion: authored(issue) === undefined ? retype(issue.expected, found) : undefined,
      };
    case 'invalid_value':
      return valueWords(issue, found);
    case 'too_small':
      return { message: authored(issue) ?? tooSmall(issue, found) };
    case 'too_big':
      return { message: authored(issue) ?? tooBig(issue, found) };
    case 'not_multiple_of':
      return { message: authored(issue) ?? `expected a multiple of ${issue.divisor}, found ${describe(found)}` };
    case 'invalid_format':
      return { message: authored(issue) ?? `expected ${formatWords(issue)}, found ${describe(found)}` };
    case 'invalid_union':
      return { message: authored(issue) ?? `expected ${unionWords(issue)}, found ${describe(found)}` };
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return { message: withoutValue(issue.message, found) };
  }
}

/** Told to zod: it leaves this mark where the schema's author said nothing. */
export const unauthored = (): string => UNAUTHORED;

const UNAUTHORED = '\u0000';

function authored(issue: Issue): string | undefined {
  return issue.message === UNAUTHORED || issue.message === '' ? undefined : issue.message;
}

function isAboutAbsence(issue: Issue): boolean {
  if (issue.code === 'custom') return issue.message === SECRET_EXPECTED;
  return issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union';
}

function missing(issue: Issue, { schemas }: Found): string {
  const key = String(issue.path.at(-1) ?? '');
  const about = descriptionOf(schemas);
  return `\`${key}\` is missing${about === undefined ? '' : `: ${about.charAt(0).toLowerCase()}${about.slice(1).replace(/\.$/, '')}`}`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: '`true` or `false`',
  array: 'a list',
  object: 'a map (`key: value`)',
  record: 'a map (`key: value`)',
  null: 'nothing',
};

function typeWords(type: string): string {
  return TYPES[type] ?? type;
}

/** What was found, short, on one line; a value that came by way of a reference by its reference. */
function describe({ value, written, reference }: Found): string {
  if (reference !== undefined) return `the value of ${reference}`;
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${written ?? String(value)}`;
  if (typeof value === 'boolean') return `\`${String(value)}\``;
  return Array.isArray(value) ? 'a list' : 'a map';
}

function retype(expected: string, { value, written, reference }: Found): string | undefined {
  if (reference !== undefined) return undefined;
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  if (expected === 'string' && scalar) return `Quote it: \`"${written ?? String(value)}"\`.`;
  if (expected === 'array' && (typeof value === 'string' || scalar))
    return `Write it as a list: \`[${written ?? String(value)}]\`.`;
  const isNumber = typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value);
  if ((expected === 'number' || expected === 'int') && isNumber) return `Write it without quotes: \`${value}\`.`;
  const isBoolean = typeof value === 'string' && /^(?:true|yes|on|false|no|off)$/i.test(value);
  if (expected === 'boolean' && isBoolean)
    return `Write \`${String(/^(?:true|yes|on)$/i.test(value))}\`, without quotes.`;
  return undefined;
}

function valueWords(issue: z.core.$ZodIssueInvalidValue, found: Found): Words {
  const known = issue.values.map(String);
  const list = known.map((word) => `\`${word}\``).join(', ');
  const expected = known.length === 1 ? `expected ${list}` : `expected one of ${list}`;
  const text = typeof found.value === 'string' && found.reference === undefined ? found.value : undefined;
  const isQuoted = text !== undefined && known.includes(text);
  const suggestion = isQuoted ? `Write it without quotes: \`${text}\`.` : text && didYouMean(text, known);
  return { message: authored(issue) ?? `${expected}, found ${describe(found)}`, suggestion };
}

function tooSmall(issue: z.core.$ZodIssueTooSmall, found: Found): string {
  const least = String(issue.minimum);
  if (issue.origin === 'array') return `needs at least ${count(least, 'entry', 'entries')}, found ${length(found)}`;
  if (issue.origin === 'string' && least === '1') return 'must not be empty';
  if (issue.origin === 'string') return `needs at least ${count(least, 'character', 'characters')}`;
  return `expected ${issue.inclusive ? 'at least' : 'more than'} ${least}, found ${describe(found)}`;
}

function tooBig(issue: z.core.$ZodIssueTooBig, found: Found): string {
  const most = String(issue.maximum);
  if (issue.origin === 'array') return `takes at most ${count(most, 'entry', 'entries')}, found ${length(found)}`;
  if (issue.origin === 'string') return `takes at most ${count(most, 'character', 'characters')}`;
  return `expected ${issue.inclusive ? 'at most' : 'less than'} ${most}, found ${describe(found)}`;
}

function count(number: string, one: string, many: string): string {
  return `${number} ${number === '1' ? one : many}`;
}

function length({ value }: Found): string {
  return Array.isArray(value) && value.length > 0 ? String(value.length) : 'none';
}

function formatWords(issue: z.core.$ZodIssueInvalidStringFormat): string {
  return issue.format === 'regex'
    ? `text like ${issue.pattern ?? 'the pattern'}`
    : `text in the format \`${issue.format}\``;
}

/** A union of plain values: what each member wants. */
function unionWords(issue: z.core.$ZodIssueInvalidUnion): string {
  const wanted = issue.errors.flatMap(([first]) => (first?.code === 'invalid_type' ? [typeWords(first.expected)] : []));
  return wanted.length === issue.errors.length && wanted.length > 0
    ? [...new Set(wanted)].join(' or ')
    : 'another value';
}

/** An author's message may repeat the value; one that came by way of a reference is named by its reference. */
function withoutValue(message: string, { value, reference }: Found): string {
  if (reference === undefined || typeof value !== 'string' || value === '') return message;
  return message.replaceAll(`"${value}"`, reference).replaceAll(value, reference);
}

/** The issues inside those of unions of maps: the member that fits best says what is wrong. */
export function flatten(
  issues: readonly Issue[],
  valueAt: (path: readonly PropertyKey[]) => unknown,
): readonly Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union' || !isPlainMap(valueAt(issue.path))) return [issue];
    const best = issue.errors.toSorted((a, b) => weight(a) - weight(b))[0] ?? [];
    return flatten(
      best.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
      valueAt,
    );
  });
}

/** A map with an unknown key is further from what was meant than one that lacks a key, and a member that takes no map is furthest. */
function weight(issues: readonly Issue[]): number {
  if (issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0)) return FURTHEST;
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 2 * issue.keys.length : 1), 0);
}

const FURTHEST = 1_000;
