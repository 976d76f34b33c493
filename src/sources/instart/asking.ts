import type { WindowLimits } from '../../core/contract.ts';
import { SECOND, isoInterval, type Interval } from '../../core/time.ts';
import { windowFailure } from '../window-bounds.ts';
import type { Client } from './client.ts';
import type { Position } from './cursor.ts';
import type { Ask, Query } from './query.ts';
import type { Rows } from './rows.ts';

/** A stream, as far as asking for its windows needs it. */
export interface Asking {
  readonly client: Client;
  readonly query: Query;
  readonly limits: WindowLimits;
  readonly rowsPerPage: number;
  /** For messages: the stream, and where its query stands in the settings. */
  readonly name: string;
  readonly settings: string;
}

/** What is asked for from a position. */
export interface Question {
  readonly position: Position;
  /** What is wanted of the answer. */
  readonly span: Interval;
  /** What is asked for. */
  readonly asked: Interval;
  /** Names it in messages. */
  readonly what: string;
}

/**
 * Whether bounds are inclusive is not said. An exclusive start would leave out the first instant, so one second more is asked for; an inclusive
 * end brings one instant too many. What is not wanted is left out afterwards, by the time of each row.
 */
export function questionOf({ name }: Asking, window: Interval, position: Position): Question {
  const until = Math.min(position.at + position.span, window.until);
  const span = { from: position.at, until };
  const asked = position.exact ? timelessBounds(span) : { from: span.from - SECOND, until };
  const text = isoInterval(span);
  const start = position.paging === null ? '' : `, from row ${position.paging.start}`;
  return { position, span, asked, what: `${name} [${text.from}, ${text.until})${start}` };
}

/**
 * Where nothing in the rows says when they were, nothing can be left out afterwards. Aggregates are kept in buckets of five minutes or more
 * (instart.txt:170-174), so with both bounds a second early none falls on the start of one, and it does not matter whether they are inclusive.
 */
export function timelessBounds({ from, until }: Interval): Interval {
  return { from: from - SECOND, until: until - SECOND };
}

export async function ask(
  asking: Asking,
  { position, span, asked, what }: Question,
  signal: AbortSignal,
): Promise<Rows> {
  const { limit, paging } = position;
  const wanted = { span: asked, limit, start: paging?.start ?? 0, sort: paging?.sort };
  return askServed(asking, span, wanted, what, signal);
}

/**
 * Asks for what the vendor still has of `span`. That is looked at before and after: what it forgets at a midnight is simply missing from its
 * answers, and the answer itself may be the first that tells its clock.
 */
export async function askServed(
  { client, query, limits, settings }: Asking,
  span: Interval,
  wanted: Ask,
  what: string,
  signal: AbortSignal,
): Promise<Rows> {
  const served = (): void => {
    const failure = windowFailure(span, limits, client.vendor.now());
    if (failure) throw failure;
  };
  served();
  const answer = await client.rows(query, wanted, { what, settings }, signal);
  served();
  return answer;
}
