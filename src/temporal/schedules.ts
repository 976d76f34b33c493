import {
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
  type ScheduleOptions,
} from '@temporalio/client';
import { formatStreamId, reconcileId, scheduleId, WATCHDOG_ID, type StreamId } from '../core/ids.ts';
import { kindKey, sourceKey, streamKey } from '../workflows/search-attributes.ts';
import type { pull } from '../workflows/pull.ts';
import type { reconcile } from '../workflows/reconcile.ts';
import type { watchdog } from '../workflows/watchdog.ts';

/** A schedule as the configuration wants it; lengths of time in ms. Without a kind it pulls its stream. */
export type WantedSchedule = (StreamSchedule | { readonly kind: 'watchdog' }) & {
  readonly every: number;
  readonly offset: number;
};

interface StreamSchedule {
  readonly kind?: 'pull' | 'reconcile';
  readonly stream: StreamId;
}

export interface ScheduleChange {
  /** Empty for the watchdog, which is for all. */
  readonly stream: string;
  readonly schedule: string;
  readonly change: 'created' | 'updated' | 'resumed' | 'paused' | 'unchanged';
  /** What was different, or why, for people. */
  readonly detail?: string;
}

const REMOVED_NOTE = 'paused by sluice: the configuration no longer has this stream';
/** Ticks missed for longer are not made up for: the next one catches up by the ledger anyway. */
const CATCHUP_WINDOW = 10 * 60_000;

/**
 * Makes the schedules what the configuration says: creates, updates, and pauses those of streams that it no longer has. Touches only schedules
 * with our mark on the same task queue. What a person paused stays paused. May be repeated: the second time nothing changes.
 */
export async function applySchedules(
  client: Client,
  taskQueue: string,
  wanted: readonly WantedSchedule[],
): Promise<readonly ScheduleChange[]> {
  const changes: ScheduleChange[] = [];
  for (const one of wanted) changes.push(await applyOne(client, taskQueue, one));
  const ids = new Set(wanted.map((one) => actionOf(one).id));
  for await (const found of client.schedule.list()) {
    if (found.memo?.['managedBy'] !== `sluice:${taskQueue}` || ids.has(found.scheduleId)) continue;
    const handle = client.schedule.getHandle(found.scheduleId);
    const { state } = await handle.describe();
    const change = state.paused ? 'unchanged' : 'paused';
    if (!state.paused) await handle.pause(REMOVED_NOTE);
    const stream = typeof found.memo['stream'] === 'string' ? found.memo['stream'] : '';
    changes.push({ stream, schedule: found.scheduleId, change, detail: 'not in the configuration any more' });
  }
  return changes;
}

async function applyOne(client: Client, taskQueue: string, one: WantedSchedule): Promise<ScheduleChange> {
  const options = optionsOf(one, taskQueue);
  const handle = client.schedule.getHandle(options.scheduleId);
  const about = { stream: 'stream' in one ? formatStreamId(one.stream) : '', schedule: options.scheduleId };
  const present = await describe(client, options.scheduleId);
  if (present === undefined) {
    await client.schedule.create(options);
    return { ...about, change: 'created' };
  }
  const removedBefore = present.state.paused && present.state.note === REMOVED_NOTE;
  const differences = differ(present, one, taskQueue);
  if (differences.length > 0) {
    await handle.update((previous) => ({ ...options, state: previous.state }));
  }
  if (removedBefore) {
    await handle.unpause('resumed by sluice: the configuration has this stream again');
    return { ...about, change: 'resumed' };
  }
  if (differences.length > 0) return { ...about, change: 'updated', detail: differences.join(', ') };
  return {
    ...about,
    change: 'unchanged',
    ...(present.state.paused ? { detail: `paused: ${present.state.note ?? ''}` } : {}),
  };
}

async function describe(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

interface Action {
  /** Of the schedule; it is also the prefix of the workflows that it starts. */
  readonly id: string;
  readonly workflowType: string;
  readonly args: unknown[];
  readonly summary: string;
  readonly attributes: readonly (readonly [key: typeof sourceKey, value: string])[];
}

function actionOf(wanted: WantedSchedule): Action {
  if (!('stream' in wanted)) {
    return {
      id: WATCHDOG_ID,
      workflowType: 'watchdog' satisfies (typeof watchdog)['name'],
      args: [],
      summary: 'compares all streams with what they should hold',
      attributes: [[kindKey, 'watchdog']],
    };
  }
  const { stream, kind = 'pull' } = wanted;
  const workflows = { pull: 'pull', reconcile: 'reconcile' } satisfies {
    pull: (typeof pull)['name'];
    reconcile: (typeof reconcile)['name'];
  };
  return {
    id: kind === 'pull' ? scheduleId(stream) : reconcileId(stream),
    workflowType: workflows[kind],
    args: [stream],
    summary: `${kind} ${formatStreamId(stream)}`,
    attributes: [
      [sourceKey, stream.source],
      [streamKey, stream.stream],
      [kindKey, kind],
    ],
  };
}

/** What is due follows from the ledger, so a tick needs neither a queue (SKIP) nor to be made up for. */
function optionsOf(wanted: WantedSchedule, taskQueue: string): ScheduleOptions & { scheduleId: string } {
  const { every, offset } = wanted;
  const { id, workflowType, args, summary, attributes } = actionOf(wanted);
  return {
    scheduleId: id,
    spec: { intervals: [{ every, offset }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_WINDOW, pauseOnFailure: false },
    memo: {
      managedBy: `sluice:${taskQueue}`,
      ...('stream' in wanted && { stream: formatStreamId(wanted.stream) }),
    },
    action: {
      type: 'startWorkflow',
      workflowType,
      workflowId: id,
      args,
      taskQueue,
      staticSummary: summary,
      typedSearchAttributes: attributes.map(([key, value]) => ({ key, value })),
    },
  };
}

function differ(present: ScheduleDescription, { every, offset }: WantedSchedule, taskQueue: string): readonly string[] {
  const spec = present.spec.intervals?.[0];
  const differences: string[] = [];
  if (spec?.every !== every || (present.spec.intervals?.length ?? 0) !== 1) differences.push('every');
  if ((spec?.offset ?? 0) !== offset) differences.push('offset');
  if (present.policies.overlap !== ScheduleOverlapPolicy.SKIP) differences.push('overlap');
  if (present.policies.catchupWindow !== CATCHUP_WINDOW) differences.push('catch-up window');
  if (present.action.taskQueue !== taskQueue) differences.push('task queue');
  return differences;
}
