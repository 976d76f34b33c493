import { ScheduleOverlapPolicy, type ScheduleDescription, type ScheduleOptions } from '@temporalio/client';
import { TypedSearchAttributes, type SearchAttributePair } from '@temporalio/common';
import { DAY, HOUR, MINUTE, SECOND } from '../core/time.ts';

/** A schedule as the configuration wants it; lengths of time in ms. */
export interface WantedSchedule {
  /** Its id on the server; also the prefix of the workflows that it starts. */
  readonly id: string;
  /** What it is for, in the words of the configuration: a stream's name, `watchdog`. */
  readonly about: string;
  /** The type of the workflow that each tick starts, and its arguments. */
  readonly workflow: string;
  readonly args: readonly unknown[];
  /** The line that the Temporal UI shows of a run. */
  readonly summary: string;
  readonly searchAttributes?: readonly SearchAttributePair[];
  /** It ticks at each multiple of `every` since the epoch, `offset` later. */
  readonly every: number;
  readonly offset: number;
  /**
   * What workers read from the configuration and no schedule carries, such as a stream's `start`. It is kept with the schedule, so that a plan can say
   * what a change of it means.
   */
  readonly settings?: Readonly<Record<string, string>>;
}

/** What of a schedule is the configuration's to decide, in words: as many as there are places where somebody could change it. */
export const factNames = [
  'when',
  'overlap',
  'catch-up window',
  'pause on failure',
  'workflow',
  'workflow id',
  'input',
  'task queue',
  'summary',
  'search attributes',
] as const;
export type FactName = (typeof factNames)[number];
export type Facts = Readonly<Record<FactName, string>>;

/** What was applied last; it lies in the memo of the schedule's action, the one place of a schedule that an update may write. */
export interface AppliedRecord {
  readonly facts: Facts;
  readonly settings: Readonly<Record<string, string>>;
}

/** The action's memo of it. */
export const RECORD = 'sluiceApplied';
/** Says in the schedule's own memo, which nobody can change, that there is a {@link RECORD}. */
export const HAS_RECORD = 'keepsRecord';

/** Ticks missed for longer are not made up for: the next one catches up by the ledger anyway. */
const CATCHUP_WINDOW = 10 * MINUTE;

/** The mark of the schedules of one deployment: all workers of a task queue share one configuration. */
export const markOf = (taskQueue: string): string => `sluice:${taskQueue}`;

/** The due windows follow from the ledger, so a tick needs neither a queue (SKIP) nor to be made up for. */
export function optionsOf(wanted: WantedSchedule, taskQueue: string): ScheduleOptions & { scheduleId: string } {
  const { id, about, workflow, args, summary, searchAttributes = [], every, offset } = wanted;
  return {
    scheduleId: id,
    spec: { intervals: [{ every, offset }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_WINDOW, pauseOnFailure: false },
    memo: { managedBy: markOf(taskQueue), stream: about, [HAS_RECORD]: true },
    action: {
      type: 'startWorkflow',
      workflowType: workflow,
      workflowId: id,
      args: [...args],
      taskQueue,
      staticSummary: summary,
      typedSearchAttributes: [...searchAttributes],
      memo: { [RECORD]: recordOf(wanted, taskQueue) },
    },
  };
}

export function recordOf(wanted: WantedSchedule, taskQueue: string): AppliedRecord {
  return { facts: factsOf(wanted, taskQueue), settings: wanted.settings ?? {} };
}

export function factsOf(wanted: WantedSchedule, taskQueue: string): Facts {
  const { id, workflow, args, summary, searchAttributes = [], every, offset } = wanted;
  return {
    when: tick(every, offset),
    overlap: ScheduleOverlapPolicy.SKIP,
    'catch-up window': exactly(CATCHUP_WINDOW),
    'pause on failure': 'no',
    workflow,
    'workflow id': id,
    input: JSON.stringify(args),
    'task queue': taskQueue,
    summary,
    'search attributes': attributes(searchAttributes),
  };
}

/** The same of a schedule as it is on the server. */
export function factsOnServer({ spec, policies, action }: ScheduleDescription): Facts {
  return {
    when: whenOf(spec),
    overlap: policies.overlap ?? ScheduleOverlapPolicy.SKIP,
    'catch-up window': exactly(policies.catchupWindow),
    'pause on failure': policies.pauseOnFailure ? 'yes' : 'no',
    workflow: action.workflowType,
    'workflow id': action.workflowId,
    input: JSON.stringify(action.args ?? []),
    'task queue': action.taskQueue,
    summary: action.staticSummary ?? '',
    'search attributes': attributes(attributesOf(action.typedSearchAttributes)),
  };
}

/** What was applied last; `undefined` where an older sluice made the schedule, or somebody's edit dropped it. */
export function recordOnServer({ action }: ScheduleDescription): AppliedRecord | undefined {
  return action.memo?.[RECORD] as AppliedRecord | undefined;
}

const tick = (every: number, offset: number): string => `every ${exactly(every)}, offset ${exactly(offset)}`;

function whenOf({ intervals = [], calendars = [], skip = [], jitter, startAt, endAt }: ScheduleDescription['spec']) {
  return [
    ...intervals.map(({ every, offset }) => tick(every, offset ?? 0)),
    ...(calendars.length > 0 ? [`${calendars.length} of calendar`] : []),
    ...(skip.length > 0 ? [`except ${skip.length} of calendar`] : []),
    ...(jitter ? [`jitter ${exactly(jitter)}`] : []),
    ...(startAt ? [`from ${startAt.toISOString()}`] : []),
    ...(endAt ? [`until ${endAt.toISOString()}`] : []),
  ].join('; ');
}

function attributesOf(typed: ScheduleDescription['action']['typedSearchAttributes']): readonly SearchAttributePair[] {
  return typed instanceof TypedSearchAttributes ? typed.getAll() : (typed ?? []);
}

function attributes(pairs: readonly SearchAttributePair[]): string {
  return pairs
    .map(({ key, value }) => `${key.name}=${JSON.stringify(value)}`)
    .toSorted()
    .join(' ');
}

const UNITS = [
  [DAY, 'd'],
  [HOUR, 'h'],
  [MINUTE, 'm'],
  [SECOND, 's'],
  [1, 'ms'],
] as const;

/** A length of time without any rounding, `1d2h5m`: facts are compared as text. */
function exactly(length: number): string {
  let rest = length;
  const parts = UNITS.map(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? `${count}${unit}` : '';
  });
  return parts.join('') || '0s';
}
