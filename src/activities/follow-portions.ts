import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { CommonSettings, Portion, SequenceStream, Source } from '../core/contract.ts';
import { CursorStuck, Failure, UnexpectedAnswer } from '../core/failures.ts';
import type { StreamId } from '../core/ids.ts';
import type { Manifest } from '../core/manifest.ts';
import { redactionOf, type RedactionPolicy } from '../core/redaction.ts';
import { DAY, dayOf, fromIso, SECOND, toIso } from '../core/time.ts';
import { redact } from '../http/redaction.ts';
import type { Activities, FollowedPortions } from './contract.ts';
import { findSequenceStream, type Dependencies } from './dependencies.ts';
import { quarantine } from './quarantine.ts';

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
interface Walk {
  readonly id: StreamId;
  readonly source: Source;
  readonly stream: SequenceStream;
  readonly size: number;
  readonly startedAt: number;
  readonly redaction: RedactionPolicy | undefined;
  cursor: string;
  portions: number;
  records: number;
  repeats: number;
  remaining: number | null;
  ended: boolean;
  readonly notes: string[];
}

/**
 * Walks portions from where the ledger stands. Each is sealed together with its cursor before it counts; meanwhile the next one is fetched
 * already. Trouble after the first portion ends the run early: the next run meets it as its own first.
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
  let ahead: Promise<Portion> | undefined;
  do {
    const portion = await (ahead ?? fetchPortion(walk, walk.cursor));
    ahead = undefined;
    if (portion.note !== undefined && walk.notes.length < 3) walk.notes.push(portion.note);
    if (portion.records.length === 0) {
      await deps.ledger.reachEnd(walk.id, walk.cursor, walk.source.now());
      walk.ended = true;
      return;
    }
    if (mayGoOn(deps, walk)) {
      ahead = fetchPortion(walk, portion.cursor);
      // It is met when its turn comes, or by the next run.
      ahead.catch(() => undefined);
    }
    const reached = await sealPortion(deps, walk, portion);
    // Another attempt had sealed what comes after this cursor: its portion counts, and may reach less far, or further.
    if (reached !== portion.cursor) ahead = undefined;
    heartbeat({ portions: walk.portions, records: walk.records, cursor: walk.cursor });
  } while (ahead !== undefined || mayGoOn(deps, walk));
}

function mayGoOn({ stopping }: Dependencies, { portions, startedAt }: Walk): boolean {
  return !stopping.aborted && portions + 1 < MOST.portions && Date.now() - startedAt < MOST.time;
}

async function fetchPortion({ stream, size, id }: Walk, cursor: string): Promise<Portion> {
  const portion = await stream.fetchPortion(cursor, size, cancellationSignal());
  if (portion.cursor.length > LONGEST_CURSOR) {
    throw new UnexpectedAnswer(`${id.stream}: a cursor of ${portion.cursor.length} characters`);
  }
  if (portion.records.length > 0 && portion.cursor === cursor) {
    throw new CursorStuck(`${id.stream}: the vendor serves records after ${cursor} and does not move on`);
  }
  return portion;
}

/** @returns where the sealed portion reaches */
async function sealPortion(deps: Dependencies, walk: Walk, portion: Portion): Promise<string> {
  const { id, stream, source, cursor } = walk;
  const staging = deps.archive.stage(id);
  await staging.page(portion.records, (record) => stream.identify(record));
  const segment = (await staging.hold()) ?? (await staging.finish()).key;
  const { workflowId = '', runId = '' } = activityInfo().workflowExecution ?? {};
  const { remaining } = portion;
  const slice = {
    ...id,
    type: source.type,
    kind: 'portion',
    after: cursor,
    upto: portion.cursor,
    revision: 1,
  } as const;
  const receipt = await deps.archive.seal(
    {
      slice,
      segments: [segment],
      reported: remaining === undefined ? null : remaining + portion.records.length,
      redaction: walk.redaction,
      run: { workflowId, runId },
      sealedAt: toIso(Date.now()),
    },
    cancellationSignal(),
  );
  const committed = await deps.ledger.commit(receipt);
  const { manifest } = receipt;
  if (committed === 'present' && isOlder(manifest, walk)) {
    throw new CursorStuck(`${id.stream}: the vendor leads back to ${cursor}, which was passed at ${manifest.sealedAt}`);
  }
  walk.portions += 1;
  walk.records += manifest.records;
  walk.repeats += manifest.repeats;
  walk.remaining = remaining ?? null;
  walk.cursor = manifest.kind === 'portion' ? manifest.upto : portion.cursor;
  return walk.cursor;
}

/** Not of an attempt that runs, or ran, beside this one. */
function isOlder({ sealedAt }: Manifest, { startedAt }: Walk): boolean {
  return (fromIso(sealedAt) ?? 0) < startedAt - 60 * SECOND;
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
