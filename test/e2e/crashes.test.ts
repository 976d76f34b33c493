import { once } from 'node:events';
import { join } from 'node:path';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { searchAttributes } from '../../src/temporal/search-attributes.ts';
import { startTemporal } from '../../src/temporal/server.ts';
import { waitFor } from '../support/wait.ts';
import type { Trap } from '../support/worker-process.ts';
import { useTemporal } from '../workflows/harness.ts';
import { deploy, type Deployment } from './deployment.ts';

const temporal = useTemporal();
const SITE = 'www.example.com';
const LOAD = 4_300;
let deployment: Deployment | undefined;
afterEach(async () => {
  await deployment?.close();
  deployment = undefined;
});

async function deployHour(sites: readonly string[] = [SITE]): Promise<Deployment> {
  const start = new Date(Math.floor((Date.now() - 6 * MINUTE) / HOUR) * HOUR - HOUR).toISOString();
  const d = await deploy({ sites, settings: [`start: "${start}"`] });
  deployment = d;
  const { from, until } = d.lastHour();
  for (const site of sites) d.simulator.load(site, from, until, LOAD);
  return d;
}

function expectWhole(d: Deployment, archived: Map<string, string>, site = SITE): void {
  const { from, until } = d.lastHour();
  expect(archived.size).toBe(LOAD);
  expect(archived).toEqual(d.truth(from, until, site));
}

describe('a worker killed as by a power cut loses nothing and stores nothing twice', () => {
  it('between page 2 and page 3', async () => {
    const d = await deployHour();
    const victim = await d.workerProcess(inject('temporalAddress'));
    const gone = once(victim, 'exit');
    const off = d.simulator.onRequest((event) => {
      if (event.kind === 'feed' && event.page === 3 && victim.exitCode === null) victim.kill('SIGKILL');
    });
    const run = await d.pull(temporal.client);
    await gone;
    off();
    await d.workerProcess(inject('temporalAddress'));
    expect(await run.result()).toMatchObject({ sealed: 1, records: LOAD });
    expectWhole(d, await d.archived());
  }, 120_000);

  it.each<[string, Trap]>([
    ['while it stages a page', 'while-staging'],
    ['between the parts and the manifest', 'before-manifest'],
    ['between the manifest and the ledger', 'before-ledger'],
  ])(
    '%s',
    async (_name, trap) => {
      const d = await deployHour();
      const victim = await d.workerProcess(inject('temporalAddress'), trap);
      const gone = once(victim, 'exit');
      const run = await d.pull(temporal.client);
      const [, signal] = (await gone) as [number | null, string];
      expect(signal).toBe('SIGKILL');
      await d.workerProcess(inject('temporalAddress'));
      expect(await run.result()).toMatchObject({ sealed: 1, records: LOAD });
      expectWhole(d, await d.archived());
      const slices = await d.withLedger((ledger) => ledger.slices({ source: d.source, stream: SITE }, d.lastHour()));
      expect(slices).toHaveLength(1);
    },
    120_000,
  );
});

describe('a worker that is asked to stop', () => {
  it('hands its cursor over, and another one goes on from there within the cursor’s minute', async () => {
    const d = await deployHour();
    const first = await d.workerProcess(inject('temporalAddress'));
    const gone = once(first, 'exit');
    let asked = false;
    const off = d.simulator.onRequest((event) => {
      if (event.kind === 'feed' && event.page === 2 && !asked) {
        asked = true;
        first.kill('SIGTERM');
      }
    });
    const run = await d.pull(temporal.client);
    const [code] = (await gone) as [number | null];
    expect(code).toBe(0);
    off();
    await d.workerProcess(inject('temporalAddress'));
    expect(await run.result()).toMatchObject({ sealed: 1, records: LOAD });
    expectWhole(d, await d.archived());
    const firstPages = d.simulator.requests.filter(({ path }) => path.includes('from='));
    expect(firstPages).toHaveLength(1);
  }, 120_000);
});

describe('a Temporal server killed in the middle of a walk and restarted on its file', () => {
  it('goes on where it was, and nothing is lost or stored twice', async () => {
    const d = await deployHour();
    const server = await startTemporal({
      dataFile: join(d.folder, 'temporal.db'),
      port: 0,
      searchAttributes,
      supervise: true,
      executable: inject('temporalCli'),
    });
    const connection = await NativeConnection.connect({ address: server.address });
    const client = new Client({ connection: await Connection.connect({ address: server.address }) });
    const worker = await d.worker(connection);
    let killed = false;
    d.simulator.onRequest((event) => {
      if (event.kind !== 'feed' || event.page !== 2 || killed) return;
      killed = true;
      process.kill(server.pid, 'SIGKILL');
    });
    try {
      const run = await d.pull(client);
      expect(await resultOf(client, run.workflowId)).toMatchObject({ sealed: 1, records: LOAD });
      expect(killed).toBe(true);
      expectWhole(d, await d.archived());
    } finally {
      await worker.stop();
      await client.connection.close();
      await connection.close();
      await server.stop();
    }
  }, 180_000);
});

/** A run's result, asked for again while the server is away. */
async function resultOf(client: Client, workflowId: string): Promise<unknown> {
  const settled = await waitFor(
    async () => {
      try {
        return { result: (await client.workflow.getHandle(workflowId).result()) as unknown };
      } catch (error) {
        if (error instanceof WorkflowFailedError) throw error;
        return undefined;
      }
    },
    (answer) => answer !== undefined,
    150_000,
  );
  return settled?.result;
}

describe('two workers and two sites', () => {
  it('never open more connections than the vendor allows', async () => {
    const sites = [SITE, 'shop.example.com', 'api.example.com'];
    const d = await deploy({ sites, simulator: { rate: 30, faults: { latencyMs: 40 } } });
    deployment = d;
    await Promise.all([d.workerProcess(inject('temporalAddress')), d.workerProcess(inject('temporalAddress'))]);
    const runs = await Promise.all(sites.map((site) => d.pull(temporal.client, site)));
    for (const run of runs) expect((await run.result()).failed).toBe(0);
    const { corp, site } = d.simulator.connections.peak;
    expect(corp).toBeLessThanOrEqual(5);
    expect(Math.max(...Object.values(site))).toBeLessThanOrEqual(2);
    expect(d.simulator.violations).toEqual([]);
  }, 180_000);
});
