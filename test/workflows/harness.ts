import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundle,
} from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, inject } from 'vitest';
import type { Activities } from '../../src/activities/contract.ts';

/** A client and a way to run workers against the run's shared Temporal server, set up once per test file. */
export interface Harness {
  readonly client: Client;
  readonly connection: NativeConnection;
  readonly bundle: WorkflowBundle;
  /** Runs `body` while a worker with these activities serves a task queue of its own. */
  serve<T>(activities: Partial<Activities>, body: (taskQueue: string) => Promise<T>): Promise<T>;
}

export function useTemporal(): Harness {
  let client: Client | undefined;
  let connection: NativeConnection | undefined;
  let bundle: WorkflowBundle | undefined;

  beforeAll(async () => {
    const address = inject('temporalAddress');
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
    client = new Client({ connection: await Connection.connect({ address }) });
    connection = await NativeConnection.connect({ address });
    const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
    bundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  });
  afterAll(async () => {
    await client?.connection.close();
    await connection?.close();
  });

  const ready = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('used before the test file was set up');
    return value;
  };
  return {
    get client() {
      return ready(client);
    },
    get connection() {
      return ready(connection);
    },
    get bundle() {
      return ready(bundle);
    },
    async serve(activities, body) {
      const taskQueue = `test-${randomUUID()}`;
      const worker = await Worker.create({
        connection: ready(connection),
        taskQueue,
        workflowBundle: ready(bundle),
        activities,
        shutdownForceTime: '1s',
        stickyQueueScheduleToStartTimeout: '5s',
      });
      return await worker.runUntil(() => body(taskQueue));
    },
  };
}
