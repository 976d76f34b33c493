import type { Client } from '@temporalio/client';
import { mkdir } from 'node:fs/promises';
import type { Config } from '../config/load.ts';
import { locations } from '../config/locations.ts';
import { formatStreamId, type StreamId } from '../core/ids.ts';
import { describeOutcome, type Outcome } from '../core/outcome.ts';
import { openLedger } from '../ledger/open.ts';
import { connectClient, connectWorker } from '../temporal/connect.ts';
import { applySchedules } from '../temporal/schedules.ts';
import { ensureSearchAttributes, searchAttributes } from '../temporal/search-attributes.ts';
import { startTemporal } from '../temporal/server.ts';
import { startWorker } from '../worker.ts';
import { taskQueue, temporalAddress } from './connection.ts';
import { followProgress } from './progress.ts';
import { startPull } from './pull.ts';
import { failureOfRun, type RunFailure } from './run-failure.ts';
import { wantedSchedules } from './schedules.ts';
import { knownStreams } from './streams.ts';
import type { Talk } from './talk.ts';

export interface UpOptions {
  readonly config: Config;
  /** Extract what is due in every stream until nothing is, and end. */
  readonly once: boolean;
  readonly talk: Talk;
  /** Aborted when the user wants it to end. */
  readonly interrupted: AbortSignal;
  /** Said once everything runs. */
  readonly hints?: (addresses: { readonly ui: string | undefined }) => readonly string[];
}

export interface StreamResult {
  readonly stream: string;
  readonly outcome?: Outcome;
  readonly failure?: RunFailure;
}

/**
 * Everything in one process: a Temporal server (unless the configuration names one), ledger, archive, worker and schedules. It catches up
 * with what is due at once; then it goes on until it is interrupted, or ends when `once` is set.
 * @returns what came of the first pull of every stream; streams that were still at it when the user ended it are left out
 * Errors: those of the server (none to be had, port in use), of the ledger, and `TemporalUnreachable`.
 */
export async function runUp({ config, once, talk, interrupted, hints }: UpOptions): Promise<readonly StreamResult[]> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    await mkdir(config.data, { recursive: true, mode: 0o750 });
    const ledger = await openLedger(locations(config).ledger);
    closers.push(() => ledger.close());
    const ui = await bringServer(config, talk, closers);
    const target = temporalAddress(config);
    const client = await connectClient(target);
    closers.push(() => client.close());
    await ensureSearchAttributes(client.connection, target.namespace);
    const connection = await connectWorker(target);
    closers.push(() => connection.close());
    const worker = await startWorker({ config, connection, namespace: target.namespace, taskQueue, ledger });
    closers.push(() => worker.stop());

    const streams = knownStreams(config);
    if (!once) {
      const schedules = await applySchedules(client, taskQueue, wantedSchedules(config));
      talk.say(`${schedules.length} schedules in place.`);
    }
    for (const line of hints?.({ ui }) ?? []) talk.say(line);
    const stopFollowing = followProgress({ config, ledger, talk });
    closers.push(stopFollowing);
    const results = await Promise.race([pullAll(client, streams, talk), untilAborted(interrupted), worker.done]);
    await stopFollowing();
    if (!once && !interrupted.aborted) {
      talk.say(
        'Up to date. Schedules go on from here; Ctrl-C stops this process, and the next start goes on where it was.',
      );
      await Promise.race([untilAborted(interrupted), worker.done]);
    }
    return results ?? [];
  } finally {
    if (interrupted.aborted) talk.say('Stopping: running walks hand over their cursors.');
    for (const close of closers.toReversed()) await close();
  }
}

/** @returns the address of the Temporal UI, where it is ours */
async function bringServer(
  config: Config,
  talk: Talk,
  closers: (() => Promise<unknown>)[],
): Promise<string | undefined> {
  if (config.temporal.address !== undefined) return undefined;
  const server = await startTemporal({
    dataFile: locations(config).temporal,
    port: config.temporal.port,
    uiPort: config.temporal.uiPort,
    searchAttributes,
    supervise: true,
    log: (line) => talk.say(line),
    portAdvice: 'Choose another one in the configuration: `temporal: { port: …, uiPort: … }`.',
  });
  closers.push(() => server.stop());
  return server.uiUrl ?? undefined;
}

/** Pulls every stream at once; one stream's trouble is its own. */
async function pullAll(client: Client, streams: readonly StreamId[], talk: Talk): Promise<readonly StreamResult[]> {
  return await Promise.all(
    streams.map(async ({ source, stream }) => {
      const id = { source, stream };
      const name = formatStreamId(id);
      try {
        const outcome = await pullNow(client, id);
        talk.say(`${name}: ${describeOutcome(outcome)}`);
        return { stream: name, outcome };
      } catch (error) {
        const failure = failureOfRun(error);
        talk.say(`${name}: ${failure.name}: ${failure.message}`);
        return { stream: name, failure };
      }
    }),
  );
}

async function pullNow(client: Client, id: StreamId): Promise<Outcome> {
  const run = await startPull(client, id, 'start-up');
  return await run.result();
}

function untilAborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}
