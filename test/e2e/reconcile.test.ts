import { once } from 'node:events';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { readRecords } from '../../src/ops/records.ts';
import { rebuildLedger } from '../../src/ops/rebuild.ts';
import { findStream } from '../../src/ops/streams.ts';
import { verifyArchive } from '../../src/ops/verify.ts';
import { openArchive } from '../../src/archive/open.ts';
import { latenessQuantile } from '../../src/core/lateness.ts';
import { floorTo, HOUR, isoInterval, MINUTE, toIso, type Interval } from '../../src/core/time.ts';
import type { Trap } from '../support/worker-process.ts';
import { useTemporal } from '../workflows/harness.ts';
import { deploy, type Deployment } from './deployment.ts';
import { record } from './record.ts';

const temporal = useTemporal();
const SITE = 'www.example.com';
let deployment: Deployment | undefined;
afterEach(async () => {
  await deployment?.close();
  deployment = undefined;
});

const LENGTH = 10 * MINUTE;

/** A deployment whose clocks can be put forward, with one window of so many events that has just settled. */
async function deployWindow(events: number) {
  const clock = { shift: 0 };
  const until = floorTo(Date.now() - 6 * MINUTE, LENGTH);
  const window = { from: until - LENGTH, until };
  const settings = [`start: "${toIso(window.from)}"`, 'window: 10m'];
  const d = await deploy({ settings, shift: () => clock.shift });
  deployment = d;
  d.simulator.load(SITE, window.from, window.until, events);
  return { d, window, clock };
}

async function pullOnce(d: Deployment): Promise<void> {
  const worker = await d.worker(temporal.connection);
  expect(await (await d.pull(temporal.client)).result()).toMatchObject({ sealed: 1, failed: 0 });
  await worker.stop();
}

/** All manifests of the window, in the order of their revisions. */
async function revisions(d: Deployment, window: Interval) {
  const archive = openArchive(d.data.archive);
  const found = [];
  for await (const receipt of archive.manifests()) {
    if ('damage' in receipt) throw new Error(receipt.damage);
    if (receipt.manifest.kind === 'window' && receipt.manifest.from === toIso(window.from)) found.push(receipt);
  }
  return found.toSorted((a, b) => a.manifest.revision - b.manifest.revision);
}

describe('events that the vendor shows late', () => {
  it('are added once, an hour after their window, and how late they were is measured', async () => {
    const { d, window, clock } = await deployWindow(1_500);
    await pullOnce(d);
    const before = await d.archived();
    d.simulator.load(SITE, window.from, window.until, 1_520);
    const worker = await d.worker(temporal.connection);
    try {
      clock.shift = 10 * HOUR;
      const first = await d.reconcile(temporal.client);
      expect(await first.result()).toMatchObject({ windows: 1, late: 20, revisions: 1, changed: 0, failed: 0 });
      record('reconcile', await first.fetchHistory());
      expect(await (await d.reconcile(temporal.client)).result()).toMatchObject({ windows: 0, late: 0 });
      clock.shift = window.from + 22 * HOUR + 30 * MINUTE - Date.now();
      expect(await (await d.reconcile(temporal.client)).result()).toMatchObject({ windows: 1, late: 0, revisions: 0 });
    } finally {
      await worker.stop();
    }
    const archived = await d.archived();
    expect(archived.size).toBe(1_520);
    expect(archived).toEqual(d.truth(window.from, window.until));
    for (const [id, sha256] of before) expect(archived.get(id)).toBe(sha256);

    const [one, two, ...more] = await revisions(d, window);
    expect(more).toEqual([]);
    expect(two?.key).toMatch(/\/manifest-r2\.json$/);
    expect(two?.manifest.parts.slice(0, one?.manifest.parts.length)).toEqual(one?.manifest.parts);
    expect(two?.manifest).toMatchObject({ revision: 2, records: 1_520, late: { records: 20, found: 1_520 } });
    const archive = openArchive(d.data.archive);
    for (const receipt of [one, two]) expect(receipt && (await archive.verify(receipt))).toEqual([]);

    const stream = { source: d.source, stream: SITE };
    await d.withLedger(async (ledger) => {
      expect(await ledger.slices(stream, window)).toMatchObject([{ revision: 2, records: 1_520 }]);
      expect(await ledger.revisions(stream, window)).toHaveLength(2);
      expect(await ledger.looks(stream, window)).toMatchObject([{ late: 20 }, { late: 0, found: 1_520, held: 1_520 }]);
      const lateness = await ledger.lateness(stream);
      expect(lateness.most).toBeGreaterThan(9 * HOUR);
      expect(latenessQuantile(lateness, 0.5)).toBeLessThanOrEqual(12 * HOUR);
    });

    // Every reader counts the window once: verify, records, and a ledger that is made again.
    const config = loadConfig(d.config);
    expect(await verifyArchive(config, { tick: () => undefined })).toMatchObject({ records: 1_520, findings: [] });
    const asked = { within: window, verbatim: true };
    let lines = 0;
    for await (const _line of readRecords(config, findStream(config, `${d.source}/${SITE}`), asked)) lines += 1;
    expect(lines).toBe(1_520);
    await rebuildLedger(config, () => undefined);
    await d.withLedger(async (ledger) => {
      expect(await ledger.slices(stream, window)).toMatchObject([{ revision: 2, records: 1_520 }]);
      expect(await ledger.looks(stream, window)).toHaveLength(2);
    });
    expect(await verifyArchive(config, { tick: () => undefined })).toMatchObject({ records: 1_520, findings: [] });
  }, 120_000);

  it('are looked for by hand too, in a slice of several steps', async () => {
    const { d, window } = await deployWindow(4_300);
    await pullOnce(d);
    d.simulator.load(SITE, window.from, window.until, 4_301);
    const worker = await d.worker(temporal.connection);
    const outcome = await (await d.reconcile(temporal.client, { range: isoInterval(window) })).result();
    await worker.stop();
    expect(outcome).toMatchObject({ windows: 1, late: 1 });
    expect(await d.archived()).toEqual(d.truth(window.from, window.until));
  }, 120_000);

  it.each<[string, Trap]>([
    ['between the parts and the manifest', 'before-manifest'],
    ['between the manifest and the ledger', 'before-ledger'],
  ])(
    'are there once though the worker is killed %s',
    async (_name, trap) => {
      const { d, window } = await deployWindow(800);
      await pullOnce(d);
      d.simulator.load(SITE, window.from, window.until, 830);
      const victim = await d.workerProcess(inject('temporalAddress'), trap);
      const gone = once(victim, 'exit');
      const run = await d.reconcile(temporal.client, { range: isoInterval(window) });
      expect((await gone)[1]).toBe('SIGKILL');
      await d.workerProcess(inject('temporalAddress'));
      expect(await run.result()).toMatchObject({ windows: 1, failed: 0 });
      expect(await d.archived()).toEqual(d.truth(window.from, window.until));
      const stream = { source: d.source, stream: SITE };
      await d.withLedger(async (ledger) => {
        expect(await ledger.slices(stream, window)).toMatchObject([{ revision: 2, records: 830 }]);
        expect((await ledger.lateness(stream)).classes.reduce((sum, one) => sum + one, 0)).toBe(30);
      });
    },
    120_000,
  );

  it('wait until the vendor answers: what could not be looked at stays due, and the run says why', async () => {
    const { d, clock } = await deployWindow(50);
    await pullOnce(d);
    const worker = await d.worker(temporal.connection);
    try {
      clock.shift = 3 * HOUR;
      Object.assign(d.simulator.faults, { htmlWith200: true });
      await expect((await d.reconcile(temporal.client)).result()).rejects.toMatchObject({
        cause: { type: 'unexpected-answer' },
      });
      Object.assign(d.simulator.faults, { htmlWith200: false });
      expect(await (await d.reconcile(temporal.client)).result()).toMatchObject({ windows: 1, failed: 0 });
    } finally {
      await worker.stop();
    }
  }, 120_000);
});
