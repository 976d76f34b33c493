import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import { locations } from '../config/locations.ts';
import { readLedger } from '../ops/ledger.ts';
import type { RunningWorker } from '../worker.ts';
import type { HealthCheck } from './health.ts';

/**
 * What the connections of Temporal's client and of its worker have in common. The client's retries by timers that outlive its `close()`, and
 * throw then: give it `interceptors: []`.
 */
export interface TemporalService {
  withDeadline<T>(deadline: number, work: () => Promise<T>): Promise<T>;
  readonly workflowService: { describeNamespace(request: { namespace: string }): Promise<unknown> };
}

/** Shorter than what a check may take at all, so that its own words are shown. */
const PATIENCE = 2_500;

export interface Checked {
  readonly temporal?: { readonly connection: TemporalService; readonly namespace: string } | undefined;
  readonly worker?: Pick<RunningWorker, 'isPolling'> | undefined;
}

/** What must work for a process to do its work: Temporal, its worker where it has one, the ledger, the archive. Never the vendor. */
export function readyChecks(config: Config, { temporal, worker }: Checked): readonly HealthCheck[] {
  const { ledger, archive } = locations(config);
  return [
    ...(temporal === undefined ? [] : [temporalCheck(temporal)]),
    ...(worker === undefined ? [] : [workerCheck(worker)]),
    {
      name: 'ledger',
      async check() {
        if (worker !== undefined && !existsSync(ledger))
          throw new Error(`${ledger} is gone: \`sluice ledger rebuild\``);
        await readLedger(config, (reader) => reader.streams());
      },
    },
    { name: 'archive', check: () => writeSomething(archive) },
  ];
}

function temporalCheck({ connection, namespace }: NonNullable<Checked['temporal']>): HealthCheck {
  return {
    name: 'temporal',
    check: () =>
      connection.withDeadline(Date.now() + PATIENCE, () => connection.workflowService.describeNamespace({ namespace })),
  };
}

function workerCheck(worker: Pick<RunningWorker, 'isPolling'>): HealthCheck {
  return {
    name: 'worker',
    async check() {
      if (!worker.isPolling()) throw new Error('it does not ask for work');
    },
  };
}

/** A disk that is full or read-only shows only when one writes, so that is what is done, to the disk and not to a cache. */
async function writeSomething(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  // Neither a slice nor a staged segment: nobody reads it. One that a power cut leaves behind is a few bytes.
  const file = join(folder, `.probe-${randomUUID()}`);
  const handle = await open(file, 'wx', 0o640);
  try {
    await handle.write('written to see that it can be\n');
    await handle.sync();
  } finally {
    await handle.close();
    await unlink(file);
  }
}
