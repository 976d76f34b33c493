import type { Client } from '@temporalio/client';
import type { Config } from '../config/load.ts';
import { formatStreamId, pullId, type StreamId } from '../core/ids.ts';
import type { Outcome } from '../core/outcome.ts';
import { toIso, type Interval } from '../core/time.ts';
import { connectClient, type OwnClient } from '../temporal/connect.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { kindKey, sourceKey, streamKey } from '../workflows/search-attributes.ts';
import type { pull } from '../workflows/pull.ts';
import { taskQueue, temporalAddress } from './connection.ts';
import { writeLedger } from './ledger.ts';
import { workflowLink } from './links.ts';
import { failureOfRun, type RunFailure } from './run-failure.ts';
import type { KnownStream } from './streams.ts';
import type { Talk } from './talk.ts';

export interface PullResult {
  readonly workflowId: string;
  /** The run in the Temporal UI, where that is ours. */
  readonly ui?: string;
  readonly outcome?: Outcome;
  readonly failure?: RunFailure;
  /** Nobody waited for its end: it goes on on the server. */
  readonly left?: true;
}

export interface PullOptions {
  /** What to extract beside what is due anyway; on the vendor's grain. */
  readonly range?: Interval | undefined;
  readonly talk: Talk;
  /** Aborted when the user waits no longer; its reason is thrown when nothing was started yet. */
  readonly interrupted: AbortSignal;
}

/** Starts a pull of a stream; its result is the extractor's outcome. */
export async function startPull(client: Client, { source, stream }: StreamId, why: string) {
  const id = { source, stream };
  return await client.workflow.start<typeof pull>('pull', {
    workflowId: `${pullId(id)}:${why}:${toIso(Date.now())}`,
    taskQueue,
    args: [id],
    staticSummary: `pull ${formatStreamId(id)} (${why})`,
    typedSearchAttributes: [
      { key: sourceKey, value: source },
      { key: streamKey, value: stream },
      { key: kindKey, value: 'pull' },
    ],
  });
}

/**
 * Makes a range wanted, on the vendor's grain, and starts a pull of the stream; waits for nothing.
 * @returns the pull's workflow id
 * Errors: `TemporalUnreachable`, those of the ledger.
 */
export async function askForPull(config: Config, stream: StreamId, range: Interval, why: string): Promise<string> {
  const target = temporalAddress(config);
  const client = await connectClient(target);
  try {
    await ensureSearchAttributes(client.connection, target.namespace);
    await want(config, stream, range);
    return (await startPull(client, stream, why)).workflowId;
  } finally {
    await client.close();
  }
}

/**
 * Extracts a stream now, and waits for what comes of it. A range is written into the ledger as wanted first, so that it stays wanted whatever happens.
 * Errors: `TemporalUnreachable`, those of the ledger.
 */
export async function pullStream(
  config: Config,
  stream: KnownStream,
  { range, talk, interrupted }: PullOptions,
): Promise<PullResult> {
  const target = temporalAddress(config);
  const client = await connectClient(target);
  try {
    await ensureSearchAttributes(client.connection, target.namespace);
    if (range !== undefined) await want(config, stream, range);
    interrupted.throwIfAborted();
    const { workflowId, result } = await startPull(client, stream, 'manual').then((run) => ({
      workflowId: run.workflowId,
      result: run.result(),
    }));
    result.catch(() => undefined); // a closed connection rejects it when nobody waits any more
    const ui = workflowLink(config, workflowId);
    const about = { workflowId, ...(ui === undefined ? {} : { ui }) };
    talk.say(ui === undefined ? `${workflowId} runs` : `${workflowId} runs: ${ui}`);
    await sayIfNobodyWorks(client, target.namespace, talk);
    try {
      const outcome = await Promise.race([result, aborted(interrupted)]);
      return outcome === undefined ? { ...about, left: true } : { ...about, outcome };
    } catch (error) {
      return { ...about, failure: failureOfRun(error) };
    }
  } finally {
    await client.close();
  }
}

/** Without a worker a pull waits for ever, and nothing would say why. */
export async function sayIfNobodyWorks({ connection }: OwnClient, namespace: string, talk: Talk): Promise<void> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
  });
  if (pollers.length > 0) return;
  talk.say('No worker has asked for work lately: the pull waits until one runs (`sluice up`, or `sluice worker`).');
}

export function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}

/** What of the range is held or lost stays so. */
async function want(config: Config, { source, stream }: StreamId, range: Interval): Promise<void> {
  await writeLedger(config, (ledger) => ledger.want({ source, stream }, range, Date.now()));
}
