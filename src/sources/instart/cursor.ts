import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CursorExpired, UnexpectedAnswer } from '../../core/failures.ts';
import type { Interval } from '../../core/time.ts';
import type { Query } from './query.ts';

/** How far the walk along a window has come. All of it is in the cursor, so any worker can go on. */
export interface Position {
  /** The first instant that is not held yet, ms. */
  readonly at: number;
  /** How much to ask for at once, ms; whole units of the query. */
  readonly span: number;
  /** How many rows to ask for at once. */
  readonly limit: number;
  /** How many rows have been kept so far. */
  readonly kept: number;
  /** Whether units are asked for one by one, since nothing in the rows says which of them they are of. */
  readonly exact: boolean;
  /** Within one unit that is too large for one answer: which row comes next. */
  readonly paging: Paging | null;
}

/** Reading one unit by `start`. */
export interface Paging {
  readonly start: number;
  /** How many rows there are in all; when that changes, rows have moved, and the unit is read again. */
  readonly total: number;
  /** How many of them have been kept. */
  readonly kept: number;
  /** The columns that rows are sorted by: all there are, so that rows which change places are equal. */
  readonly sort: readonly string[];
  /** The last row that was kept: equal ones may follow. */
  readonly last: { readonly hash: string; readonly ordinal: number } | null;
  /** How often it has been read again. */
  readonly restarts: number;
}

const count = z.int().min(0);

const shape = z.strictObject({
  query: z.string(),
  at: z.int(),
  span: z.int().min(1),
  limit: z.int().min(1),
  kept: count,
  exact: z.boolean(),
  paging: z
    .strictObject({
      start: count,
      total: count,
      kept: count,
      sort: z.array(z.string()).min(1),
      last: z.strictObject({ hash: z.string(), ordinal: z.int().min(1) }).nullable(),
      restarts: count,
    })
    .nullable(),
});

/** Where every walk begins: with the whole window in one answer. */
export function beginning({ from, until }: Interval, rowsPerPage: number): Position {
  return { at: from, span: until - from, limit: rowsPerPage, kept: 0, exact: false, paging: null };
}

export function writeCursor(position: Position, query: Query): string {
  return JSON.stringify({ query: fingerprint(query), ...position });
}

/**
 * The inverse of {@link writeCursor}.
 * @throws CursorExpired when the stream's query has been changed since: rows of two queries must not be in one slice
 * @throws UnexpectedAnswer when it was not written by this source for this window
 */
export function readCursor(cursor: string, window: Interval, query: Query, what: string): Position {
  const parsed = shape.safeParse(parse(cursor));
  if (!parsed.success) throw new UnexpectedAnswer(`${what}: a cursor that this source did not write`);
  const { query: written, ...position } = parsed.data;
  if (written !== fingerprint(query))
    throw new CursorExpired(`${what}: the query of the stream has been changed since`);
  const { at, span } = position;
  const fits = at >= window.from && at < window.until && (at - window.from) % query.unit === 0;
  if (!fits || span % query.unit !== 0) throw new UnexpectedAnswer(`${what}: a cursor of another window`);
  return position;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fingerprint({ scheme, dimensions, metrics, filters }: Query): string {
  const all = JSON.stringify([scheme, dimensions, metrics, filters?.text]);
  return createHash('sha256').update(all).digest('base64url').slice(0, 12);
}
