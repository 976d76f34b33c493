import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type NativeConnection,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { createActivities } from './activities/index.ts';
import type { OpenSource } from './activities/dependencies.ts';
import type { Archive } from './archive/archive.ts';
import { openArchive } from './archive/open.ts';
import type { Config } from './config/load.ts';
import { locations } from './config/locations.ts';
import type { Ledger } from './ledger/ledger.ts';
import { openLedger } from './ledger/open.ts';
import type { WorkMetrics } from './metrics/work.ts';

export interface WorkerSetup {
  readonly config: Config;
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  /** Our own clock, ms since the epoch. */
  readonly clock?: () => number;
  /** Replace what the configuration would open; then their owner closes them. */
  readonly ledger?: Ledger;
  readonly archive?: Archive;
  /** Counts what this worker does. */
  readonly work?: WorkMetrics | undefined;
}

export interface RunningWorker {
  /** Whether it asks Temporal for work. */
  isPolling(): boolean;
  /** Settles when the worker has stopped; rejects when it broke. */
  readonly done: Promise<void>;
  /** Takes no new work, lets running walks hand over their cursors, ends sessions and closes the ledger. */
  stop(): Promise<void>;
}

/** Running walks return within one page; what takes longer is cancelled, and done again elsewhere. */
const GRACE = '25s';
/** An activity that does not even heed its cancellation must not keep a worker alive. Stay below the deployment's own kill timeout. */
const FORCE = '35s';
/** A workflow whose worker was killed is picked up by another one after this long; a cursor lives only a minute. */
const STICKY = '5s';

/** The composition root: configuration → sources, ledger, archive → activities → worker. Nothing else joins these. */
export async function startWorker(setup: WorkerSetup): Promise<RunningWorker> {
  const { config, connection, namespace, taskQueue, work } = setup;
  const { ledger: ledgerFile, archive: archiveRoot } = locations(config);
  const ledger = setup.ledger ?? (await openLedger(ledgerFile));
  const stopping = new AbortController();
  const sources = openSources(config, setup.clock ?? Date.now);
  const archive = setup.archive ?? openArchive(archiveRoot);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: createActivities({
      sources,
      ledger: work?.counted(ledger) ?? ledger,
      archive,
      stopping: stopping.signal,
      ...(work && { cursorUsed: work.cursorUsed }),
    }),
    ...(work && { interceptors: { activity: [work.interceptor] } }),
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE,
    stickyQueueScheduleToStartTimeout: STICKY,
  });
  const done = run(worker, async () => {
    await Promise.all([...sources.values()].map(({ source }) => source.close()));
    if (setup.ledger === undefined) await ledger.close();
  });
  return {
    done,
    isPolling: () => isPolling(worker),
    async stop() {
      stopping.abort();
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await done;
    },
  };
}

function isPolling(worker: Worker): boolean {
  const { runState, workflowPollerState, activityPollerState } = worker.getStatus();
  return runState === 'RUNNING' && workflowPollerState === 'POLLING' && activityPollerState === 'POLLING';
}

/** Runs a worker to its end, and then lets go of what it held. */
async function run(worker: Worker, letGo: () => Promise<void>): Promise<void> {
  try {
    await worker.run();
  } finally {
    await letGo();
  }
}

function openSources(config: Config, clock: () => number): ReadonlyMap<string, OpenSource> {
  return new Map(
    [...config.sources.values()].map(({ id, type, settings }) => [
      id,
      { source: type.open({ id, settings, clock }), settings },
    ]),
  );
}

/** The bundle that the build made; where the sources run unbuilt, one made now. */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  const codePath = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  if (existsSync(codePath)) return { codePath };
  const workflowsPath = fileURLToPath(new URL('./workflows/index.ts', import.meta.url));
  return await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}
