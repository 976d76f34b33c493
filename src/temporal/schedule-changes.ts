import { randomUUID } from 'node:crypto';
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type Client,
  type ScheduleDescription,
} from '@temporalio/client';
import {
  compileScheduleOptions,
  encodeScheduleAction,
  encodeSchedulePolicies,
  encodeScheduleSpec,
} from '@temporalio/client/lib/schedule-helpers.js';
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { markOf, optionsOf, type FactName } from './schedule-facts.ts';
import { describeSchedule, REMOVED_NOTE, type PlannedSchedule } from './schedule-plan.ts';

type Schedule = temporal.api.schedule.v1.ISchedule;
type Action = temporal.api.workflow.v1.INewWorkflowExecutionInfo;

/** What became of a planned schedule. `conflict`: somebody changed it after it was looked at, and nothing was written over that. */
export type Done = 'created' | 'updated' | 'resumed' | 'paused' | 'deleted' | 'unchanged' | 'conflict' | 'foreign';

/** Does what was planned, or nothing where the schedule is no longer what the plan saw. May be repeated. */
export async function carryOut(client: Client, taskQueue: string, plan: PlannedSchedule): Promise<Done> {
  switch (plan.action) {
    case 'create':
      return await create(client, taskQueue, plan);
    case 'update':
      return (await update(client, taskQueue, plan)) ? 'updated' : 'conflict';
    case 'resume':
      return (await update(client, taskQueue, plan)) ? 'resumed' : 'conflict';
    case 'pause':
      return (await update(client, taskQueue, plan)) ? 'paused' : 'conflict';
    case 'delete':
      return await remove(client, taskQueue, plan);
    case 'none':
      return 'unchanged';
    case 'foreign':
      return 'foreign';
  }
}

async function create(client: Client, taskQueue: string, { wanted }: PlannedSchedule): Promise<Done> {
  if (wanted === undefined) return 'unchanged';
  try {
    await client.schedule.create(optionsOf(wanted, taskQueue));
    return 'created';
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return 'conflict';
    throw error;
  }
}

/** A server has no conditional deletion: it is looked at once more, so that what came back meanwhile stays. */
async function remove(client: Client, taskQueue: string, { id, present }: PlannedSchedule): Promise<Done> {
  const now = await describeSchedule(client, id);
  if (now === undefined) return 'deleted';
  if (now.memo?.['managedBy'] !== markOf(taskQueue) || !isSame(now, present)) return 'conflict';
  try {
    await client.schedule.getHandle(id).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
  return 'deleted';
}

/**
 * The SDK's own update reads, and writes over whatever came in between. This one sends the token of what the plan saw. A server that finds it stale
 * may drop the update without a word (the scheduler workflow only logs it), so each update carries a stamp, and is looked for afterwards. And it keeps only
 * one update that it has not worked off yet: a later one takes its place, whatever their tokens. A look is answered once all before it is worked off, so
 * one is taken right before.
 * @returns whether it took
 */
async function update(client: Client, taskQueue: string, plan: PlannedSchedule): Promise<boolean> {
  const { present } = plan;
  if (present === undefined) return false;
  const now = await describeSchedule(client, plan.id);
  if (now === undefined || !isSame(now, present)) return false;
  const stamp = randomUUID();
  try {
    await client.workflowService.updateSchedule({
      namespace: client.options.namespace,
      identity: client.options.identity,
      scheduleId: plan.id,
      schedule: stamped(await scheduleOf(client, taskQueue, plan, present), stamp),
      conflictToken: present.raw.conflictToken ?? null,
      requestId: stamp,
    });
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
  return (await describeSchedule(client, plan.id))?.action.memo?.[STAMP] === stamp;
}

const STAMP = 'sluiceStamp';
/** gRPC's FAILED_PRECONDITION, ABORTED and NOT_FOUND: it is no longer what the plan saw, or gone. */
const REFUSALS: readonly unknown[] = [9, 10, 5];

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && REFUSALS.includes(error.code);
}

function isSame({ raw: a }: ScheduleDescription, before: ScheduleDescription | undefined): boolean {
  return Buffer.from(a.conflictToken ?? []).equals(Buffer.from(before?.raw.conflictToken ?? []));
}

function stamped(schedule: Schedule, stamp: string): Schedule {
  const startWorkflow = schedule.action?.startWorkflow ?? {};
  const fields = { ...startWorkflow.memo?.fields, [STAMP]: defaultPayloadConverter.toPayload(stamp) };
  return { ...schedule, action: { startWorkflow: { ...startWorkflow, memo: { fields } } } };
}

/** The schedule as it shall be: as it is, but for what the plan changes. */
async function scheduleOf(
  client: Client,
  taskQueue: string,
  { wanted, action, drift, paused }: PlannedSchedule,
  present: ScheduleDescription,
): Promise<Schedule> {
  const raw: Schedule = present.raw.schedule ?? {};
  if (wanted === undefined) return { ...raw, state: { ...raw.state, paused: true, notes: REMOVED_NOTE } };
  const { loadedDataConverter, namespace } = client.options;
  const options = compileScheduleOptions(optionsOf(wanted, taskQueue));
  const fromFile: Schedule = {
    spec: encodeScheduleSpec(options.spec),
    policies: encodeSchedulePolicies(options.policies),
    action: await encodeScheduleAction(loadedDataConverter, namespace, options.action, {}),
  };
  const kept = drift.filter((one) => one.kept && one.what !== 'paused').map(({ what }) => what as FactName);
  const merged = kept.reduce<Schedule>((schedule, what) => keep[what](schedule, raw), fromFile);
  const wasPaused = raw.state?.paused === true;
  const runs = action === 'resume' || (wasPaused && paused === undefined);
  return { ...merged, state: runs ? { ...raw.state, paused: false, notes: RESUMED_NOTE } : (raw.state ?? null) };
}

const RESUMED_NOTE = 'resumed by sluice: the configuration has it';

type Keep = (schedule: Schedule, raw: Schedule) => Schedule;

const keepPolicy =
  (name: 'overlapPolicy' | 'catchupWindow' | 'pauseOnFailure'): Keep =>
  (schedule, raw) => ({ ...schedule, policies: { ...schedule.policies, [name]: raw.policies?.[name] } });

const keepInAction =
  (name: keyof Action): Keep =>
  (schedule, raw) => ({
    ...schedule,
    action: { startWorkflow: { ...schedule.action?.startWorkflow, [name]: raw.action?.startWorkflow?.[name] } },
  });

/** How each fact is left as it is on the server. */
const keep: Readonly<Record<FactName, Keep>> = {
  when: (schedule, raw) => ({ ...schedule, spec: raw.spec ?? null }),
  overlap: keepPolicy('overlapPolicy'),
  'catch-up window': keepPolicy('catchupWindow'),
  'pause on failure': keepPolicy('pauseOnFailure'),
  workflow: keepInAction('workflowType'),
  'workflow id': keepInAction('workflowId'),
  input: keepInAction('input'),
  'task queue': keepInAction('taskQueue'),
  summary: keepInAction('userMetadata'),
  'search attributes': keepInAction('searchAttributes'),
};
