import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { CommonSettings, Portion } from '../core/contract.ts';
import { CursorStuck, Failure, UnexpectedAnswer } from '../core/failures.ts';
import type { StreamId } from '../core/ids.ts';
import { redactionOf } from '../core/redaction.ts';
import { DAY, dayOf, SECOND } from '../core/time.ts';
import { redact } from '../http/redaction.ts';
import { askAhead } from './ask-ahead.ts';
import type { Activities, FollowedPortions } from './contract.ts';
import { findSequenceStream, type Dependencies } from './dependencies.ts';
import { quarantine } from './quarantine.ts';
import { sealPortions, type PortionSealing, type SealedWalk } from './seal-portions.ts';

const MOST = { portions: 500, time: 20 * SECOND };
const BEAT_EVERY = 3 * SECOND;
/** It names a folder of the archive, and stands in histories. */
const LONGEST_CURSOR = 1024;

/** The beginning of a sequence is asked of the vendor once, by the date that the stream's `start:` says. */
export function beginSequenceActivity(deps: Dependencies): Activities['beginSequence'] {
  return async ({ source: name, stream: of }) => {
    const id = { source: name, stream: of };
    const { source, stream, settings } = findSequenceStream(deps, id);
    const position = await deps.ledger.position(id);
    if (position !== undefined) return { cursor: position.cursor };
    const appliedAt = await deps.ledger.apply(id, source.now());
    const cursor = await stream.start(startDay(settings, appliedAt), cancellationSignal());
    return { cursor: await deps.ledger.begin(id, cursor, source.now()) };
  };
}

/** The UTC day that `start:` means: by default the day before the stream was first applied. */
function startDay({ start, limits }: CommonSettings, appliedAt: number): string {
  if (typeof start === 'number') return dayOf(start);
  return dayOf(start === 'all' ? appliedAt - limits.retention : appliedAt - DAY);
}

/** A walk along a sequence. */
interface Walk extends SealedWalk {
  readonly size: number;
  ended: boolean;
  readonly notes: string[];
}

/**
 * Walks portions from where the ledger stands. Each is sealed together with its cursor before it counts; meanwhile the next one is asked for
 * and fetched already. Trouble after the first portion ends the run early: the next run meets it as its own first.
 */
export function followPortionsActivity(deps: Dependencies): Activities['followPortions'] {
  return async ({ size, ...id }) => {
    const beat = setInterval(() => heartbeat(), BEAT_EVERY);
    const walk = await startWalk(deps, id, size);
    try {
      await walkOn(deps, walk);
      return summaryOf(walk);
    } catch (error) {
      await quarantine(deps, id, error);
      if (walk.portions === 0 || !(error instanceof Failure)) throw error;
      return summaryOf(walk, redact(`${error.name}: ${error.message}`).slice(0, 1_000));
    } finally {
      clearInterval(beat);
    }
  };
}

async function startWalk(deps: Dependencies, id: StreamId, size: number): Promise<Walk> {
  const { source, stream, settings } = findSequenceStream(deps, id);
  const redaction = redactionOf(stream, settings.redaction)?.policy;
  const position = await deps.ledger.position(id);
  if (position === undefined) throw new Error('a sequence is followed before it began');
  const { cursor, remaining } = position;
  const counts = { portions: 0, records: 0, repeats: 0 };
  const whose = { id, source, stream, size, redaction, startedAt: Date.now() };
  return { ...whose, cursor, remaining, ...counts, ended: false, notes: [] };
}

async function walkOn(deps: Dependencies, walk: Walk): Promise<void> {
  const sealing = sealPortions(deps, walk);
  const ahead = askAhead((cursor, signal) => fetchPortion(walk, cursor, signal), cancellationSignal());
  try {
    let { cursor } = walk;
    await ahead.ask(cursor);
    for (let goesOn = true; goesOn && !sealing.isDiverted();) {
      const portion = await ahead.answer();
      if (portion.note !== undefined && walk.notes.length < 3) walk.notes.push(portion.note);
      if (portion.records.length === 0) return await end(deps, walk, sealing, cursor);
      ({ cursor } = portion);
      goesOn = mayGoOn(deps, walk);
      if (goesOn) await ahead.ask(cursor);
      await sealing.add(portion);
    }
  } finally {
    ahead.stop();
    // Also when fetching failed: what has come is safe, and counts.
    await sealing.end();
  }
}

/** The end counts once all that came before it is sealed, unless that led elsewhere. */
async function end(deps: Dependencies, walk: Walk, sealing: PortionSealing, cursor: string): Promise<void> {
  await sealing.end();
  if (sealing.isDiverted()) return;
  await deps.ledger.reachEnd(walk.id, cursor, walk.source.now());
  walk.ended = true;
}

function mayGoOn({ stopping }: Dependencies, { portions, startedAt }: Walk): boolean {
  return !stopping.aborted && portions < MOST.portions && Date.now() - startedAt < MOST.time;
}

/** The portion after a cursor. Errors: those of the vendor, `cursor-stuck` where it does not lead on. */
export async function fetchPortion(
  { stream, size, id }: Pick<Walk, 'stream' | 'size' | 'id'>,
  cursor: string,
  signal: AbortSignal,
): Promise<Portion> {
  const portion = await stream.fetchPortion(cursor, size, signal);
  if (portion.cursor.length > LONGEST_CURSOR) {
    throw new UnexpectedAnswer(`${id.stream}: a cursor of ${portion.cursor.length} characters`);
  }
  if (portion.records.length > 0 && portion.cursor === cursor) {
    throw new CursorStuck(`${id.stream}: the vendor serves records after ${cursor} and does not move on`);
  }
  return portion;
}

function summaryOf(walk: Walk, stoppedBecause?: string): FollowedPortions {
  const { portions, records, repeats, cursor, remaining, ended, notes } = walk;
  return {
    portions,
    records,
    repeats,
    cursor,
    remaining: ended ? 0 : remaining,
    ended,
    ...(stoppedBecause === undefined ? {} : { stoppedBecause }),
    ...(notes.length === 0 ? {} : { notes }),
  };
}
