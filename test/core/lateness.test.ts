import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addLateness,
  countLate,
  countOf,
  latenessBounds,
  latenessQuantile,
  notLate,
  type Lateness,
} from '../../src/core/lateness.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';

function measured(delays: readonly number[]): Lateness {
  const classes = [...notLate.classes];
  for (const delay of delays) countLate(classes, delay);
  return { classes, most: Math.max(0, ...delays) };
}

describe('the lateness of records', () => {
  it('is never told too small: a settling delay of so much would have had that share of them', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 40 * DAY }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(delays, fc.constantFrom(0.5, 0.99, 1), (all, share) => {
        const told = latenessQuantile(measured(all), share);
        expect(all.filter((delay) => delay <= told).length).toBeGreaterThanOrEqual(Math.ceil(all.length * share));
        expect(told).toBeLessThanOrEqual(Math.max(...all));
      }),
    );
  });

  it('adds up over looks', () => {
    const [a, b] = [
      [MINUTE, 40 * MINUTE],
      [3 * HOUR, 60 * DAY],
    ];
    const sum = addLateness(measured(a), measured(b));
    expect(sum).toEqual(measured([...a, ...b]));
    expect(countOf(sum)).toBe(4);
    expect(latenessQuantile(sum, 1)).toBe(60 * DAY);
    expect(latenessQuantile(sum, 0.5)).toBe(45 * MINUTE);
  });

  it('is nothing where no record was late', () => {
    expect(latenessQuantile(notLate, 0.99)).toBe(0);
    expect(addLateness(notLate, { classes: [], most: 0 })).toEqual(notLate);
    expect(addLateness({ classes: [], most: 0 }, notLate)).toEqual(notLate);
    const sparse: number[] = [];
    countLate(sparse, 0);
    expect(sparse).toEqual([1]);
  });

  it('of counts that somebody has cut short is the latest that is known', () => {
    expect(latenessQuantile({ classes: [0, 1], most: 90_000 }, 1)).toBe(90_000);
    expect(latenessBounds.toSorted((x, y) => x - y)).toEqual(latenessBounds);
  });
});
