import { floorTo } from '../../core/time.ts';
import type { Position } from './cursor.ts';

/** What an answer says of how many rows there are. */
export interface Tally {
  readonly rows: number;
  readonly total: number;
  /** The limit that the vendor kept to. */
  readonly limit: number;
}

/**
 * - `complete`: the answer holds every row of its span.
 * - `again`: the same or less is to be asked for, from this position.
 * - `paging`: one unit is too large for one answer.
 * - `unsettled`: rows and total do not go together; another try may tell more.
 */
export type Verdict =
  | { readonly kind: 'complete' | 'unsettled' | 'paging' }
  | { readonly kind: 'again'; readonly position: Position; readonly note?: string };

/** A cap lower than this is none that a vendor would set. */
const LOWEST_LIMIT = 100;

/**
 * What to make of an answer. A vendor that silently gives fewer rows than asked for shows in its echo, or in rows that are fewer than both the
 * limit and the total.
 * @param length of the span that was asked for, ms
 * @param before how many rows the same question brought the last time, when that was unsettled
 */
export function judge(position: Position, length: number, unit: number, tally: Tally, before?: number): Verdict {
  const { rows, total, limit } = tally;
  if (limit < position.limit) {
    const note = `the vendor gives at most ${limit} rows at once, not ${position.limit}; \`rowsPerPage: ${limit}\` would spare a request`;
    return { kind: 'again', position: { ...position, limit, span: fitted(length, unit, total / limit) }, note };
  }
  if (rows === total) return { kind: 'complete' };
  const capped = rows < limit && rows < total && (total > limit || rows === before);
  if (total <= limit && !capped) return { kind: 'unsettled' };
  if (length <= unit) return { kind: 'paging' };
  const most = capped && rows >= LOWEST_LIMIT ? rows : limit;
  const span = fitted(length, unit, Math.max(2, total / most));
  return { kind: 'again', position: { ...position, limit: most, span } };
}

/** The length halved until about one part of `parts` is left; whole units, at least one. */
function fitted(length: number, unit: number, parts: number): number {
  const halvings = Math.max(0, Math.ceil(Math.log2(parts)));
  return Math.max(unit, floorTo(length / 2 ** halvings, unit));
}

/** Where to go on from once a span of this length is held: in longer steps where there is little. */
export function onward(position: Position, length: number, { kept, total }: { kept: number; total: number }): Position {
  const grows = !position.exact && total * 4 < position.limit;
  const span = grows ? position.span * 2 : position.span;
  return { ...position, at: position.at + length, span, kept: position.kept + kept, paging: null };
}

/** A smaller question than the one that took too long, or `undefined` when it is as small as can be. */
export function narrowed(position: Position, length: number, unit: number): Position | undefined {
  const span = position.paging === null ? fitted(length, unit, 2) : position.span;
  const limit = Math.max(Math.ceil(position.limit / 2), Math.min(position.limit, LOWEST_LIMIT));
  if (span >= length && limit === position.limit) return undefined;
  return { ...position, span: Math.min(span, length), limit };
}
