import { failureNames } from '../core/failures.ts';
import type { Alarm } from '../core/alarms.ts';
import { formatDuration, MINUTE } from '../core/time.ts';
import type { StreamProbe } from './probe.ts';

/** Why something is missing that could still be had. */
export interface Reason {
  /** A word for programs: a failure's or an alarm's name (`sluice explain` knows them), `temporal-unreachable`, `worker-down`, `extracting`, `waiting` or `unknown`. */
  readonly name: string;
  /** A sentence for a person. */
  readonly message: string;
}

/** What is known beside coverage, at one instant. */
export interface Circumstances {
  /** The alarms of the stream that stand. */
  readonly alarms: readonly Alarm[];
  /** When the watchdog last looked, ms; undefined where it never did. */
  readonly watchedAt: number | undefined;
  /** What Temporal said: undefined where nobody asked, null where nobody answered. */
  readonly temporal: { readonly hasWorkers: boolean; readonly stream: StreamProbe | undefined } | null | undefined;
  readonly now: number;
}

/** The watchdog looks every five minutes; three times that is silence. */
export const SILENT_AFTER = 15 * MINUTE;

/** Alarms that say why nothing is pulled, the first cause first. */
const CAUSES = ['credentials-rejected', 'schedule-missing', 'schedule-paused', 'tick-missed', 'worker-behind'];

/** Why nothing has come of a stretch that no failure is recorded for. */
export function reasonOf({ alarms, watchedAt, temporal, now }: Circumstances): Reason {
  if (temporal === null) {
    return { name: 'temporal-unreachable', message: 'no Temporal server answers: nothing is pulled' };
  }
  const { extractor, schedule } = temporal?.stream ?? {};
  if (temporal?.hasWorkers === false) return { name: 'worker-down', message: 'no worker has asked for work lately' };
  if (extractor?.running === true) return { name: 'extracting', message: 'it is being extracted' };
  const failed = failureNames.find((name) => name === extractor?.outcome);
  if (failed !== undefined) return { name: failed, message: `the last run ended with ${failed}` };
  if (temporal?.stream !== undefined && schedule === undefined) {
    return { name: 'schedule-missing', message: 'there is no schedule on the server' };
  }
  if (schedule?.paused === true) {
    return { name: 'schedule-paused', message: `the schedule is paused${schedule.note ? ` (${schedule.note})` : ''}` };
  }
  for (const cause of CAUSES) {
    const found = alarms.find(({ kind }) => kind === cause);
    if (found !== undefined) return { name: cause, message: found.message };
  }
  if (watchedAt !== undefined && now - watchedAt > SILENT_AFTER) {
    const message = `nothing has run for ${formatDuration(now - watchedAt)}: is a worker up?`;
    return { name: 'worker-down', message };
  }
  if (temporal === undefined && watchedAt === undefined) {
    return { name: 'unknown', message: 'no watchdog has looked yet' };
  }
  return { name: 'waiting', message: 'it waits for the next pull' };
}
