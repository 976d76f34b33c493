import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';
import type { temporal as proto } from '@temporalio/proto';
import type { StreamId } from '../core/ids.ts';
import type { RunFacts, ScheduleFacts } from '../core/watch.ts';

/** What a run can be searched by; as src/workflows/search-attributes.ts has it, which only workflows and clients load. */
export function searchAttributesOf({ source, stream }: StreamId, kind: 'pull'): SearchAttributePair[] {
  const names = { SluiceSource: source, SluiceStream: stream, SluiceKind: kind };
  return Object.entries(names).map(([name, value]) => ({
    key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
    value,
  }));
}

/** The schedule of this id; undefined where the server has none. */
export async function readSchedule(client: Client, id: string): Promise<ScheduleFacts | undefined> {
  try {
    const { state, info } = await client.schedule.getHandle(id).describe();
    const ticks = info.recentActions.map(({ scheduledAt }) => scheduledAt.getTime());
    return {
      paused: state.paused,
      ...(state.note !== undefined && { note: state.note }),
      since: Math.max(info.createdAt.getTime(), info.lastUpdatedAt?.getTime() ?? 0),
      ...(ticks.length > 0 && { lastTickAt: Math.max(...ticks) }),
      missed: info.numActionsMissedCatchupWindow,
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'ScheduleNotFoundError') return undefined;
    throw error;
  }
}

/** The latest run of a workflow id. */
export async function readRun(client: Client, id: string): Promise<RunFacts> {
  try {
    const { status, typedSearchAttributes } = await client.workflow.getHandle(id).describe();
    const outcome = typedSearchAttributes.getAll().find(({ key }) => key.name === 'SluiceOutcome')?.value;
    return { running: status.name === 'RUNNING', ...(typeof outcome === 'string' && { outcome }) };
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return { running: false };
    throw error;
  }
}

/** temporal.api.enums.v1.TaskQueueType */
const WORKFLOW_TASKS = 1;
const ACTIVITY_TASKS = 2;

/** How much work waits for workers, and since when, ms. */
export async function readBacklog(
  client: Client,
  namespace: string,
  taskQueue: string,
): Promise<{ readonly tasks: number; readonly age: number }> {
  let tasks = 0;
  let age = 0;
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the package that has the enum is only a type here
  const types: readonly proto.api.enums.v1.TaskQueueType[] = [WORKFLOW_TASKS, ACTIVITY_TASKS];
  for (const taskQueueType of types) {
    const { stats } = await client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      taskQueueType,
      reportStats: true,
    });
    tasks += Number(stats?.approximateBacklogCount ?? 0);
    age = Math.max(age, Number(stats?.approximateBacklogAge?.seconds ?? 0) * 1_000);
  }
  return { tasks, age };
}
