import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { locations } from '../../src/config/locations.ts';
import { openDatabase } from '../../src/ledger/sqlite.ts';
import { Unavailable, UnexpectedAnswer } from '../../src/core/failures.ts';
import { extractId } from '../../src/core/ids.ts';
import { lengthOf } from '../../src/core/intervals.ts';
import { DAY, HOUR, MINUTE, type Interval } from '../../src/core/time.ts';
import { waitFor } from '../support/wait.ts';
import { useTemporal } from '../workflows/harness.ts';
import { cleanUpAfterEach, deployMinutes, hoursAgo, onEnd, vendorOf, type BackfillPlace } from './backfill.kit.ts';
import { record } from './record.ts';

const temporal = useTemporal();
cleanUpAfterEach();

async function withWorker(place: BackfillPlace): Promise<void> {
  const worker = await place.worker();
  onEnd(() => worker.stop());
}

/** Holds every window that is asked for from the `after`th on, until it is let go. */
function gate(after: number): {
  readonly wait: (window: Interval) => Promise<void>;
  readonly reached: Promise<void>;
  open(): void;
} {
  let count = 0;
  let open = (): void => undefined;
  let arrive = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  return {
    reached,
    open: () => open(),
    wait: async () => {
      count += 1;
      if (count <= after) return;
      arrive();
      await opened;
    },
  };
}

async function extractorEnds(place: BackfillPlace): Promise<void> {
  const extractor = temporal.client.workflow.getHandle(extractId(place.stream));
  await waitFor(
    async () => (await extractor.describe()).status.name,
    (name) => name === 'COMPLETED',
  );
}

const heldOf = async (place: BackfillPlace, range: Interval): Promise<number> =>
  lengthOf((await place.withLedger((ledger) => ledger.coverage(place.stream, range))).held);

describe('a backfill that is started as the Temporal UI would', () => {
  it('has its range extracted by the stream’s one extractor, each window once, and says what came of it', async () => {
    const place = await deployMinutes(temporal, vendorOf());
    await withWorker(place);
    const range = { from: hoursAgo(30), until: hoursAgo(10) };
    const run = await place.start(range);
    expect(await run.result()).toMatchObject({ id: run.id, state: 'done', slices: 20, records: 1_200, left: 0 });
    expect(await heldOf(place, range)).toBe(20 * HOUR);
    expect(place.vendor.asked.filter(({ until }) => until <= range.until)).toHaveLength(20);
    expect(await place.sealedTwice()).toEqual([]);
    record('backfill', await run.handle.fetchHistory());
    record('extractWindows-backfill', await temporal.client.workflow.getHandle(extractId(place.stream)).fetchHistory());
  });

  it('refuses a range that is none, and wants nothing then', async () => {
    const place = await deployMinutes(temporal, vendorOf());
    await withWorker(place);
    const run = await place.start({ from: hoursAgo(2), until: hoursAgo(5) });
    await expect(run.result()).rejects.toMatchObject({ cause: { type: 'range-refused' } });
    expect(await place.withLedger((ledger) => ledger.backfills())).toEqual([]);
  });

  it('records what the vendor has forgotten as lost, to the minute and with the reason, and extracts the rest', async () => {
    const place = await deployMinutes(temporal, vendorOf());
    await withWorker(place);
    const run = await place.start({ from: Date.now() - 10 * DAY - 3 * HOUR, until: hoursAgo(236) });
    const done = await run.result();
    expect(done).toMatchObject({ state: 'done', left: 0 });
    expect(done.lostMinutes).toBeGreaterThanOrEqual(180);
    const losses = await place.withLedger((ledger) => ledger.losses(place.stream));
    expect(losses[0]?.reason).toBe(`the vendor had forgotten it before backfill ${run.id} asked for it`);
  });
});

describe('an operator', () => {
  it('pauses a backfill: nothing new of it is started, what is under way is finished, and resumed it goes on', async () => {
    const vendor = vendorOf();
    const held = gate(6);
    vendor.onWindow = held.wait;
    const place = await deployMinutes(temporal, vendor);
    await withWorker(place);
    const run = await place.start({ from: hoursAgo(60), until: hoursAgo(10) });
    await held.reached;
    expect(await run.update('pause')).toMatchObject({ state: 'paused' });
    held.open();
    // What was under way is sealed; then the extractor has nothing to do, and ends.
    await extractorEnds(place);
    const asked = vendor.asked.length;
    expect(asked).toBeLessThan(25);
    expect(await run.progress()).toMatchObject({ state: 'paused' });
    expect(
      (await place.withLedger((ledger) => ledger.coverage(place.stream, { from: 0, until: Date.now() }))).wanted,
    ).toEqual([]);
    expect(await run.update('resume')).toMatchObject({ state: 'running' });
    expect(await run.result()).toMatchObject({ state: 'done', slices: 50 });
    expect(await place.sealedTwice()).toEqual([]);
  });

  it('need not start it again after the ledger was made anew from the archive, which knows of no backfill', async () => {
    const vendor = vendorOf();
    const held = gate(6);
    vendor.onWindow = held.wait;
    const place = await deployMinutes(temporal, vendor);
    await withWorker(place);
    const run = await place.start({ from: hoursAgo(40), until: hoursAgo(10) });
    await held.reached;
    const { db } = await openDatabase(locations({ data: join(place.folder, 'data') }).ledger);
    await db.deleteFrom('backfills').execute();
    await db.destroy();
    await run.handle.signal('lookNow');
    held.open();
    expect(await run.result()).toMatchObject({ state: 'done', left: 0 });
    expect(await heldOf(place, { from: hoursAgo(40), until: hoursAgo(10) })).toBe(30 * HOUR);
  });

  it('cancels one of two backfills: the other one’s wish stays, and what both want is extracted once', async () => {
    const vendor = vendorOf();
    // Early: steps take twice as many windows each time, and what is under way is finished, which must not be all ten hours.
    const held = gate(1);
    vendor.onWindow = held.wait;
    const place = await deployMinutes(temporal, vendor);
    await withWorker(place);
    const one = await place.start({ from: hoursAgo(60), until: hoursAgo(30) });
    const other = await place.start({ from: hoursAgo(50), until: hoursAgo(10) });
    await held.reached;
    expect(await one.cancel()).toMatchObject({ state: 'cancelled' });
    held.open();
    expect(await one.result()).toMatchObject({ state: 'cancelled' });
    expect(await other.result()).toMatchObject({ state: 'done', left: 0 });
    expect(await heldOf(place, { from: hoursAgo(50), until: hoursAgo(10) })).toBe(40 * HOUR);
    expect(await heldOf(place, { from: hoursAgo(60), until: hoursAgo(50) })).toBeLessThan(10 * HOUR);
    expect(await place.sealedTwice()).toEqual([]);
  });

  it('cancels at once: what is under way is given up, nothing is half-sealed, and planned again it picks up what is left', async () => {
    const vendor = vendorOf();
    const held = gate(3);
    vendor.onWindow = held.wait;
    const place = await deployMinutes(temporal, vendor);
    await withWorker(place);
    const range = { from: hoursAgo(30), until: hoursAgo(10) };
    const run = await place.start(range);
    await held.reached;
    await run.cancel({ now: true });
    expect(await run.result()).toMatchObject({ state: 'cancelled' });
    await extractorEnds(place);
    await waitFor(
      async () => vendor.givenUp,
      (times) => times > 0,
      30_000,
    );
    held.open();
    const before = await heldOf(place, range);
    expect(before).toBeLessThan(20 * HOUR);
    const again = await place.start(range);
    expect(await again.result()).toMatchObject({ state: 'done', slices: 20 - before / HOUR });
    expect(await place.sealedTwice()).toEqual([]);
  });
});

describe('trouble', () => {
  it('with one window stops no other; the backfill waits for a person only when that one fails again and again', async () => {
    const vendor = vendorOf();
    let isBad = true;
    vendor.onWindow = ({ from }) => {
      if (isBad && from === hoursAgo(20)) throw new UnexpectedAnswer('not JSON');
    };
    const place = await deployMinutes(temporal, vendor);
    await withWorker(place);
    const run = await place.start({ from: hoursAgo(30), until: hoursAgo(10) });
    await waitFor(
      () => heldOf(place, { from: hoursAgo(30), until: hoursAgo(10) }),
      (held) => held === 19 * HOUR,
      60_000,
    );
    isBad = false;
    expect(await run.result()).toMatchObject({ state: 'done', slices: 20 });
  }, 180_000);

  it('that repeats itself window after window pauses the backfill, under the failure’s name', async () => {
    const vendor = vendorOf();
    let isBad = true;
    vendor.onWindow = ({ until }) => {
      if (isBad && until <= hoursAgo(10)) throw new UnexpectedAnswer('not JSON');
    };
    const place = await deployMinutes(temporal, vendor);
    await withWorker(place);
    const run = await place.start({ from: hoursAgo(60), until: hoursAgo(10) });
    const paused = await waitFor(
      () => run.progress(),
      ({ state }) => state === 'paused',
      90_000,
    );
    expect(paused.failure).toMatchObject({ name: 'unexpected-answer' });
    expect(paused.failure?.message).toContain('5 windows in a row');
    expect(paused.left).toBe(50);
    isBad = false;
    await run.update('resume');
    expect(await run.result()).toMatchObject({ state: 'done', slices: 50 });
  }, 180_000);

  it('of a vendor that is away for a moment is waited out', async () => {
    const vendor = vendorOf();
    let outages = 3;
    vendor.onWindow = () => {
      if (outages > 0) {
        outages -= 1;
        throw new Unavailable('status 502');
      }
    };
    const place = await deployMinutes(temporal, vendor);
    await withWorker(place);
    const run = await place.start({ from: hoursAgo(14), until: hoursAgo(10) });
    expect(await run.result()).toMatchObject({ state: 'done', slices: 4 });
  }, 60_000);
});

describe('windows that wait while the vendor forgets', () => {
  it('become lost, with the reason, and never fail', async () => {
    // Kept for ten hours; the vendor is slow, and meanwhile the clock goes on.
    let shift = 0;
    const vendor = vendorOf({ retention: 10 * HOUR, perStream: 1 });
    const place = await deployMinutes(temporal, vendor);
    vendor.onWindow = ({ until }) => {
      if (until <= hoursAgo(4)) shift += 90 * MINUTE;
    };
    const worker = await place.worker(() => Date.now() + shift);
    onEnd(() => worker.stop());
    const range = { from: hoursAgo(8), until: hoursAgo(4) };
    const run = await place.start(range);
    const done = await run.result();
    expect(done).toMatchObject({ state: 'done', left: 0, failing: 0 });
    expect(done.lostMinutes).toBeGreaterThan(0);
    const losses = await place.withLedger((ledger) => ledger.losses(place.stream));
    const reason = `the vendor forgot it while backfill ${run.id} waited for its turn`;
    expect(losses.filter(({ until }) => until <= range.until).map((one) => one.reason)).toContain(reason);
    const held = await heldOf(place, range);
    expect(held + done.lostMinutes * MINUTE).toBe(4 * HOUR);
  });
});
