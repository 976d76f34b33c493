import type { ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { openArchive } from '../../src/archive/open.ts';
import { loadConfig } from '../../src/config/load.ts';
import { locations } from '../../src/config/locations.ts';
import { pullId, reconcileId } from '../../src/core/ids.ts';
import { HOUR } from '../../src/core/time.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { startWorker, type RunningWorker } from '../../src/worker.ts';
import {
  startSignalSciences,
  type SignalSciencesSimulator,
  type SimulatorOptions,
} from '../../simulators/signal-sciences.ts';
import { latestReceipts } from '../support/latest-receipts.ts';
import { killOff, spawnWorker } from '../support/spawn-worker.ts';
import type { Trap } from '../support/worker-process.ts';
import type { pull } from '../../src/workflows/pull.ts';
import type { reconcile, ReconcileOrder } from '../../src/workflows/reconcile.ts';

/** Marked, so that a scan of everything that was written can look for them. */
export const CANARY = { password: 'canary-pass-8f2e11c0', token: 'canary-token-77d1a9' };

export interface DeploymentOptions {
  readonly sites?: readonly string[];
  readonly simulator?: Partial<SimulatorOptions>;
  /** Further lines of the source's configuration, without their indentation. */
  readonly settings?: readonly string[];
  /** Further lines at the top of the configuration. */
  readonly top?: readonly string[];
  /** Added to both clocks, the vendor's and ours, ms. */
  readonly shift?: () => number;
}

/** A vendor, a configuration, a data folder, and workers as a test wants them. */
export async function deploy(options: DeploymentOptions = {}) {
  const sites = options.sites ?? ['www.example.com'];
  const clock = (): number => Date.now() + (options.shift?.() ?? 0);
  const simulator = await startSignalSciences({
    corp: 'testcorp',
    sites: [...sites],
    accounts: [{ email: 'ops@example.com', password: CANARY.password, token: CANARY.token }],
    clock,
    rate: 2,
    ...options.simulator,
  });
  const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
  const config = join(folder, 'sluice.yaml');
  process.env['SLUICE_TEST_PASSWORD'] = CANARY.password;
  const source = `waf-${randomUUID().slice(0, 8)}`;
  await writeFile(config, yaml(source, simulator.url, sites, options));
  return new Deployment({ simulator, folder, config, clock, source });
}

function yaml(
  source: string,
  url: string,
  sites: readonly string[],
  { settings = [], top = [] }: DeploymentOptions,
): string {
  return [
    'version: 1',
    'data: ./data',
    ...top,
    'sources:',
    `  ${source}:`,
    '    type: signal-sciences',
    `    baseUrl: ${url}`,
    '    corp: testcorp',
    `    sites: [${sites.join(', ')}]`,
    '    auth:',
    '      email: ops@example.com',
    '      password: ${env:SLUICE_TEST_PASSWORD}',
    ...settings.map((line) => `    ${line}`),
    '',
  ].join('\n');
}

interface DeploymentParts {
  readonly simulator: SignalSciencesSimulator;
  readonly folder: string;
  /** The configuration's file. */
  readonly config: string;
  readonly clock: () => number;
  /** The source's name: one of its own, so that tests on one server do not meet at one gate. */
  readonly source: string;
}

export class Deployment {
  readonly simulator: SignalSciencesSimulator;
  readonly folder: string;
  readonly config: string;
  readonly clock: () => number;
  readonly source: string;
  readonly taskQueue = `e2e-${randomUUID()}`;
  private readonly children: ChildProcess[] = [];

  constructor({ simulator, folder, config, clock, source }: DeploymentParts) {
    this.simulator = simulator;
    this.folder = folder;
    this.config = config;
    this.clock = clock;
    this.source = source;
  }

  get data() {
    return locations(loadConfig(this.config));
  }

  /** A worker in this process. */
  worker(connection: NativeConnection): Promise<RunningWorker> {
    const { clock, taskQueue } = this;
    return startWorker({ config: loadConfig(this.config), connection, namespace: 'default', taskQueue, clock });
  }

  /** A worker in a process of its own, which may have to die. Resolves when it polls. */
  async workerProcess(address: string, trap: Trap = 'none'): Promise<ChildProcess> {
    const child = await spawnWorker({ config: this.config, address, taskQueue: this.taskQueue, trap });
    this.children.push(child);
    return child;
  }

  /** Starts a pull of a site; the handle's result is its outcome. */
  pull(client: Client, site = 'www.example.com') {
    const stream = { source: this.source, stream: site };
    return client.workflow.start<typeof pull>('pull', {
      workflowId: `${pullId(stream)}:${randomUUID()}`,
      taskQueue: this.taskQueue,
      args: [stream],
    });
  }

  /** Starts a look at sealed windows; the handle's result is what came of it. */
  reconcile(client: Client, order: ReconcileOrder = {}, site = 'www.example.com') {
    const stream = { source: this.source, stream: site };
    return client.workflow.start<typeof reconcile>('reconcile', {
      workflowId: reconcileId(stream),
      taskQueue: this.taskQueue,
      args: [stream, order],
    });
  }

  async withLedger<T>(use: (ledger: Ledger) => Promise<T>): Promise<T> {
    const ledger = await openLedger(this.data.ledger);
    try {
      return await use(ledger);
    } finally {
      await ledger.close();
    }
  }

  /** What the archive holds of a site: id → SHA-256 of its bytes. Throws when an id is there twice. */
  async archived(site = 'www.example.com'): Promise<Map<string, string>> {
    const archive = openArchive(this.data.archive);
    const found = new Map<string, string>();
    for (const receipt of await latestReceipts(archive)) {
      if (receipt.manifest.stream !== site) continue;
      for await (const { bytes: line } of archive.records(receipt)) {
        const { id } = JSON.parse(line.toString()) as { id: string };
        if (found.has(id)) throw new Error(`${id} is in the archive twice`);
        found.set(id, createHash('sha256').update(line).digest('hex'));
      }
    }
    return found;
  }

  /** What the vendor holds of a site in whole hours from the stream's start to the newest settled hour: id → SHA-256. */
  truth(from: number, until: number, site = 'www.example.com'): Map<string, string> {
    return new Map(this.simulator.truth(site, from, until).map(({ id, sha256 }) => [id, sha256]));
  }

  /** The whole settled hour that ended last, at least six minutes ago. */
  lastHour(): { from: number; until: number } {
    const until = Math.floor((this.clock() - 6 * 60_000) / HOUR) * HOUR;
    return { from: until - HOUR, until };
  }

  async close(): Promise<void> {
    this.children.forEach(killOff);
    await this.simulator.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
