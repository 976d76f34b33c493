import { Client } from '@temporalio/client';
import { Hono } from 'hono';
import type { Config } from '../config/load.ts';
import type { SdkMetrics } from '../metrics/sdk.ts';
import { createWorkMetrics } from '../metrics/work.ts';
import { taskQueue } from '../ops/connection.ts';
import { keepLedger } from '../ops/ledger.ts';
import type { Monitor } from '../ops/monitor.ts';
import { knownStreams } from '../ops/streams.ts';
import { readyChecks } from './checks.ts';
import { healthRoutes } from './health.ts';
import { listen } from './listen.ts';
import { metricsRoutes } from './metrics.ts';

const ADVICE = 'Choose another one in the configuration: `metrics: { listen: … }`.';

export interface MonitorOptions {
  /** `host:port` */
  readonly address: string;
  readonly sdk: SdkMetrics;
  readonly version: string;
}

/** `/metrics`, `/livez` and `/readyz` of one process on a port of their own. */
export function createMonitor(config: Config, { address, sdk, version }: MonitorOptions): Monitor {
  const work = createWorkMetrics(knownStreams(config));
  return {
    work,
    async start({ connection, target: { namespace }, worker }) {
      const client = new Client({ connection, namespace });
      const app = new Hono()
        .route('/', metricsRoutes(config, { version, client, taskQueue, work, sdk }))
        .route('/', healthRoutes(readyChecks(config, { temporal: { connection, namespace }, worker })));
      const { url, close } = await listen(app, address, 'metrics and health', ADVICE);
      const letGo = keepLedger(config);
      return {
        url,
        async close() {
          await close();
          await letGo();
          work.close();
        },
      };
    },
  };
}
