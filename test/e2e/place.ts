import type { ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import type { ArchivedRecord } from '../../src/archive/archive.ts';
import type { Watch } from '../../src/activities/contract.ts';
import { openArchive } from '../../src/archive/open.ts';
import { loadConfig } from '../../src/config/load.ts';
import { locations } from '../../src/config/locations.ts';
import { pullId, reconcileId, type StreamId } from '../../src/core/ids.ts';
import type { Manifest } from '../../src/core/manifest.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import type { Reconciled } from '../../src/core/reconciled.ts';
import { isoInterval, type Interval } from '../../src/core/time.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { SourceRegistry } from '../../src/sources/index.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { startWorker, type RunningWorker } from '../../src/worker.ts';
import { latestReceipts } from '../support/latest-receipts.ts';
import type { reconcile } from '../../src/workflows/reconcile.ts';
import { spawnWorker } from '../support/spawn-worker.ts';
import type { Trap } from '../support/worker-process.ts';

export interface ArchivedHere extends ArchivedRecord {
  readonly manifest: Manifest;
  /** Of the manifest. */
  readonly key: string;
  readonly sha256: string;
}

/** A configuration in a folder of its own, workers on a task queue of their own, and what comes of them. */
export interface Place {
  readonly folder: string;
  readonly taskQueue: string;
  /** Changes what workers that are started from now on read. */
  configure(text: string): Promise<void>;
  worker(clock?: () => number): Promise<RunningWorker>;
  /** A worker in a process of its own, which dies where it is told to; the test ends it. */
  workerProcess(address: string, trap: Trap): Promise<ChildProcess>;
  /** Rejects with the failure's name as the message when the pull fails. */
  pull(stream: StreamId): Promise<Outcome>;
  /** Looks at the sealed windows of a stretch again. */
  reconcile(stream: StreamId, range: Interval): Promise<Reconciled>;
  /** What the watchdog finds, however its run ends. */
  watch(): Promise<Watch>;
  /** Every record that the archive holds of a stream. */
  readonly records: (stream: StreamId) => Promise<readonly ArchivedHere[]>;
  readonly withLedger: <T>(use: (ledger: Ledger) => Promise<T>) => Promise<T>;
  readonly remove: () => Promise<void>;
}

export async function makePlace(
  { client, connection }: { readonly client: Client; readonly connection: NativeConnection },
  yaml: string,
  registry?: SourceRegistry,
): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-place-'));
  const file = join(folder, 'sluice.yaml');
  await writeFile(file, yaml);
  const places = (): ReturnType<typeof locations> => locations({ data: join(folder, 'data') });
  const taskQueue = `place-${randomUUID()}`;
  return {
    folder,
    taskQueue,
    configure: (text) => writeFile(file, text),
    worker: (clock) =>
      startWorker({
        config: loadConfig(file, registry && { registry }),
        connection,
        namespace: 'default',
        taskQueue,
        ...(clock && { clock }),
      }),
    workerProcess: (address, trap) => spawnWorker({ config: file, address, taskQueue, trap }),
    async pull(stream) {
      try {
        return await client.workflow.execute<(id: StreamId) => Promise<Outcome>>('pull', {
          workflowId: `${pullId(stream)}:${randomUUID()}`,
          taskQueue,
          args: [stream],
        });
      } catch (error) {
        const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
        throw cause instanceof ApplicationFailure ? new Error(`${cause.type ?? ''}: ${cause.message}`) : error;
      }
    },
    async watch() {
      const workflowId = `watchdog-${randomUUID()}`;
      try {
        return await client.workflow.execute<() => Promise<Watch>>('watchdog', { workflowId, taskQueue, args: [] });
      } catch (error) {
        const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
        const [found] = cause instanceof ApplicationFailure ? (cause.details ?? []) : [];
        if (found === undefined) throw error;
        return found as Watch;
      }
    },
    reconcile: (stream, range) =>
      client.workflow.execute<typeof reconcile>('reconcile', {
        workflowId: `${reconcileId(stream)}:${randomUUID()}`,
        taskQueue,
        args: [stream, { range: isoInterval(range) }],
      }),
    async records({ source, stream }) {
      const archive = openArchive(places().archive);
      const found: ArchivedHere[] = [];
      for (const receipt of await latestReceipts(archive)) {
        const { manifest } = receipt;
        if (manifest.source !== source || manifest.stream !== stream) continue;
        for await (const record of archive.records(receipt)) {
          const sha256 = createHash('sha256').update(record.bytes).digest('hex');
          found.push({ ...record, manifest, key: receipt.key, sha256 });
        }
      }
      return found;
    },
    async withLedger(use) {
      const ledger = await openLedger(places().ledger);
      try {
        return await use(ledger);
      } finally {
        await ledger.close();
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
