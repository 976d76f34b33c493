import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Portion, SourceType, VendorLimits } from '../../src/core/contract.ts';
import { Unavailable, UnexpectedAnswer, WindowTooLarge } from '../../src/core/failures.ts';
import { extractId } from '../../src/core/ids.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
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
  perStream: 1,
};

/** Beyond what a JavaScript number can hold to the digit. */
const BASE = 9_007_199_254_740_993n;

interface Vendor {
  items: number;
  /** What happens before a portion is served. */
  onPortion?: (asked: { after: bigint; size: number; signal: AbortSignal }) => unknown;
  /** The portion that is served in place of the right one. */
  twist?: (portion: Portion) => Portion;
  readonly sizes: number[];
}

/** A vendor whose sequence is the numbers from {@link BASE} on. */
function vendorOf(items: number, more: Partial<Vendor> = {}): Vendor {
  return { items, sizes: [], ...more };
}

function typeOf(vendor: Vendor): SourceType {
  return {
    name: 'numbers',
    settings: z.strictObject({}),
    limits,
    defaults: { every: HOUR, offset: 0, window: HOUR },
    open: ({ id, clock }) => ({
      id,
      type: 'numbers',
      streams: [
        {
          name: 'ones',
          shape: 'sequence',
          size: { first: 100, most: 400 },
          start: async () => String(BASE),
          async fetchPortion(cursor, size, signal) {
            const after = BigInt(cursor);
            vendor.sizes.push(size);
            await vendor.onPortion?.({ after, size, signal });
            const left = Number(BASE + BigInt(vendor.items) - after);
            const taken = Math.min(size, left);
            const records = Array.from({ length: taken }, (_, i) => {
              const at = String(after + BigInt(i + 1));
              return { bytes: Buffer.from(`{"n":${at}}`), identity: { id: at, time: 0 } };
            });
            const portion = { records, cursor: String(after + BigInt(taken)), remaining: left - taken };
            return vendor.twist?.(portion) ?? portion;
          },
          identify: ({ identity }) => identity ?? { id: '', time: 0 },
        },
      ],
      authenticate: async () => ({ skew: 0 }),
      check: async () => [],
      now: clock,
      close: async () => undefined,
    }),
  };
}

async function deploy(vendor: Vendor) {
  const source = `numbers-${randomUUID().slice(0, 8)}`;
  const yaml = `version: 1\ndata: ./data\nsources:\n  ${source}:\n    type: numbers\n`;
  const place = await makePlace(temporal, yaml, { numbers: typeOf(vendor) });
  cleanUps.push(() => place.remove());
  const stream = { source, stream: 'ones' };
  return {
    stream,
    worker: () => place.worker(),
    pull: () => place.pull(stream),
    held: async () => (await place.records(stream)).map(({ bytes }) => bytes.toString()).toSorted(),
    position: () => place.withLedger((ledger) => ledger.position(stream)),
  };
}

const truth = (items: number): readonly string[] =>
  Array.from({ length: items }, (_, i) => `{"n":${BASE + BigInt(i + 1)}}`).toSorted();

describe('a sequence', () => {
  it('is followed to its end, with cursors exact to the digit, and on from there at the next tick', async () => {
    const vendor = vendorOf(1_234);
    const place = await deploy(vendor);
    const worker = await place.worker();
    cleanUps.unshift(() => worker.stop());
    const { portions, records } = await place.pull();
    expect(records).toBe(1_234);
    // A vendor this quick has answered again before the disk has: what came meanwhile is one portion.
    expect(portions).toBeGreaterThan(0);
    expect(portions).toBeLessThanOrEqual(13);
    expect(await place.held()).toEqual(truth(1_234));
    record('followSequence', await temporal.client.workflow.getHandle(extractId(place.stream)).fetchHistory());
    expect(await place.position()).toMatchObject({ cursor: String(BASE + 1_234n), remaining: 0 });
    expect(await place.pull()).toMatchObject({ portions: 0, records: 0 });
    vendor.items += 7;
    expect(await place.pull()).toMatchObject({ portions: 1, records: 7 });
    expect(await place.held()).toEqual(truth(1_241));
  });

  it('is asked for less while the vendor finds portions too large, and for more again afterwards', async () => {
    let most = 30;
    const vendor = vendorOf(600, {
      onPortion({ after, size }) {
        if (after - BASE > 200n) most = 1_000;
        if (size > most) throw new WindowTooLarge(`status 504 for ${size}`);
      },
    });
    const place = await deploy(vendor);
    const worker = await place.worker();
    cleanUps.unshift(() => worker.stop());
    await place.pull();
    expect(await place.held()).toEqual(truth(600));
    expect(vendor.sizes.slice(0, 3)).toEqual([100, 50, 25]);
  });

  it('that stands still ends as cursor-stuck, and does not run for ever', async () => {
    const vendor = vendorOf(500, { twist: (portion) => ({ ...portion, cursor: String(BASE) }) });
    const place = await deploy(vendor);
    const worker = await place.worker();
    cleanUps.unshift(() => worker.stop());
    await expect(place.pull()).rejects.toThrow(/^cursor-stuck/);
    expect(vendor.sizes.length).toBeLessThan(5);
    expect((await place.position())?.failure?.name).toBe('cursor-stuck');
  });

  it('goes on from the last sealed portion, and loses and repeats nothing, when its worker is stopped in the middle', async () => {
    const vendor = vendorOf(2_000);
    const place = await deploy(vendor);
    const first = await place.worker();
    const stopped = new Promise<void>((resolve, reject) => {
      vendor.onPortion = ({ after }) => {
        if (after - BASE === 700n) first.stop().then(resolve, reject);
      };
    });
    const pulled = place.pull();
    await stopped;
    const second = await place.worker();
    cleanUps.unshift(() => second.stop());
    expect(await pulled).toMatchObject({ records: 2_000 });
    expect(await place.held()).toEqual(truth(2_000));
  });

  it('is asked ahead for one portion at a time, each place once, and not beyond its end', async () => {
    const asked: bigint[] = [];
    const vendor = vendorOf(1_234, { onPortion: ({ after }) => asked.push(after - BASE) });
    const place = await deploy(vendor);
    const worker = await place.worker();
    cleanUps.unshift(() => worker.stop());
    await place.pull();
    expect(asked.at(-1)).toBe(1_234n);
    expect(asked).toEqual([...new Set(asked)].toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('keeps all that came before an answer which was asked for ahead and is no good', async () => {
    const vendor = vendorOf(1_000, {
      onPortion({ after }) {
        if (after - BASE >= 700n) throw new UnexpectedAnswer('not what was asked for', { body: Buffer.from('?') });
      },
    });
    const place = await deploy(vendor);
    const worker = await place.worker();
    cleanUps.unshift(() => worker.stop());
    await expect(place.pull()).rejects.toThrow(/^unexpected-answer/);
    const { cursor = '' } = (await place.position()) ?? {};
    expect(BigInt(cursor) - BASE).toBeGreaterThanOrEqual(600n);
    expect(await place.held()).toEqual(truth(Number(BigInt(cursor) - BASE)));
  });

  it('gives up the request that is under way when it is cancelled, and holds whole portions up to its cursor', async () => {
    const vendor = vendorOf(1_000);
    const place = await deploy(vendor);
    const worker = await place.worker();
    let givenUp: Promise<void> | undefined;
    const thinking = new Promise<void>((resolve) => {
      vendor.onPortion = ({ after, signal }) => {
        if (after - BASE !== 300n) return undefined;
        const answer = new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
        givenUp = answer.catch(() => undefined);
        resolve();
        return answer;
      };
    });
    const pulled = place.pull().then(
      () => 'ended',
      () => 'cancelled',
    );
    await thinking;
    await temporal.client.workflow.getHandle(extractId(place.stream)).cancel();
    await Promise.all([pulled, givenUp]);
    await worker.stop();
    const { cursor = '' } = (await place.position()) ?? {};
    const records = Number(BigInt(cursor) - BASE);
    expect([0, 100, 200, 300]).toContain(records);
    expect(await place.held()).toEqual(truth(records));
  });

  it('waits out an outage in the middle', async () => {
    let outages = 2;
    const vendor = vendorOf(300, {
      onPortion({ after }) {
        if (after - BASE !== 200n || outages === 0) return;
        outages -= 1;
        throw new Unavailable('status 502');
      },
    });
    const place = await deploy(vendor);
    const worker = await place.worker();
    cleanUps.unshift(() => worker.stop());
    expect(await place.pull()).toMatchObject({ records: 300 });
    expect((await place.position())?.failure).toBeUndefined();
  });
});
