import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisStates, columnsOf, runsOf, sharesOf, type Run } from '../../src/core/axis.ts';
import { lengthOf, subtract, union } from '../../src/core/intervals.ts';

const interval = (most: number) =>
  fc.tuple(fc.nat(most), fc.integer({ min: 1, max: 20 })).map(([from, length]) => ({ from, until: from + length }));

describe('the axis of a stream', () => {
  it('is what is held, what is missing, and what has not settled, without holes', () => {
    expect(
      runsOf(
        {
          held: [
            { from: 10, until: 30 },
            { from: 40, until: 50 },
          ],
          empty: [{ from: 20, until: 25 }],
          gaps: [{ from: 30, until: 40, state: 'late' }],
          start: 10,
        },
        { from: 0, until: 60 },
      ).map(({ from, until, state }) => `${from}-${until} ${state}`),
    ).toEqual(['10-20 sealed', '20-25 empty', '25-30 sealed', '30-40 late', '40-50 sealed', '50-60 settling']);
  });

  it('covers every instant from the start on exactly once, and before it what is known and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(interval(80)),
        fc.array(interval(80)),
        fc.array(interval(80)),
        fc.nat(60),
        (a, b, c, start) => {
          const held = union(a);
          const empty = subtract(held, union(b));
          const gaps = subtract(union(c), held).map((one) => ({ ...one, state: 'lost' as const }));
          const within = { from: 0, until: 120 };
          const runs = runsOf({ held, empty, gaps, start }, within);
          const all = union(held, gaps, [{ from: start, until: 120 }]);
          expect(union(runs)).toEqual(all);
          expect(runs.reduce((sum, { from, until }) => sum + until - from, 0)).toBe(lengthOf(all));
          expect(lengthOf(union(runs.filter(({ state }) => state === 'sealed')))).toBe(lengthOf(subtract(held, empty)));
        },
      ),
    );
  });

  it('shows the gravest state of each column, however short it lasted', () => {
    const runs: readonly Run[] = [
      { from: 0, until: 501, state: 'sealed' },
      { from: 501, until: 502, state: 'failed' },
      { from: 502, until: 1_000, state: 'sealed' },
    ];
    expect(
      columnsOf(runs, { from: 0, until: 1_000 }, 10).map(({ from, until, state }) => [from, until, state]),
    ).toEqual([
      [0, 500, 'sealed'],
      [500, 600, 'failed'],
      [600, 1_000, 'sealed'],
    ]);
  });

  it('never hides a state, and never shows one that is not there', () => {
    const state = fc.constantFrom(...axisStates);
    fc.assert(
      fc.property(
        fc.array(fc.record({ length: fc.integer({ min: 1, max: 30 }), state })),
        fc.integer({ min: 1, max: 40 }),
        (parts, most) => {
          let at = 0;
          const runs = parts.map(({ length, state: one }) => ({ from: at, until: (at += length), state: one }));
          const within = { from: 0, until: Math.max(at, 1) };
          const columns = columnsOf(runs, within, most);
          const worst = Math.max(-1, ...runs.map((run) => axisStates.indexOf(run.state)));
          const shown = columns.flatMap((column) =>
            column.state === undefined ? [] : [axisStates.indexOf(column.state)],
          );
          expect(Math.max(-1, ...shown)).toBe(worst);
          expect(columns[0]?.from).toBe(0);
          expect(columns.at(-1)?.until).toBeCloseTo(within.until);
          const shares = sharesOf(runs, within);
          expect(Object.values(shares).reduce((sum, one) => sum + one, 0)).toBe(at);
        },
      ),
    );
  });
});
