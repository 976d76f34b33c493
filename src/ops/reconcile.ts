import type { Config } from '../config/load.ts';
import { formatStreamId, reconcileId } from '../core/ids.ts';
import type { Reconciled } from '../core/reconciled.ts';
import { isoInterval, toIso, type Interval } from '../core/time.ts';
import { connectClient } from '../temporal/connect.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { kindKey, sourceKey, streamKey } from '../workflows/search-attributes.ts';
import type { reconcile } from '../workflows/reconcile.ts';
import { taskQueue, temporalAddress } from './connection.ts';
import { failureOfRun, type RunFailure } from './run-failure.ts';
import { isWindowStream, type KnownStream } from './streams.ts';
import type { Talk } from './talk.ts';
import { UsageError } from './usage-error.ts';

export interface ReconcileResult {
  readonly workflowId: string;
  readonly outcome?: Reconciled;
  readonly failure?: RunFailure;
  /** Nobody waited for its end: it goes on on the server. */
  readonly left?: true;
}

export interface ReconcileOptions {
  /** Every sealed window that overlaps it; without one those whose moment has come. */
  readonly range?: Interval | undefined;
  readonly talk: Talk;
  readonly interrupted: AbortSignal;
}

/**
 * Looks at sealed windows again now, and waits for what comes of it.
 * Errors: `TemporalUnreachable`; {@link UsageError} for a stream whose windows cannot be compared with a later answer.
 */
export async function reconcileStream(
  config: Config,
  known: KnownStream,
  { range, talk, interrupted }: ReconcileOptions,
): Promise<ReconcileResult> {
  const name = formatStreamId(known);
  if (!isWindowStream(known))
    throw new UsageError(`${name} is a ${known.shape} stream: what comes late comes by itself there`);
  if (known.window.limits.reconcile === undefined) {
    throw new UsageError(
      `${name} is not reconciled: a later answer is another one, or \`reconcile: false\` stands in ${config.file}`,
    );
  }
  const id = { source: known.source, stream: known.stream };
  const target = temporalAddress(config);
  const client = await connectClient(target);
  try {
    await ensureSearchAttributes(client.connection, target.namespace);
    interrupted.throwIfAborted();
    const run = await client.workflow.start<typeof reconcile>('reconcile', {
      workflowId: `${reconcileId(id)}:manual:${toIso(Date.now())}`,
      taskQueue,
      args: [id, range === undefined ? {} : { range: isoInterval(range) }],
      staticSummary: `reconcile ${name} (manual)`,
      typedSearchAttributes: [
        { key: sourceKey, value: id.source },
        { key: streamKey, value: id.stream },
        { key: kindKey, value: 'reconcile' },
      ],
    });
    const { workflowId } = run;
    talk.say(`${workflowId} runs`);
    const result = run.result();
    result.catch(() => undefined); // a closed connection rejects it when nobody waits any more
    try {
      const outcome = await Promise.race([result, aborted(interrupted)]);
      return outcome === undefined ? { workflowId, left: true } : { workflowId, outcome };
    } catch (error) {
      return { workflowId, failure: failureOfRun(error) };
    }
  } finally {
    await client.close();
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}
