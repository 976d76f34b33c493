import { alarmOfFailure, type Alarm } from './alarms.ts';
import { count, plural } from './counts.ts';
import { formatStreamId, type StreamId } from './ids.ts';
import { lengthOf, type IntervalSet } from './intervals.ts';
import { derivePositionState, type ObservedPosition } from './position-states.ts';
import type { StreamState } from './states.ts';
import { DAY, floorTo, formatDuration, fromIso, dayOf, MINUTE, toIso } from './time.ts';

/** A schedule as Temporal describes it; instants in ms since the epoch. */
export interface ScheduleFacts {
  readonly paused: boolean;
  /** Why, where somebody said. */
  readonly note?: string;
  /** When it was made, or last changed: before that there were no ticks of it. */
  readonly since: number;
  /** For when its last action was scheduled. */
  readonly lastTickAt?: number;
  /** How many ticks fell into outages longer than the catch-up window. */
  readonly missed: number;
}

/** The latest run of a workflow id. */
export interface RunFacts {
  readonly running: boolean;
  /** What ended it: `sealed`, or a failure's name. */
  readonly outcome?: string;
}

/** A stream's schedule, and what came of it. */
export interface ScheduledStream extends StreamId {
  /** By the configuration, ms. */
  readonly schedule: { readonly every: number; readonly offset: number };
  /** Absent when Temporal has no such schedule. */
  readonly facts?: ScheduleFacts;
  readonly extractor: RunFacts;
  /** How many ticks had been missed when the watchdog looked last. */
  readonly missedBefore?: number;
}

/** A tick starts within moments; this much later it did not. */
const GRACE = 3 * MINUTE;

/** The tick that should have started a pull and did not; undefined where all is well, and where a person paused the schedule. */
export function missingTick({ schedule, facts, extractor }: ScheduledStream, now: number): number | undefined {
  const { every, offset } = schedule;
  const expected = floorTo(now - GRACE - offset, every) + offset;
  if (extractor.running || facts?.paused === true || expected < (facts?.since ?? 0)) return undefined;
  return (facts?.lastTickAt ?? 0) >= expected ? undefined : expected;
}

/** What is wrong with how a stream is scheduled, and how its last run ended. */
export function scheduleAlarms(stream: ScheduledStream, now: number): readonly Alarm[] {
  const { facts, extractor, missedBefore } = stream;
  const id = { source: stream.source, stream: stream.stream };
  const alarms: Alarm[] = [];
  const ended = extractor.outcome === undefined ? undefined : alarmOfFailure(extractor.outcome);
  if (ended !== undefined && !extractor.running) {
    alarms.push({ ...id, kind: ended, message: `the last run ended with ${ended}: sluice explain ${ended}` });
  }
  if (facts === undefined) {
    alarms.push({ ...id, kind: 'schedule-missing', message: 'there is no schedule on the server: sluice apply' });
    return alarms;
  }
  if (facts.paused) {
    const why = facts.note === undefined || facts.note === '' ? '' : ` (${facts.note})`;
    alarms.push({
      ...id,
      kind: 'schedule-paused',
      message: `the schedule is paused${why}: nothing is pulled by itself`,
    });
  }
  const tick = missingTick(stream, now);
  const missed = facts.missed - (missedBefore ?? facts.missed);
  if (tick !== undefined) {
    alarms.push({
      ...id,
      kind: 'tick-missed',
      message: `the pull of ${toIso(tick)} did not start; the watchdog starts it`,
    });
  } else if (missed > 0) {
    const many = missed === 1 ? 'one pull was' : `${missed} pulls were`;
    alarms.push({
      ...id,
      kind: 'tick-missed',
      message: `${many} not started: Temporal was away for too long to make up for it`,
    });
  }
  return alarms;
}

/** Gaps that somebody should know of: what is about to be forgotten, and what was lately. */
export function gapAlarms(
  id: StreamId,
  { gaps }: Pick<StreamState, 'gaps'>,
  { lostLately, now }: { readonly lostLately: IntervalSet; readonly now: number },
): readonly Alarm[] {
  const atRisk = gaps.filter(({ state }) => state === 'at-risk');
  const deadline = Math.min(...atRisk.map((gap) => gap.deadline ?? Infinity));
  const name = { source: id.source, stream: id.stream };
  const alarms: Alarm[] = [];
  if (atRisk.length > 0) {
    const left = Number.isFinite(deadline) ? formatDuration(deadline - now) : '?';
    const message = `${formatDuration(lengthOf(atRisk))} are missing, and the vendor forgets the first of it in ${left}: sluice gaps`;
    alarms.push({ ...name, kind: 'at-risk', message });
  }
  if (lostLately.length > 0) {
    const message = `${formatDuration(lengthOf(lostLately))} were lost in the last day: sluice gaps --lost`;
    alarms.push({ ...name, kind: 'lost', message });
  }
  return alarms;
}

/** A vendor's own count of a slice, and what is held of it. */
export interface Counted {
  readonly records: number;
  readonly reported: number | null;
}

/** The slices whose vendor counts otherwise. */
export function countsDiffer<Slice extends Counted>(
  slices: readonly Slice[],
): readonly (Slice & { readonly reported: number })[] {
  return slices.filter(
    (one): one is Slice & { readonly reported: number } => one.reported !== null && one.reported !== one.records,
  );
}

export function countAlarms(id: StreamId, slices: readonly Counted[]): readonly Alarm[] {
  const differing = countsDiffer(slices);
  if (differing.length === 0) return [];
  const reported = differing.reduce((sum, one) => sum + one.reported, 0);
  const held = differing.reduce((sum, { records }) => sum + records, 0);
  const message = `the vendor counts ${count(reported)} records in ${plural(differing.length, 'slice')} of the last day, and ${count(held)} are held`;
  return [{ source: id.source, stream: id.stream, kind: 'counts-differ', message }];
}

export interface WatchedPosition extends ObservedPosition {
  readonly remaining: number | null;
  readonly failure?: { readonly name: string };
}

/** After so many ticks without a step forward, though records are ahead, something is wrong. */
const STUCK_AFTER_TICKS = 3;

/** What is wrong with where a sequence or a stream of reports stands. */
export function positionAlarms(
  id: StreamId,
  position: WatchedPosition | undefined,
  every: number,
  now: number,
): readonly Alarm[] {
  if (position === undefined) return [];
  const name = { source: id.source, stream: id.stream };
  const failed = position.failure && alarmOfFailure(position.failure.name);
  const alarms: Alarm[] =
    failed === undefined
      ? []
      : [{ ...name, kind: failed, message: `the last run ended with ${failed}: sluice explain ${failed}` }];
  const still = now - Math.max(position.movedAt, position.endedAt ?? 0);
  const isStuck = derivePositionState(position, every, now) !== 'current' && still > STUCK_AFTER_TICKS * every;
  if (isStuck) {
    const ahead = position.remaining === null ? '' : `, ${count(position.remaining)} records ahead`;
    const message = `${formatStreamId(id)} has not come forward for ${formatDuration(still)}${ahead}`;
    alarms.push({ ...name, kind: 'no-progress', message });
  }
  return alarms;
}

/** What is published for a day appears until late on the next one. */
const PUBLISHED_AFTER = 2 * DAY;

/**
 * Days on which reports should have been published and none is held.
 * @param held the days of the reports that are held
 * @param began the first day that counts: `2026-11-21`
 * @param lookBack so many days are listed again at each pull
 */
export function reportAlarms(
  id: StreamId,
  { held, began, lookBack }: { readonly held: ReadonlySet<string>; readonly began: string; readonly lookBack: number },
  now: number,
): readonly Alarm[] {
  const name = { source: id.source, stream: id.stream };
  const first = Math.max(fromIso(began) ?? now, now - lookBack * DAY);
  const expected: string[] = [];
  for (let at = first; dayOf(at) <= dayOf(now - PUBLISHED_AFTER); at += DAY) expected.push(dayOf(at));
  const missing = expected.filter((day) => !held.has(day));
  if (missing.length === 0) return [];
  if (missing.length === expected.length && expected.length >= 2) {
    const message = `nothing has been published for ${expected.length} days: is the account still subscribed?`;
    return [{ ...name, kind: 'nothing-published', message }];
  }
  return [{ ...name, kind: 'day-missing', message: `nothing was published for ${missing.join(', ')}` }];
}

/** The whole of sluice, in an alarm. */
export const EVERYTHING: StreamId = { source: '', stream: '' };

/** Tasks that have waited for longer than this have no worker that has time for them. */
const BEHIND_AFTER = MINUTE;

export function workerAlarms(backlog: { readonly tasks: number; readonly age: number }): readonly Alarm[] {
  if (backlog.age < BEHIND_AFTER) return [];
  const message = `${backlog.tasks} tasks wait for a worker, the first of them for ${formatDuration(backlog.age)}: add a worker`;
  return [{ ...EVERYTHING, kind: 'worker-behind', message }];
}
