import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewBackfill } from '../../src/ledger/backfills.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { at, hours, portion, receipt, SPAN, STREAM } from './kit.ts';
import type { LedgerUnderTest } from './ledger.contract.ts';

const order = (id: string, from: number, until: number): NewBackfill => ({
  id,
  workflowId: `backfill:${id}`,
  ...STREAM,
  ...hours(from, until),
});

/** What every ledger promises of backfills; `make` gives an empty one. */
export function testBackfills(name: string, make: () => Promise<LedgerUnderTest>): void {
  describe(`${name}, of backfills`, () => {
    let place: LedgerUnderTest;
    let ledger: Ledger;
    beforeEach(async () => {
      place = await make();
      ledger = await place.open();
    });
    afterEach(async () => {
      await ledger.close();
      await place.remove();
    });
    const wanted = async () => (await ledger.coverage(STREAM, SPAN)).wanted;

    it('wants a range from the moment it is written down, so far as it is neither held nor lost', async () => {
      await ledger.commit(receipt(2, 3));
      await ledger.lose(STREAM, [hours(0, 1)], 'forgotten', at(9));
      await ledger.beginBackfill(order('one', 0, 6), at(10));
      expect(await wanted()).toEqual([hours(1, 2), hours(3, 6)]);
      await ledger.commit(receipt(3, 6));
      expect(await wanted()).toEqual([hours(1, 2)]);
    });

    it('is written down once, however often it is begun', async () => {
      const first = await ledger.beginBackfill(order('one', 0, 6), at(10));
      expect(first).toEqual({
        ...order('one', 0, 6),
        state: 'running',
        createdAt: at(10),
        changedAt: at(10),
        endedAt: null,
        cursor: null,
      });
      expect(await ledger.beginBackfill(order('one', 1, 2), at(11))).toEqual(first);
      expect(await ledger.backfill('one')).toEqual(first);
      expect(await ledger.backfill('two')).toBeUndefined();
    });

    it('wants nothing while it is paused, and the same again when it is resumed', async () => {
      await ledger.beginBackfill(order('one', 0, 6), at(10));
      const failure = { name: 'unavailable', message: 'no answer' };
      expect(await ledger.steerBackfill('one', { state: 'paused', failure }, at(11))).toMatchObject({
        state: 'paused',
        failure,
        changedAt: at(11),
        endedAt: null,
      });
      expect(await wanted()).toEqual([]);
      const resumed = await ledger.steerBackfill('one', { state: 'running' }, at(12));
      expect(resumed).not.toHaveProperty('failure');
      expect(await wanted()).toEqual([hours(0, 6)]);
    });

    it('stays cancelled, or done, whatever is said later', async () => {
      await ledger.beginBackfill(order('one', 0, 6), at(10));
      const cancelled = await ledger.steerBackfill('one', { state: 'cancelled' }, at(11));
      expect(cancelled).toMatchObject({ state: 'cancelled', endedAt: at(11) });
      for (const state of ['running', 'paused', 'done'] as const) {
        expect(await ledger.steerBackfill('one', { state }, at(12))).toEqual(cancelled);
      }
      expect(await ledger.steerBackfill('two', { state: 'paused' }, at(12))).toBeUndefined();
    });

    it('leaves alone what others want: another backfill, and who asked for a range by itself', async () => {
      await ledger.beginBackfill(order('one', 0, 6), at(10));
      await ledger.beginBackfill(order('two', 4, 8), at(11));
      await ledger.want(STREAM, hours(1, 2), at(12));
      await ledger.steerBackfill('one', { state: 'cancelled' }, at(13));
      expect(await wanted()).toEqual([hours(1, 2), hours(4, 8)]);
    });

    it('is listed, the newest first, of a stream or of all', async () => {
      await ledger.beginBackfill(order('one', 0, 6), at(10));
      await ledger.beginBackfill({ ...order('two', 0, 6), source: 'other' }, at(11));
      expect((await ledger.backfills()).map(({ id }) => id)).toEqual(['two', 'one']);
      expect((await ledger.backfills(STREAM)).map(({ id }) => id)).toEqual(['one']);
    });

    it('remembers where its own reader stands, and shows which way others have gone', async () => {
      await ledger.beginBackfill(order('one', 0, 6), at(10));
      await ledger.moveBackfill('one', 'b');
      expect((await ledger.backfill('one'))?.cursor).toBe('b');
      for (const [after, upto] of [
        ['a', 'b'],
        ['b', 'c'],
        ['x', 'y'],
      ] as const) {
        await ledger.commit(portion(after, upto));
      }
      const { reached, heads } = await ledger.path(STREAM, 'b');
      expect({ reached, heads: heads.toSorted() }).toEqual({ reached: 'c', heads: ['a', 'x'] });
      expect((await ledger.path(STREAM, 'q')).reached).toBe('q');
    });

    it('does not move the live position with the portions of its own reader', async () => {
      await ledger.begin(STREAM, 'x', at(1));
      await ledger.commit(portion('a', 'b'));
      expect((await ledger.position(STREAM))?.cursor).toBe('x');
    });
  });
}
