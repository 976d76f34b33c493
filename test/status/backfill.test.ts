import { chromium, type Browser } from 'playwright-core';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { floorTo, HOUR, toIso } from '../../src/core/time.ts';
import { loadConfig } from '../../src/config/load.ts';
import { taskQueue } from '../../src/ops/connection.ts';
import { planBackfill } from '../../src/ops/backfill.ts';
import { showBackfill } from '../../src/ops/backfill-status.ts';
import { readSlices } from '../../src/ops/slices.ts';
import { isWindowStream, knownStreams } from '../../src/ops/streams.ts';
import { openActions } from '../../src/status/actions.ts';
import { createStatusApp } from '../../src/status/app.ts';
import { listen } from '../../src/status/listen.ts';
import { startWorker } from '../../src/worker.ts';
import { deploy } from '../e2e/deployment.ts';
import { freshNamespace, testTemporalAddress } from '../support/temporal.ts';
import { waitFor } from '../support/wait.ts';
import { executablePath } from './kit.ts';

let browser: Browser | undefined;
beforeAll(async () => {
  if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
afterAll(() => browser?.close());

/** A vendor, a worker and a page, on a namespace of their own; the stream itself began two hours ago. */
async function everything(floor: number) {
  const namespace = await freshNamespace();
  const address = testTemporalAddress();
  const d = await deploy({
    settings: [`start: "${toIso(floor - 2 * HOUR)}"`],
    top: [`temporal: { address: "${address}", namespace: ${namespace} }`],
    simulator: { rate: 0.2 },
  });
  onTestFinished(() => d.close());
  const config = loadConfig(d.config);
  const connection = await NativeConnection.connect({ address });
  const worker = await startWorker({ config, connection, namespace, taskQueue });
  onTestFinished(async () => {
    await worker.stop();
    await connection.close();
  });
  const app = createStatusApp({ config, actions: openActions(config), isLocal: true, hosts: [] });
  const served = await listen(app, '127.0.0.1:0', 'the page', '');
  onTestFinished(() => served.close());
  return { d, config, url: served.url };
}

describe('a plan', () => {
  it('that is sent twice, by a double click say, is one backfill', async () => {
    const floor = floorTo(Date.now(), HOUR);
    const { d, config } = await everything(floor);
    const range = { from: toIso(floor - 5 * HOUR), until: toIso(floor - 3 * HOUR) };
    const [plan] = await planBackfill(config, `${d.source}/www.example.com`, range);
    if (plan === undefined) throw new Error('there is no plan');
    const { startBackfill } = openActions(config);
    const said = [await startBackfill(plan), await startBackfill(plan)];
    expect(said[1]).toBe(said[0]);
    const all = await d.withLedger((ledger) => ledger.backfills());
    expect(all.map(({ id }) => id)).toEqual([plan.id]);
    await waitFor(
      () => showBackfill(config, plan.id),
      ({ state }) => state === 'done',
    );
  });
});

describe('a missing hour', () => {
  it('is extracted when somebody asks for it on the page, and nothing else with it', async () => {
    const floor = floorTo(Date.now(), HOUR);
    const { d, config } = await everything(floor);
    const [stream] = knownStreams(config).filter(isWindowStream);
    if (stream === undefined) throw new Error('there is no stream');
    // Before the stream's own beginning: only who asks for it gets it.
    const hour = { from: floor - 4 * HOUR, until: floor - 3 * HOUR };
    expect(await openActions(config).heal(stream, hour)).toMatch(/runs$/);
    const read = () =>
      readSlices(config, stream, { within: { from: floor - 5 * HOUR, until: floor - 3 * HOUR }, limit: 10 });
    const { stretches } = await waitFor(read, (axis) => axis.stretches.some(({ sealedAt }) => sealedAt !== undefined));
    expect(stretches.filter(({ sealedAt }) => sealedAt !== undefined)).toMatchObject([hour]);
    const truth = d.truth(hour.from, hour.until);
    expect(truth.size).toBeGreaterThan(0);
    const archived = [...(await d.archived())].filter(([record]) => truth.has(record));
    expect(new Map(archived)).toEqual(truth);
  });
});

describe.skipIf(executablePath === undefined)(
  'a backfill from the page (Chromium, by SLUICE_CHROMIUM or at its usual place)',
  () => {
    it('is planned by dragging over the axis, started, paused, resumed, and seen to its end without a reload', async () => {
      const floor = floorTo(Date.now(), HOUR);
      const { d, config, url } = await everything(floor);
      // So that there is time to interrupt it.
      d.simulator.faults.latencyMs = 300;
      const page = await (browser as Browser).newPage({ viewport: { width: 1280, height: 900 } });
      onTestFinished(() => page.close());
      await page.goto(`${url}/stream/${d.source}/www.example.com`);
      const axis = await page.locator('svg.axis').boundingBox();
      if (axis === null) throw new Error('there is no axis');
      // From about half past twelve hours before now to about half past six hours before.
      const x = (hours: number): number => axis.x + axis.width * (1 - hours / 24);
      await page.mouse.move(x(12.5), axis.y + 10);
      await page.mouse.down();
      await page.mouse.move(x(6.5), axis.y + 10, { steps: 4 });
      await page.mouse.up();
      await page.locator('section.plan').waitFor();
      expect(await page.locator('section.plan').innerText()).toContain('windows of 1 h');
      await page.getByRole('button', { name: 'Start this backfill' }).click();

      await page.getByRole('button', { name: 'Pause' }).click();
      await page.locator('h1', { hasText: 'paused' }).waitFor();
      const id = page.url().split('/').at(-1) ?? '';
      expect((await showBackfill(config, id)).state).toBe('paused');
      await page.getByRole('button', { name: 'Go on' }).click();
      await page.locator('h1', { hasText: 'running' }).waitFor();

      // Nobody touches it any more: it is told.
      await page.locator('h1', { hasText: 'done' }).waitFor({ timeout: 45_000 });
      expect(await page.getByRole('button').count()).toBe(0);
      const { range, sealed } = await showBackfill(config, id);
      expect(range?.left).toBe(0);
      expect(sealed).toBe(range?.windows);
      const done = await showBackfill(config, id);
      const truth = d.truth(done.from, done.until);
      expect(truth.size).toBeGreaterThan(0);
      // The stream's own hours may be held beside it.
      expect(new Map([...(await d.archived())].filter(([record]) => truth.has(record)))).toEqual(truth);
    });
  },
);
