import { ScheduleNotFoundError, type Client, type ScheduleDescription } from '@temporalio/client';
import {
  factNames,
  factsOf,
  factsOnServer,
  HAS_RECORD,
  markOf,
  recordOf,
  recordOnServer,
  type AppliedRecord,
  type FactName,
  type Facts,
  type WantedSchedule,
} from './schedule-facts.ts';

/** Something that `apply` makes different; what it was on the server, and what it will be. */
export interface Difference {
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

/** Something that somebody changed on the server by hand, in the Temporal UI for instance. */
export interface Drift {
  readonly what: FactName | 'paused';
  /** What the configuration says. */
  readonly file: string;
  readonly server: string;
  /** Whether it stays as it is on the server. */
  readonly kept: boolean;
}

/** What `apply` does with one schedule, and why. */
export interface PlannedSchedule {
  readonly id: string;
  readonly about: string;
  /** `foreign`: the id is taken by a schedule without our mark, which stays as it is. */
  readonly action: 'create' | 'update' | 'resume' | 'pause' | 'delete' | 'none' | 'foreign';
  readonly changes: readonly Difference[];
  readonly drift: readonly Drift[];
  /** The configuration no longer has what it is for. */
  readonly orphaned: boolean;
  /** The note of whoever paused it. */
  readonly paused?: string;
  /** Absent where it is orphaned. */
  readonly wanted?: WantedSchedule;
  /** What the configuration said when it was applied last, where that is known. */
  readonly applied?: AppliedRecord;
  /** As it is on the server now; absent where it is to be created. */
  readonly present?: ScheduleDescription;
}

export interface PlanOptions {
  /** Take back what was changed by hand. */
  readonly overwriteDrift?: boolean;
  /** Delete what is orphaned, instead of pausing it. */
  readonly prune?: boolean;
}

export const REMOVED_NOTE = 'paused by sluice: the configuration no longer has this stream';
const AT_ONCE = 16;

/** Compares what is wanted with what is on the server; changes nothing. Schedules without our mark are not looked at. */
export async function planSchedules(
  client: Client,
  taskQueue: string,
  wanted: readonly WantedSchedule[],
  options: PlanOptions = {},
): Promise<readonly PlannedSchedule[]> {
  const known = await inTurns(wanted, async (one) => {
    const present = await describeSchedule(client, one.id);
    return planOne(one, present, taskQueue, options);
  });
  const ids = new Set(wanted.map(({ id }) => id));
  const others: string[] = [];
  for await (const found of client.schedule.list()) {
    if (found.memo?.['managedBy'] === markOf(taskQueue) && !ids.has(found.scheduleId)) others.push(found.scheduleId);
  }
  const orphans = await inTurns(others.toSorted(), async (id) => {
    const present = await describeSchedule(client, id);
    // The list lags behind: it may still name one that is gone.
    return present === undefined ? [] : [planOrphan(present, options)];
  });
  return [...known, ...orphans.flat()];
}

/** @returns nothing where there is no such schedule */
export async function describeSchedule(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

function planOne(
  wanted: WantedSchedule,
  present: ScheduleDescription | undefined,
  taskQueue: string,
  { overwriteDrift = false }: PlanOptions,
): PlannedSchedule {
  const about = { id: wanted.id, about: wanted.about, orphaned: false, wanted };
  if (present === undefined) return { ...about, action: 'create', changes: [], drift: [] };
  if (present.memo?.['managedBy'] !== markOf(taskQueue)) {
    return { ...about, action: 'foreign', changes: [], drift: [], present };
  }
  const applied = recordOnServer(present);
  const { changes, drift, stale } = compareFacts(
    { file: factsOf(wanted, taskQueue), server: factsOnServer(present), applied: applied?.facts },
    { overwriteDrift, isRecorded: present.memo[HAS_RECORD] === true },
  );
  const settings = compareSettings(applied?.settings, recordOf(wanted, taskQueue).settings);
  const { paused, note = '' } = present.state;
  const wasRemoved = paused && note === REMOVED_NOTE;
  const byHand = paused && !wasRemoved;
  const all = [
    ...changes,
    ...settings,
    ...(stale ? [{ what: 'record of what was applied', from: 'old', to: 'new' }] : []),
  ];
  if (byHand) drift.push({ what: 'paused', file: 'runs', server: note || 'without a note', kept: !overwriteDrift });
  return {
    ...about,
    action: wasRemoved ? 'resume' : all.length > 0 || drift.some(({ kept }) => !kept) ? 'update' : 'none',
    changes: all,
    drift,
    present,
    ...(byHand && !overwriteDrift ? { paused: note } : {}),
    ...(applied === undefined ? {} : { applied }),
  };
}

interface Versions {
  readonly file: Facts;
  readonly server: Facts;
  readonly applied: Facts | undefined;
}

/**
 * A three-way comparison: what the server has differently from what was applied last was changed by hand, the rest by the file. Where nothing is known
 * of what was applied, an older sluice made the schedule, and the file is right; unless there once was a record, which an edit dropped.
 */
function compareFacts(
  { file, server, applied }: Versions,
  { overwriteDrift, isRecorded }: { readonly overwriteDrift: boolean; readonly isRecorded: boolean },
): { readonly changes: readonly Difference[]; readonly drift: Drift[]; readonly stale: boolean } {
  const changes: Difference[] = [];
  const drift: Drift[] = [];
  for (const what of factNames) {
    if (server[what] === file[what]) continue;
    const isByHand = applied === undefined ? isRecorded : applied[what] !== server[what];
    if (isByHand) drift.push({ what, file: file[what], server: server[what], kept: !overwriteDrift });
    else changes.push({ what, from: server[what], to: file[what] });
  }
  // What was changed by hand and then in the file is no drift any more: the record has to learn that.
  const isBehind = factNames.some((what) => server[what] === file[what] && applied?.[what] !== file[what]);
  return { changes, drift, stale: applied === undefined ? !isRecorded : isBehind };
}

function compareSettings(
  before: Readonly<Record<string, string>> | undefined,
  after: Readonly<Record<string, string>>,
): readonly Difference[] {
  if (before === undefined) return [];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((what) => before[what] !== after[what])
    .map((what) => ({ what, from: before[what] ?? 'not set', to: after[what] ?? 'not set' }));
}

function planOrphan(present: ScheduleDescription, { prune = false }: PlanOptions): PlannedSchedule {
  const { paused, note = '' } = present.state;
  const applied = recordOnServer(present);
  return {
    id: present.scheduleId,
    about: String(present.memo?.['stream']),
    action: prune ? 'delete' : paused ? 'none' : 'pause',
    changes: [],
    drift: [],
    orphaned: true,
    present,
    ...(paused ? { paused: note } : {}),
    ...(applied === undefined ? {} : { applied }),
  };
}

/** Some at a time: a hundred questions one by one take long, and all at once are a burst that a namespace's limit refuses. */
async function inTurns<A, B>(items: readonly A[], ask: (item: A) => Promise<B>): Promise<B[]> {
  const answers: B[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE) {
    answers.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(ask))));
  }
  return answers;
}
