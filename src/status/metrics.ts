import type { Client } from '@temporalio/client';
import { Hono } from 'hono';
import type { Config } from '../config/load.ts';
import { redact } from '../http/redaction.ts';
import { createProcessMetrics } from '../metrics/process.ts';
import { createScheduleMetrics } from '../metrics/schedules.ts';
import type { SdkMetrics } from '../metrics/sdk.ts';
import { createStreamMetrics } from '../metrics/streams.ts';
import type { WorkMetrics } from '../metrics/work.ts';

export interface MetricsParts {
  readonly version: string;
  /** For the numbers of the schedules. */
  readonly client?: Client | undefined;
  readonly taskQueue: string;
  /** Where this process has a worker. */
  readonly work?: WorkMetrics | undefined;
  readonly sdk?: SdkMetrics | undefined;
  /** Our own clock, ms since the epoch. */
  readonly clock?: (() => number) | undefined;
}

/** Several scrapers at once cost no more than one. */
const FRESH_FOR = 1_000;

/**
 * `GET /metrics`: everything that one process has to tell, so that it is one target for Prometheus: what the ledger says of the streams, the
 * schedules, this process's own work, and the Temporal SDK's metrics.
 *
 * Status 503 when the ledger cannot be read: streams that are silently absent would silence every alert about them, and a scrape that fails
 * does not.
 */
export function metricsRoutes(config: Config, parts: MetricsParts): Hono {
  const text = shared(FRESH_FOR, reader(config, parts));
  return new Hono().get('/metrics', async (c) => {
    try {
      return c.body(await text(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    } catch (error) {
      return c.text(
        `the ledger cannot be read: ${redact(error instanceof Error ? error.message : String(error))}\n`,
        503,
      );
    }
  });
}

function reader(config: Config, { version, client, taskQueue, work, sdk, clock }: MetricsParts): () => Promise<string> {
  const own = createProcessMetrics({ file: config.file, version });
  const collected = [
    createStreamMetrics(config, clock),
    ...(client === undefined ? [] : [createScheduleMetrics(client, taskQueue)]),
  ];
  const registries = [
    own,
    ...collected.map(({ registry }) => registry),
    ...(work === undefined ? [] : [work.registry]),
  ];
  return async () => {
    const [temporal = ''] = await Promise.all([sdk?.read(), ...collected.map((one) => one.collect())]);
    const texts = await Promise.all(registries.map((registry) => registry.metrics()));
    return [...texts, temporal].filter((text) => text !== '').join('\n');
  };
}

/** One run of `make` serves all who ask while it runs, and for `freshFor` ms after it began. A failed one is not kept. */
export function shared<T>(freshFor: number, make: () => Promise<T>): () => Promise<T> {
  let running: { readonly begunAt: number; readonly result: Promise<T> } | undefined;
  return () => {
    if (running !== undefined && performance.now() - running.begunAt < freshFor) return running.result;
    const begun = { begunAt: performance.now(), result: make() };
    begun.result.catch(() => {
      if (running === begun) running = undefined;
    });
    running = begun;
    return begun.result;
  };
}
