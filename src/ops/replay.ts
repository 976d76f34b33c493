import { readFile } from 'node:fs/promises';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import type { temporal } from '@temporalio/proto';
import { WorkflowNotFoundError } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { Config } from '../config/load.ts';
import { connectClient } from '../temporal/connect.ts';
import { workflowBundle } from '../worker.ts';
import { temporalAddress } from './connection.ts';
import { UsageError } from './usage-error.ts';

type History = temporal.api.history.v1.IHistory;

/** What came of replaying a stored history with the present code. */
export interface Replayed {
  readonly workflowId?: string;
  readonly runId?: string;
  /** The workflow's type. */
  readonly type: string;
  readonly events: number;
  /** Where the code would have gone another way than the history; absent when it fits. */
  readonly mismatch?: string;
}

/**
 * Replays a workflow's history from the server. The vendor is not asked, and nothing is written: activities are not run, their recorded results are taken.
 * @param runId absent: the newest run
 * Errors: `TemporalUnreachable`, {@link UsageError} when there is no such workflow.
 */
export async function replayWorkflow(config: Config, workflowId: string, runId: string | undefined): Promise<Replayed> {
  const client = await connectClient(temporalAddress(config));
  try {
    const handle = client.workflow.getHandle(workflowId, runId);
    const described = await handle.describe();
    const replayed = await replay(await handle.fetchHistory(), workflowId);
    return { workflowId, runId: described.runId, ...replayed };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new UsageError(
      `there is no workflow ${workflowId}${runId === undefined ? '' : ` with the run ${runId}`} on the server, or no longer: histories end with the namespace's retention`,
    );
  } finally {
    await client.close();
  }
}

/** Replays a history in a file, as the Temporal UI downloads it or `temporal workflow show -o json` prints it. Errors: {@link UsageError}. */
export async function replayFile(file: string): Promise<Replayed> {
  return await replay(historyIn(file, await readFile(file, 'utf8')));
}

function historyIn(file: string, text: string): History {
  try {
    const history = historyFromJSON(JSON.parse(text));
    if (typeOf(history) !== undefined) return history;
  } catch {
    // neither JSON, nor of the form
  }
  throw new UsageError(
    `${file} is no history of a workflow: expected JSON with \`events\`, the first of them the start`,
  );
}

async function replay(history: History, workflowId?: string): Promise<Omit<Replayed, 'workflowId' | 'runId'>> {
  const about = { type: typeOf(history) ?? 'unknown', events: history.events?.length ?? 0 };
  try {
    await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, workflowId);
    return about;
  } catch (error) {
    if (!(error instanceof Error) || !MISMATCHES.includes(error.name)) throw error;
    return { ...about, mismatch: error.message };
  }
}

/** What the SDK throws when the code and the history part; one of the classes is exported only to workflows. */
const MISMATCHES = ['DeterminismViolationError', 'ReplayError'];

function typeOf({ events }: History): string | undefined {
  return events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? undefined;
}
