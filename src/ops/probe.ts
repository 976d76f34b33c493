import type { Client } from '@temporalio/client';
import { setTimeout } from 'node:timers/promises';
import { readRun, readSchedule } from '../activities/temporal-facts.ts';
import type { Config } from '../config/load.ts';
import { extractId, formatStreamId, scheduleId, type StreamId } from '../core/ids.ts';
import type { RunFacts, ScheduleFacts } from '../core/watch.ts';
import { connectClient } from '../temporal/connect.ts';
import { taskQueue, temporalAddress } from './connection.ts';

/** What the Temporal server says of streams, for the reasons of gaps. */
export interface Probe {
  /** Whether any worker has asked for work lately. */
  readonly hasWorkers: boolean;
  /** By `<source>/<stream>`. */
  readonly streams: ReadonlyMap<string, StreamProbe>;
}

export interface StreamProbe {
  readonly schedule: ScheduleFacts | undefined;
  readonly extractor: RunFacts;
}

/** A look at gaps must not wait longer for a server that is away, ms. */
const PATIENCE = 3_000;

/** Asks the Temporal server; undefined when none answers in time, which is an answer too. */
export async function probeTemporal(config: Config, streams: readonly StreamId[]): Promise<Probe | undefined> {
  const connecting = connectClient(temporalAddress(config));
  const client = await Promise.race([
    connecting.catch(() => undefined),
    setTimeout(PATIENCE, undefined, { ref: false }),
  ]);
  if (client === undefined) {
    connecting.then((late) => late.close()).catch(() => undefined);
    return undefined;
  }
  try {
    const { pollers } = await client.connection.workflowService.describeTaskQueue({
      namespace: temporalAddress(config).namespace,
      taskQueue: { name: taskQueue },
    });
    const found = await Promise.all(
      streams.map(async (id) => [formatStreamId(id), await probeStream(client, id)] as const),
    );
    return { hasWorkers: pollers.length > 0, streams: new Map(found) };
  } catch {
    return undefined;
  } finally {
    await client.close();
  }
}

async function probeStream(client: Client, { source, stream }: StreamId): Promise<StreamProbe> {
  const id = { source, stream };
  return { schedule: await readSchedule(client, scheduleId(id)), extractor: await readRun(client, extractId(id)) };
}
