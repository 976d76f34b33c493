import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { SourceType, VendorLimits } from '../../src/core/contract.ts';
import { RefusedTarget } from '../../src/core/failures.ts';
import { backfillId } from '../../src/core/ids.ts';
import { DAY, dayOf, HOUR, MINUTE } from '../../src/core/time.ts';
import type { BackfillResult } from '../../src/workflows/backfill.ts';
import type { BackfillLook } from '../../src/activities/contract.ts';
import { waitFor } from '../support/wait.ts';
import { useTemporal } from '../workflows/harness.ts';
import { makePlace } from './place.ts';
import { record } from './record.ts';

const temporal = useTemporal();
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const limits: VendorLimits = {
  longest: DAY,
  grain: MINUTE,
  settling: 0,
  retention: 30 * DAY,
  safety: MINUTE,
  cursorValidity: Infinity,
  perSource: 2,
  perStream: 2,
};

/** So many items a day, numbered on; a cursor is the number of the last one that was handed out. */
const A_DAY = 250;
const today = Math.floor(Date.now() / DAY);
const numberAt = (date: string): number => Math.max(0, A_DAY * (Date.parse(date) / DAY - today + 20));
const dayAgo = (days: number): string => dayOf((today - days) * DAY);

interface Vendor {
  onPortion?: (after: number) => void | Promise<void>;
  onFile?: (file: string) => void;
  readonly portions: number[];
  readonly listed: string[];
}

function typeOf(vendor: Vendor): SourceType {
  const identify = ({ identity }: { readonly identity?: { id: string; time: number } }) =>
    identity ?? { id: '', time: 0 };
  const recordOf = (id: string) => ({ bytes: Buffer.from(`{"n":"${id}"}`), identity: { id, time: 0 } });
  return {
    name: 'made-up',
    settings: z.strictObject({}),
    limits,
    defaults: { every: HOUR, offset: 0, window: HOUR },
    open: ({ id, clock }) => ({
      id,
      type: 'made-up',
      streams: [
        {
          name: 'numbers',
          shape: 'sequence',
          size: { first: 70, most: 70 },
          start: async (date) => String(numberAt(date)),
          async fetchPortion(cursor, size) {
            const after = Number(cursor);
            vendor.portions.push(after);
            await vendor.onPortion?.(after);
            const count = Math.min(size, 20 * A_DAY - after);
            const records = Array.from({ length: Math.max(0, count) }, (_, i) => recordOf(String(after + i + 1)));
            return { records, cursor: String(after + records.length) };
          },
          compare: (a, b) => Number(a) - Number(b),
          identify,
        },
        {
          name: 'papers',
          shape: 'report',
          lookBack: 2,
          async list(day) {
            vendor.listed.push(day);
            return [{ id: `${day}-a`, day, file: 'a' }];
          },
          async *fetchReport({ day, file }) {
            vendor.onFile?.(`${day}/${file}`);
            yield { bytes: Buffer.from(`${day}\n`), records: [recordOf(day)], place: 'end' };
          },
          identify,
        },
      ],
      authenticate: async () => ({ skew: 0 }),
      check: async () => [],
      now: clock,
      close: async () => undefined,
    }),
  };
}

async function deploy(vendor: Vendor, name: string) {
  const source = `made-up-${randomUUID().slice(0, 8)}`;
  const yaml = `version: 1\ndata: ./data\nsources:\n  ${source}:\n    type: made-up\n`;
  const place = await makePlace(temporal, yaml, { 'made-up': typeOf(vendor) });
  cleanUps.push(() => place.remove());
  const worker = await place.worker();
  cleanUps.unshift(() => worker.stop());
  const stream = { source, stream: name };
  return {
    stream,
    pull: () => place.pull(stream),
    held: async () => (await place.records(stream)).map(({ bytes }) => bytes.toString()),
    position: () => place.withLedger((ledger) => ledger.position(stream)),
    async start(from: string, until: string) {
      const handle = await temporal.client.workflow.start('backfill', {
        workflowId: backfillId(`bf-${randomUUID().slice(0, 8)}`),
        taskQueue: place.taskQueue,
        args: [{ ...stream, from, until }],
      });
      return Object.assign(handle, { done: () => handle.result() as Promise<BackfillResult> });
    },
  };
}

const vendorOf = (): Vendor => ({ portions: [], listed: [] });
const numbers = (after: number, upto: number): readonly string[] =>
  Array.from({ length: upto - after }, (_, i) => `{"n":"${after + i + 1}"}`).toSorted();

describe('a sequence', () => {
  it('is read by a second reader up to the very record where the first one began, whose cursor stays where it is', async () => {
    const place = await deploy(vendorOf(), 'numbers');
    await place.pull();
    const live = await place.position();
    const run = await place.start(dayAgo(5), dayAgo(0));
    expect(await run.done()).toMatchObject({ state: 'done', records: 4 * A_DAY });
    expect((await place.held()).toSorted()).toEqual(numbers(15 * A_DAY, 20 * A_DAY));
    expect((await place.position())?.cursor).toBe(live?.cursor);
    record('backfill-sequence', await run.fetchHistory());
  });

  it('ends where it was told to, and a wider one goes around what is held already', async () => {
    const vendor = vendorOf();
    const place = await deploy(vendor, 'numbers');
    const narrow = await place.start(dayAgo(6), dayAgo(4));
    expect(await narrow.done()).toMatchObject({ state: 'done', records: 2 * A_DAY });
    vendor.portions.splice(0);
    const wide = await place.start(dayAgo(8), dayAgo(0));
    expect(await wide.done()).toMatchObject({ state: 'done', records: (2 + 3) * A_DAY });
    const inside = vendor.portions.filter((after) => after >= 14 * A_DAY && after < 16 * A_DAY);
    expect(inside).toEqual([]);
    expect((await place.held()).toSorted()).toEqual(numbers(12 * A_DAY, 19 * A_DAY));
    await place.pull();
    expect((await place.held()).toSorted()).toEqual(numbers(12 * A_DAY, 20 * A_DAY));
  });

  it('cancelled at once in the middle of a portion leaves nothing half, and read again picks up what is left', async () => {
    const vendor = vendorOf();
    const place = await deploy(vendor, 'numbers');
    let arrive = (): void => undefined;
    const reached = new Promise<void>((resolve) => (arrive = resolve));
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    vendor.onPortion = async (after) => {
      if (after < 16 * A_DAY) return;
      arrive();
      await opened;
    };
    const run = await place.start(dayAgo(5), dayAgo(1));
    await reached;
    await run.executeUpdate<BackfillLook, [{ now: boolean }]>('cancel', { args: [{ now: true }] });
    expect(await run.done()).toMatchObject({ state: 'cancelled' });
    open();
    delete vendor.onPortion;
    const again = await place.start(dayAgo(5), dayAgo(1));
    expect(await again.done()).toMatchObject({ state: 'done' });
    expect((await place.held()).toSorted()).toEqual(numbers(15 * A_DAY, 19 * A_DAY));
  });
});

describe('reports', () => {
  it('of the days of a range are listed and collected; days that are listed anyway are left to the stream', async () => {
    const vendor = vendorOf();
    const place = await deploy(vendor, 'papers');
    const run = await place.start(dayAgo(20), dayAgo(-1));
    expect(await run.done()).toMatchObject({ state: 'done', slices: 18, records: 18 });
    expect(vendor.listed).toEqual(Array.from({ length: 18 }, (_, i) => dayAgo(20 - i)));
    record('backfill-reports', await run.fetchHistory());
    await place.pull();
    expect((await place.held()).toSorted()).toEqual(
      Array.from({ length: 21 }, (_, i) => `{"n":"${dayAgo(20 - i)}"}`).toSorted(),
    );
  });

  it('that cannot be fetched pause it under the failure’s name, after all the others of these days were collected', async () => {
    const vendor = vendorOf();
    const place = await deploy(vendor, 'papers');
    vendor.onFile = (file) => {
      if (file === `${dayAgo(9)}/a`) throw new RefusedTarget('a file on another host');
    };
    const run = await place.start(dayAgo(10), dayAgo(5));
    const paused = await waitFor(
      () => run.query<BackfillLook>('progress'),
      ({ state }) => state === 'paused',
    );
    expect(paused).toMatchObject({ failure: { name: 'refused-target' }, slices: 4 });
    delete vendor.onFile;
    await run.executeUpdate<BackfillLook, []>('resume');
    expect(await run.done()).toMatchObject({ state: 'done', slices: 5 });
  });
});
