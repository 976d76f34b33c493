import { createHash } from 'node:crypto';
import { splitArray } from '../../json/split.ts';
import type { Row } from './rows.ts';

/** Raised when the text below changes: then rows that are held have other ids. */
const VERSION = 1;

/**
 * What tells rows of one answer apart: rows with the same cells in the same columns are equal, whatever order the columns are in and however
 * their values are spelt. The vendor gives its events no id.
 * @param scheme what the rows are: `events`
 * @param since the start of what they cover, ms, for rows that say no time themselves
 * @returns a row's hash, without regard to how often there is one like it
 */
export function rowHasher(columns: readonly string[], scheme: string, since?: number): (row: Row) => string {
  const order = columns.map((name, i) => ({ name, i })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const names = order.map(({ name }) => name);
  const prefix = JSON.stringify([VERSION, scheme, since ?? null, names]);
  const positions = order.map(({ i }) => i);
  return (row) =>
    createHash('sha256')
      .update(`${prefix}[${canonicalCells(row, positions).join()}]`)
      .digest('base64url');
}

/** A row's cells at these positions, each as canonical JSON. */
export function canonicalCells({ record, cells }: Row, positions: readonly number[]): readonly string[] {
  let texts: readonly string[] | undefined;
  return positions.map((position) => {
    const cell = cells[position];
    if (typeof cell !== 'number' || Number.isSafeInteger(cell)) return canonicalJson(cell);
    texts ??= cellTexts(record.bytes);
    return canonicalNumber(texts[position] ?? '');
  });
}

/** The cells of a row as the vendor wrote them. */
export function cellTexts(row: Uint8Array): readonly string[] {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  return (splitArray(bytes, null) ?? []).map(({ start, end }) => bytes.toString('utf8', start, end));
}

function canonicalJson(value: unknown): string {
  // `String`, so that -0 is 0.
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join()}}`;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** A number by its digits, since a double tells neither long integers nor long fractions apart: `-1.50e3` is `-15e2`. */
export function canonicalNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const plain = digits.replace(/0+$/, '');
  if (plain === '') return '0';
  return `${sign}${plain}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - plain.length)}`;
}

/** The last of the rows that were numbered. */
export interface Numbered {
  readonly hash: string;
  readonly ordinal: number;
}

/**
 * Numbers equal rows, from 1: two hits of one client in one second are two events. Equal rows are interchangeable, so it does not matter
 * which is first.
 * @param before the last row of the answer before, where equal rows go on from there
 */
export function ordinals(before?: Numbered | null): (hash: string) => number {
  const counts = new Map<string, number>(before ? [[before.hash, before.ordinal]] : []);
  return (hash) => {
    const ordinal = (counts.get(hash) ?? 0) + 1;
    counts.set(hash, ordinal);
    return ordinal;
  };
}
