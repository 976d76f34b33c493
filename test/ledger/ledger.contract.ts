import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clip, subtract, union } from '../../src/core/intervals.ts';
import type { StreamId } from '../../src/core/ids.ts';
import { MINUTE, toIso } from '../../src/core/time.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { at, failureOf, hours, portion, receipt, report, SPAN, STREAM } from './kit.ts';
import { apply, createModel, HOURS, keyOf, rangesOf, steps, type Model, type Step } from './model.ts';

export interface LedgerUnderTest {
  /** Another connection to the same ledger; the suite closes it. */
  readonly open: () => Promise<Ledger>;
  readonly remove: () => Promise<void>;
}

const timeout = { name: 'unavailable', message: 'no answer in 30 s' };

/** What every ledger promises; `make` gives an empty one. */
export function testLedger(name: string, make: () => Promise<LedgerUnderTest>): void {
  describe(`${name} as a ledger`, () => {
    let place: LedgerUnderTest;
    let ledger: Ledger;
    const opened: Ledger[] = [];
    const open = async (): Promise<Ledger> => {
      const one = await place.open();
      opened.push(one);
      return one;
    };
    beforeEach(async () => {
      place = await make();
      ledger = await open();
    });
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
      await place.remove();
    });

    describe('streams', () => {
      it('begin when they were first applied, however often that is done', async () => {
        expect(await ledger.apply(STREAM, at(1))).toBe(at(1));
        expect(await ledger.apply(STREAM, at(9))).toBe(at(1));
        expect(await ledger.streams()).toEqual([{ ...STREAM, appliedAt: at(1) }]);
      });

      it('are told apart by source and name, and listed by both', async () => {
        await ledger.apply({ source: 'b', stream: 'a' }, 2);
        await ledger.apply({ source: 'a', stream: 'b/c' }, 1);
        await ledger.apply({ source: 'a', stream: 'b' }, 3);
        const ids = (await ledger.streams()).map(({ source, stream }) => `${source}:${stream}`);
        expect(ids).toEqual(['a:b', 'a:b/c', 'b:a']);
      });

      it('count their records by the hours before an instant, of slices in their latest revision', async () => {
        const until = at(24) + 1;
        expect(await ledger.recordsByHour(STREAM, until)).toEqual(Array.from({ length: 24 }, () => 0));
        // `at` counts hours: the first lies before the day, the second begins in its first hour.
        for (const [from, records] of [
          [0, 5],
          [1, 7],
          [23, 9],
          [24, 4],
        ] as const) {
          await ledger.commit(receipt(from, from + 1, { records }));
        }
        await ledger.commit(receipt(23, 24, { records: 11, revision: 2 }));
        // Two more, which begin in the same hour as the last.
        for (const minutes of [5, 10]) {
          const from = at(23) + minutes * MINUTE;
          const window = { from: toIso(from), until: toIso(from + 5 * MINUTE) };
          await ledger.commit(receipt(23, 24, { ...window, records: 100 }));
        }
        const expected = Array.from({ length: 24 }, () => 0);
        [expected[0], expected[22], expected[23]] = [7, 11, 204];
        expect(await ledger.recordsByHour(STREAM, until)).toEqual(expected);
      });

      it('know when something of them was last sealed, whatever its time and kind', async () => {
        expect(await ledger.lastSealedAt(STREAM)).toBeUndefined();
        await ledger.commit(receipt(5, 6, { sealedAt: toIso(at(7)) }));
        await ledger.commit(receipt(0, 1, { sealedAt: toIso(at(9)) }));
        expect(await ledger.lastSealedAt(STREAM)).toBe(at(9));
        await ledger.commit(portion('1', '2', { sealedAt: toIso(at(11)) }));
        expect(await ledger.lastSealedAt(STREAM)).toBe(at(11));
        await ledger.commit(report('2026-11-20', 'scan.csv', { sealedAt: toIso(at(12)) }));
        expect(await ledger.lastSealedAt(STREAM)).toBe(at(12));
        expect(await ledger.lastSealedAt({ ...STREAM, stream: 'other' })).toBeUndefined();
      });

      it('do not mix: what one holds, another lacks', async () => {
        await ledger.commit(receipt(0, 1));
        await ledger.lose(STREAM, [hours(2, 3)], 'forgotten', at(9));
        const other = { ...STREAM, stream: 'api.example.com' };
        const nothing = { held: [], empty: [], lost: [], wanted: [], backfilling: [], acknowledged: [], failed: [] };
        expect(await ledger.coverage(other, SPAN)).toEqual(nothing);
        expect(await ledger.coverage({ ...STREAM, source: 'acme2' }, SPAN)).toEqual(nothing);
      });
    });

    describe('a sealed slice', () => {
      it('is held, with all that its manifest says', async () => {
        expect(await ledger.commit(receipt(8, 9))).toBe('committed');
        expect((await ledger.coverage(STREAM, SPAN)).held).toEqual([hours(8, 9)]);
        expect(await ledger.slices(STREAM, SPAN)).toEqual([
          {
            ...hours(8, 9),
            kind: 'window',
            revision: 1,
            records: 3,
            repeats: 1,
            pages: 2,
            parts: 2,
            bytes: 200,
            digest: 'd'.repeat(64),
            sealedAt: at(10),
            manifest: receipt(8, 9).key,
            workflowId: 'extract:acme:www.example.com',
            reported: null,
          },
        ]);
      });

      it('may be committed again after a crash, and is there once', async () => {
        await ledger.commit(receipt(8, 9));
        expect(await ledger.commit(receipt(8, 9))).toBe('present');
        expect(await ledger.slices(STREAM, SPAN)).toHaveLength(1);
      });

      it('that is empty counts as held: somebody looked, and there was nothing', async () => {
        await ledger.commit(receipt(8, 9, { records: 0 }));
        await ledger.commit(receipt(9, 10));
        const { held, empty } = await ledger.coverage(STREAM, SPAN);
        expect({ held, empty }).toEqual({ held: [hours(8, 10)], empty: [hours(8, 9)] });
      });

      it('leaves no gap beside another one of another length', async () => {
        for (const [from, until] of [
          [0, 6],
          [6, 7],
          [7, 7.5],
          [7.5, 8],
          [3, 8],
        ] as const) {
          await ledger.commit(receipt(from, until));
        }
        expect((await ledger.coverage(STREAM, SPAN)).held).toEqual([hours(0, 8)]);
      });

      it('keeps its first content when somebody has changed the archive by hand, and says so', async () => {
        await ledger.commit(receipt(8, 9));
        const failure = await failureOf(ledger.commit(receipt(8, 9, { digest: 'e'.repeat(64), records: 1 })));
        expect(failure.name).toBe('archive-damaged');
        expect(failure.message).toContain(receipt(8, 9).key);
        expect(await ledger.slices(STREAM, SPAN)).toMatchObject([{ digest: 'd'.repeat(64), records: 3 }]);
      });

      it('can have a later revision, with late events', async () => {
        await ledger.commit(receipt(8, 9));
        expect(await ledger.commit(receipt(8, 9, { revision: 2, digest: 'e'.repeat(64) }))).toBe('committed');
        expect(await ledger.slices(STREAM, SPAN)).toMatchObject([{ revision: 2 }]);
        expect(await ledger.revisions(STREAM, SPAN)).toMatchObject([{ revision: 1 }, { revision: 2 }]);
        expect((await ledger.coverage(STREAM, SPAN)).held).toEqual([hours(8, 9)]);
      });

      it('counts in the thousands of millions of bytes without rounding', async () => {
        const [part] = receipt(0, 1).manifest.parts;
        const parts = part === undefined ? [] : [{ ...part, bytes: 2 ** 52 + 1 }];
        await ledger.commit(receipt(0, 1, { parts, records: 2 ** 40 + 1 }));
        expect(await ledger.slices(STREAM, SPAN)).toMatchObject([{ bytes: 2 ** 52 + 1, records: 2 ** 40 + 1 }]);
      });

      it('is listed in the order of time, and of many the newest', async () => {
        for (const hour of [5, 1, 3, 2, 4]) await ledger.commit(receipt(hour, hour + 1));
        const from = async (...args: [from: number, until: number, limit?: number]): Promise<number[]> =>
          (await ledger.slices(STREAM, hours(args[0], args[1]), args[2])).map((one) => one.from);
        expect(await from(0, 9)).toEqual([1, 2, 3, 4, 5].map(at));
        expect(await from(0, 9, 2)).toEqual([4, 5].map(at));
        expect(await from(2, 4)).toEqual([2, 3].map(at));
        expect(await from(2.5, 2.75)).toEqual([at(2)]);
        expect(await from(6, 9)).toEqual([]);
      });

      it('is counted, where asked for by when it was sealed, each window once', async () => {
        for (const hour of [1, 2, 3])
          await ledger.commit(receipt(hour, hour + 1, { records: 10, sealedAt: toIso(at(20 + hour)) }));
        await ledger.commit(receipt(2, 3, { revision: 2, records: 12, sealedAt: toIso(at(30)) }));
        expect(await ledger.countSlices(STREAM, hours(0, 9))).toEqual({ slices: 3, records: 32 });
        expect(await ledger.countSlices(STREAM, hours(2, 3))).toEqual({ slices: 1, records: 12 });
        expect(await ledger.countSlices(STREAM, hours(0, 9), hours(21, 24))).toEqual({ slices: 2, records: 20 });
        expect(await ledger.countSlices(STREAM, hours(6, 9))).toEqual({ slices: 0, records: 0 });
      });

      it('is found from anywhere inside it, be it a year long among short ones', async () => {
        await ledger.commit(receipt(-8_760, 0));
        for (let hour = 0; hour < 5; hour += 1) await ledger.commit(receipt(hour, hour + 1));
        expect((await ledger.coverage(STREAM, hours(-2, -1))).held).toEqual([hours(-8_760, 0)]);
        expect((await ledger.coverage(STREAM, hours(-1, 2))).held).toEqual([hours(-8_760, 2)]);
      });
    });

    describe('what an operator wants', () => {
      it('stays wanted until all of it is held or lost, and shrinks meanwhile', async () => {
        await ledger.want(STREAM, hours(0, 4), at(9));
        await ledger.commit(receipt(1, 2));
        expect((await ledger.coverage(STREAM, SPAN)).wanted).toEqual([hours(0, 1), hours(2, 4)]);
        await ledger.lose(STREAM, [hours(0, 1)], 'forgotten', at(9));
        await ledger.commit(receipt(2, 5));
        expect((await ledger.coverage(STREAM, SPAN)).wanted).toEqual([]);
      });

      it('is one range however often and in whatever pieces it was said', async () => {
        for (const range of [hours(0, 4), hours(2, 6), hours(0, 4), hours(3, 3)])
          await ledger.want(STREAM, range, at(9));
        expect((await ledger.coverage(STREAM, SPAN)).wanted).toEqual([hours(0, 6)]);
      });
    });

    describe('what is lost', () => {
      it('is lost once, for the reason that was given first', async () => {
        await ledger.lose(STREAM, [hours(0, 2), hours(4, 6)], 'forgotten', at(9));
        await ledger.lose(STREAM, [hours(1, 5)], 'refused', at(10));
        await ledger.lose(STREAM, [hours(0, 6)], 'again', at(11));
        expect(await ledger.losses(STREAM)).toEqual([
          { ...hours(0, 2), reason: 'forgotten', recordedAt: at(9) },
          { ...hours(2, 4), reason: 'refused', recordedAt: at(10) },
          { ...hours(4, 6), reason: 'forgotten', recordedAt: at(9) },
        ]);
        expect((await ledger.coverage(STREAM, SPAN)).lost).toEqual([hours(0, 6)]);
      });

      it('is not what is held already: nobody is told of a loss that is none', async () => {
        await ledger.commit(receipt(1, 2));
        await ledger.lose(STREAM, [hours(0, 3)], 'forgotten', at(9));
        expect((await ledger.coverage(STREAM, SPAN)).lost).toEqual([hours(0, 1), hours(2, 3)]);
      });

      it('is no longer lost when it gets sealed after all', async () => {
        await ledger.lose(STREAM, [hours(0, 3)], 'forgotten', at(9));
        await ledger.commit(receipt(1, 2));
        expect(await ledger.losses(STREAM)).toEqual([
          { ...hours(0, 1), reason: 'forgotten', recordedAt: at(9) },
          { ...hours(2, 3), reason: 'forgotten', recordedAt: at(9) },
        ]);
      });
    });

    describe('a failure', () => {
      it('is counted for its window, with when it began and what it was last', async () => {
        await ledger.fail(STREAM, hours(0, 1), timeout, at(2));
        await ledger.fail(STREAM, hours(0, 1), { name: 'unexpected-answer', message: 'no field id' }, at(3));
        await ledger.fail(STREAM, hours(1, 2), timeout, at(3));
        const rows = [
          {
            ...hours(0, 1),
            name: 'unexpected-answer',
            message: 'no field id',
            attempts: 2,
            firstAt: at(2),
            lastAt: at(3),
          },
          { ...hours(1, 2), ...timeout, attempts: 1, firstAt: at(3), lastAt: at(3) },
        ];
        expect(await ledger.failures(STREAM)).toEqual(rows);
        expect((await ledger.coverage(STREAM, hours(0, 1))).failed).toEqual(rows.slice(0, 1));
      });

      it('is forgotten when its window is sealed, alone, as part of a longer one, or in pieces', async () => {
        for (const window of [hours(0, 1), hours(2, 3), hours(4, 6)]) await ledger.fail(STREAM, window, timeout, at(9));
        await ledger.commit(receipt(0, 1));
        await ledger.commit(receipt(1, 4));
        await ledger.commit(receipt(4, 5));
        expect(await ledger.failures(STREAM)).toMatchObject([hours(4, 6)]);
        await ledger.lose(STREAM, [hours(5, 6)], 'forgotten', at(9));
        expect(await ledger.failures(STREAM)).toEqual([]);
      });

      it('of a window that another attempt has sealed meanwhile alarms nobody', async () => {
        await ledger.commit(receipt(0, 2));
        await ledger.fail(STREAM, hours(0, 1), timeout, at(9));
        expect(await ledger.failures(STREAM)).toEqual([]);
      });
    });

    it('gives the coverage that the plainest model gives, whatever happens in whatever order', async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(steps, fc.nat(HOURS), fc.nat(HOURS), async (script, a, b) => {
          run += 1;
          const id = { source: 'acme', stream: `model ${run}` };
          const model = createModel();
          for (const step of script) {
            apply(model, step);
            await perform(ledger, id, step);
          }
          await expectAsModel(ledger, id, model, [Math.min(a, b), Math.max(a, b) + 1]);
        }),
        { numRuns: 60 },
      );
    });

    it('is the same ledger through every connection, and after all were closed', async () => {
      const other = await open();
      await ledger.commit(receipt(0, 1));
      await other.commit(receipt(1, 2));
      expect((await ledger.coverage(STREAM, SPAN)).held).toEqual([hours(0, 2)]);
      await ledger.close();
      await ledger.close();
      await other.close();
      expect((await (await open()).coverage(STREAM, SPAN)).held).toEqual([hours(0, 2)]);
    });

    it('loses nothing and refuses nobody when many write at once, over several connections', async () => {
      const ledgers = [ledger, await open(), await open()];
      const windows = Array.from({ length: 60 }, (_, hour) => hour);
      const outcomes = await Promise.all(
        windows.flatMap((hour) => ledgers.map((one) => one.commit(receipt(hour, hour + 1)))),
      );
      expect(outcomes.filter((one) => one === 'committed')).toHaveLength(60);
      await Promise.all(ledgers.map((one) => one.fail(STREAM, hours(70, 71), timeout, at(80))));
      await Promise.all(ledgers.map((one) => one.lose(STREAM, [hours(80, 90)], 'forgotten', at(99))));
      expect((await ledger.coverage(STREAM, SPAN)).held).toEqual([hours(0, 60)]);
      expect(await ledger.failures(STREAM)).toMatchObject([{ attempts: 3 }]);
      expect(await ledger.losses(STREAM)).toHaveLength(1);
    });
  });
}

async function perform(ledger: Ledger, id: StreamId, step: Step): Promise<void> {
  if (step.do === 'lose') {
    await ledger.lose(
      id,
      step.ranges.map(([from, until]) => hours(from, until)),
      step.reason,
      at(99),
    );
    return;
  }
  const [from, until] = step.range;
  if (step.do === 'want') await ledger.want(id, hours(from, until), at(99));
  if (step.do === 'fail') await ledger.fail(id, hours(from, until), timeout, at(99));
  // The first content of a window stays, so one window has one digest here.
  if (step.do === 'commit') await ledger.commit(receipt(from, until, { ...id, records: step.records }));
}

async function expectAsModel(ledger: Ledger, id: StreamId, model: Model, [from, until]: readonly [number, number]) {
  const { failed, ...sets } = await ledger.coverage(id, hours(from, until));
  for (const kind of ['held', 'empty', 'lost', 'wanted'] as const) {
    const truth = rangesOf(model[kind]);
    expect({ kind, set: clip(sets[kind], hours(from, until)) }).toEqual({ kind, set: clip(truth, hours(from, until)) });
    expect({ kind, untrue: subtract(sets[kind], truth) }).toEqual({ kind, untrue: [] });
    expect(sets[kind]).toEqual(union(sets[kind]));
  }
  const failures = (await ledger.failures(id)).map((one) => [keyOf(one), one.attempts]);
  expect(Object.fromEntries(failures)).toEqual(Object.fromEntries(model.failed));
  expect(failed.every((one) => one.until > at(from) && one.from < at(until))).toBe(true);
  const losses = await ledger.losses(id);
  for (const reason of ['forgotten', 'refused']) {
    const mine = losses.filter((one) => one.reason === reason);
    expect(union(mine)).toEqual(rangesOf(model.lost.map((one) => one === reason)));
  }
  expect(losses.reduce((sum, one) => sum + one.until - one.from, 0)).toBe(
    union(losses).reduce((sum, one) => sum + one.until - one.from, 0),
  );
  const slices = (await ledger.slices(id, SPAN)).map((one) => [keyOf(one), one.records]);
  expect(Object.fromEntries(slices)).toEqual(Object.fromEntries(model.slices));
}
