import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Alarm } from '../../src/core/alarms.ts';
import { lengthOf, subtract, union } from '../../src/core/intervals.ts';
import { notLate } from '../../src/core/lateness.ts';
import { HOUR, toIso } from '../../src/core/time.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerUnderTest } from './ledger.contract.ts';
import { at, hours, receipt, SPAN, STREAM } from './kit.ts';

const said = { why: 'the site was off', by: 'sam' };
const alarm = (kind: Alarm['kind'], message = 'said by the watchdog'): Alarm => ({ ...STREAM, kind, message });

/** What every ledger promises of gaps beyond coverage; `make` gives an empty one. */
export function testGapFacts(name: string, make: () => Promise<LedgerUnderTest>): void {
  describe(`${name} keeps what is known of gaps`, () => {
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

    it('an acknowledgement stands as it was first said, also when it is taken back in part', async () => {
      await ledger.acknowledge(STREAM, hours(0, 4), said, at(9));
      await ledger.acknowledge(STREAM, hours(2, 6), { why: 'again', by: 'kim' }, at(10));
      await ledger.unacknowledge(STREAM, hours(1, 2));
      expect(await ledger.acknowledgements(STREAM)).toEqual([
        { ...hours(0, 1), ...said, at: at(9) },
        { ...hours(2, 4), ...said, at: at(9) },
        { ...hours(4, 6), why: 'again', by: 'kim', at: at(10) },
      ]);
      expect((await ledger.coverage(STREAM, SPAN)).acknowledged).toEqual([hours(0, 1), hours(2, 6)]);
      expect(await ledger.acknowledgements({ ...STREAM, stream: 'other' })).toEqual([]);
    });

    it('what is acknowledged is what was, less what was taken back, in whatever order and pieces', async () => {
      const step = fc.record({ isUndone: fc.boolean(), from: fc.nat(20), length: fc.integer({ min: 1, max: 6 }) });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const id = { source: 'acme', stream: `model ${(run += 1)}` };
          let model = union([]);
          for (const { isUndone, from, length } of steps) {
            const range = hours(from, from + length);
            model = isUndone ? subtract(model, [range]) : union(model, [range]);
            if (isUndone) await ledger.unacknowledge(id, range);
            else await ledger.acknowledge(id, range, said, at(50));
          }
          const rows = await ledger.acknowledgements(id);
          expect(union(rows)).toEqual(model);
          expect(lengthOf(rows)).toBe(lengthOf(model));
        }),
        { numRuns: 40 },
      );
    });

    it('an alarm begins once, goes on under its first time, is cleared, and may begin again', async () => {
      await ledger.watch({ alarms: [alarm('at-risk'), alarm('lost')], streams: [] }, at(1));
      await ledger.watch({ alarms: [alarm('at-risk', 'less is left')], streams: [] }, at(2));
      expect(await ledger.alarms()).toEqual([
        { ...alarm('at-risk', 'less is left'), since: at(1), seenAt: at(2), clearedAt: null },
      ]);
      expect(await ledger.alarms(at(1))).toHaveLength(2);
      await ledger.watch({ alarms: [alarm('lost')], streams: [] }, at(3));
      expect(await ledger.alarms()).toMatchObject([{ kind: 'lost', since: at(3) }]);
      await ledger.watch({ alarms: [], streams: [] }, at(3));
      await ledger.watch({ alarms: [alarm('lost')], streams: [] }, at(3));
      expect(await ledger.alarms()).toMatchObject([{ kind: 'lost', since: at(3), clearedAt: null }]);
    });

    it('one look of the watchdog is all or nothing, and knows when it was', async () => {
      expect(await ledger.watchedAt()).toBeUndefined();
      await ledger.watch({ alarms: [], streams: [{ ...STREAM, missed: 3 }] }, at(1));
      await ledger.watch({ alarms: [], streams: [{ ...STREAM, missed: 4 }] }, at(2));
      expect(await ledger.watches()).toEqual([{ ...STREAM, missed: 4, at: at(2) }]);
      expect(await ledger.watchedAt()).toBe(at(2));
    });

    it('a revision with late records tells its look and their lateness, once, and again after a rebuild from it', async () => {
      await ledger.commit(receipt(8, 9, { records: 3, reported: 5 }));
      const classes = notLate.classes.map((_, i) => (i === 11 ? 2 : 0));
      const times = { missedAt: toIso(at(9)), lookedAt: toIso(at(10)) };
      const late = { records: 2, found: 5, changed: 1, ...times, classes, most: 80 * 60_000 };
      const second = receipt(8, 9, { records: 5, revision: 2, digest: 'e'.repeat(64), reported: 5, late });
      expect(await ledger.commit(second)).toBe('committed');
      expect(await ledger.commit(second)).toBe('present');
      await ledger.look(STREAM, {
        ...hours(8, 9),
        lookedAt: at(20),
        found: 4,
        held: 5,
        late: 0,
        changed: 0,
        reported: null,
        lateness: notLate,
      });
      expect(await ledger.looks(STREAM, hours(8, 9))).toEqual([
        {
          ...hours(8, 9),
          lookedAt: at(10),
          found: 5,
          held: 3,
          late: 2,
          changed: 1,
          reported: 5,
          lateness: { classes, most: 80 * 60_000 },
        },
        { ...hours(8, 9), lookedAt: at(20), found: 4, held: 5, late: 0, changed: 0, reported: null, lateness: notLate },
      ]);
      expect(await ledger.looks(STREAM, hours(9, 20))).toEqual([]);
      expect(await ledger.lateness(STREAM)).toEqual({ classes, most: 80 * 60_000 });
      expect(await ledger.slices(STREAM, SPAN)).toMatchObject([{ revision: 2, records: 5, reported: 5 }]);
      expect((await ledger.revisions(STREAM, SPAN)).map(({ records }) => records)).toEqual([3, 5]);
    });

    it('a slice that was empty and got late records is empty no more', async () => {
      await ledger.commit(receipt(8, 9, { records: 0 }));
      const times = { missedAt: toIso(at(9)), lookedAt: toIso(at(10)) };
      const late = { records: 1, found: 1, changed: 0, ...times, ...notLate, most: HOUR };
      await ledger.commit(receipt(8, 9, { records: 1, revision: 2, digest: 'e'.repeat(64), late }));
      expect(await ledger.coverage(STREAM, SPAN)).toMatchObject({ held: [hours(8, 9)], empty: [] });
    });
  });
}
