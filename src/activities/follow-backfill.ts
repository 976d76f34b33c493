import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { Failure, RangeRefused } from '../core/failures.ts';
import { DAY, dayOf, SECOND } from '../core/time.ts';
import { redact } from '../http/redaction.ts';
import { redactionOf } from '../core/redaction.ts';
import type { BackfillRow } from '../ledger/backfills.ts';
import { findBackfill } from './backfill.ts';
import type { Activities, FollowedPortions } from './contract.ts';
import { findSequenceStream, type Dependencies } from './dependencies.ts';
import { fetchPortion } from './follow-portions.ts';
import { quarantine } from './quarantine.ts';
import { sealPortions, type SealedWalk } from './seal-portions.ts';

const MOST_TIME = 20 * SECOND;
const BEAT_EVERY = 3 * SECOND;

/** The walk of a second reader. */
interface Walk extends SealedWalk {
  readonly size: number;
  readonly row: BackfillRow;
  ended: boolean;
  readonly notes: string[];
}

/**
 * Walks portions from where a backfill's own reader stands, up to the nearest place where another reader began, goes on behind what that one holds,
 * and ends where the stream's own reader stands. It never takes a portion that another has, so no two of their portions meet, and moves no position but
 * its own: the live cursor stays as it is. Where it died, it goes on along what it had sealed.
 */
export function followBackfillActivity(deps: Dependencies): Activities['followBackfill'] {
  return async ({ id, size }) => {
    const walk = await startWalk(deps, await findBackfill(deps, id), size);
    const beat = setInterval(() => heartbeat(), BEAT_EVERY);
    try {
      const end = await endOf(walk);
      while (mayGoOn(deps, walk) && !walk.ended) await walkOn(deps, walk, end);
      return summaryOf(walk);
    } catch (error) {
      await quarantine(deps, walk.id, error);
      if (walk.portions === 0 || !(error instanceof Failure)) throw error;
      return summaryOf(walk, redact(`${error.name}: ${error.message}`).slice(0, 1_000));
    } finally {
      clearInterval(beat);
      await deps.ledger.moveBackfill(id, walk.cursor);
    }
  };
}

async function startWalk(deps: Dependencies, row: BackfillRow, size: number): Promise<Walk> {
  const id = { source: row.source, stream: row.stream };
  const { source, stream, settings } = findSequenceStream(deps, id);
  const redaction = redactionOf(stream, settings.redaction)?.policy;
  const cursor = row.cursor ?? (await stream.start(dayOf(row.from), cancellationSignal()));
  const counts = { portions: 0, records: 0, repeats: 0, remaining: null };
  return {
    id,
    source,
    stream,
    size,
    row,
    redaction,
    startedAt: Date.now(),
    cursor,
    ...counts,
    ended: false,
    notes: [],
  };
}

/** Where the range ends, so far as the vendor has a place for that day; one that ends today or later ends where the stream's own reader began. */
async function endOf({ row, stream, source }: Walk): Promise<string | undefined> {
  if (row.until > source.now() - DAY) return undefined;
  return await stream.start(dayOf(row.until), cancellationSignal());
}

/** From where it stands to the next place that another has taken, or to its end. */
async function walkOn(deps: Dependencies, walk: Walk, end: string | undefined): Promise<void> {
  const { reached, heads } = await deps.ledger.path(walk.id, walk.cursor);
  walk.cursor = reached;
  const live = (await deps.ledger.position(walk.id))?.cursor;
  if (live === undefined) throw new Error('a sequence is backfilled before it began');
  const ends = [live, ...(end !== undefined && compare(walk, end, live) !== undefined ? [end] : [])];
  if (ends.some((one) => one === reached || (compare(walk, reached, one) ?? -1) >= 0)) {
    walk.ended = true;
    return;
  }
  const bounds = [...heads, ...ends].filter((one) => (compare(walk, one, reached) ?? 1) > 0);
  const bound = bounds.reduce((nearest, one) => ((compare(walk, one, nearest) ?? 0) < 0 ? one : nearest), live);
  if (await walkTo(deps, walk, bound)) walk.cursor = bound;
}

const compare = ({ stream }: Walk, a: string, b: string): number | undefined => (a === b ? 0 : stream.compare?.(a, b));

/** @returns whether nothing is left before the bound */
async function walkTo(deps: Dependencies, walk: Walk, bound: string): Promise<boolean> {
  const sealing = sealPortions(deps, walk);
  const over = new AbortController();
  const signal = AbortSignal.any([cancellationSignal(), over.signal]);
  try {
    let { cursor, size } = walk;
    while (mayGoOn(deps, walk) && !sealing.isDiverted()) {
      const portion = await fetchPortion({ ...walk, size }, cursor, signal);
      if (portion.records.length === 0) return true;
      const side = compare(walk, portion.cursor, bound);
      if (side === undefined) throw incomparable(walk, bound);
      // What lies beyond the bound is another's: less is asked for, down to the single record.
      if (side > 0 && size > 1) {
        size = Math.floor(size / 2);
        continue;
      }
      if (side > 0 && portion.records.length === 1) return true;
      // Several that cannot be had one by one lie on both sides of it: better twice than not at all.
      ({ cursor } = portion);
      if (portion.note !== undefined && walk.notes.length < 3) walk.notes.push(portion.note);
      await sealing.add(portion);
      if (side >= 0) return true;
    }
    return false;
  } finally {
    over.abort(new Error('the walk is over'));
    await sealing.end();
  }
}

function incomparable({ id }: Walk, bound: string): Failure {
  return new RangeRefused(
    `${id.stream}: whether a place lies before ${bound}, where another reader began, cannot be told`,
  );
}

function mayGoOn({ stopping }: Dependencies, { startedAt }: Walk): boolean {
  return !stopping.aborted && Date.now() - startedAt < MOST_TIME;
}

function summaryOf(walk: Walk, stoppedBecause?: string): FollowedPortions {
  const { portions, records, repeats, cursor, ended, notes } = walk;
  return {
    portions,
    records,
    repeats,
    cursor,
    remaining: ended ? 0 : null,
    ended,
    ...(stoppedBecause === undefined ? {} : { stoppedBecause }),
    ...(notes.length === 0 ? {} : { notes }),
  };
}
