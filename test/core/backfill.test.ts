import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backfillStates, isOpen, measureRate, paceOf, progressOf } from '../../src/core/backfill.ts';
import { union } from '../../src/core/intervals.ts';
import { HOUR, MINUTE } from '../../src/core/time.ts';

const hours = (from: number, until: number): { from: number; until: number } => ({
  from: from * HOUR,
  until: until * HOUR,
});

describe('how far a backfill is', () => {
  it('counts windows that are neither held nor lost, whoever sealed the others, and parts of windows as well', () => {
    const held = [hours(0, 3), hours(5, 5.5)];
    const found = progressOf(hours(0, 8), HOUR, { held, lost: [hours(3, 4)], failed: [hours(6, 7), hours(20, 21)] });
    expect(found).toEqual({ windows: 8, left: 4, failing: 1, held: 3.5 * HOUR, lost: HOUR });
  });

  it('is at its end exactly when nothing of the range is missing', () => {
    const ranges = fc.array(fc.tuple(fc.nat(30), fc.nat(9)).map(([from, length]) => hours(from, from + length)));
    fc.assert(
      fc.property(ranges, ranges, (held, lost) => {
        const all = union(held, lost);
        const isWhole = all.some(({ from, until }) => from <= 5 * HOUR && until >= 20 * HOUR);
        const { left } = progressOf(hours(5, 20), HOUR, { held: union(held), lost: union(lost), failed: [] });
        expect(left === 0).toBe(isWhole);
      }),
    );
  });

  it('goes on only while it is running or paused', () => {
    expect(backfillStates.filter(isOpen)).toEqual(['running', 'paused']);
  });
});

describe('what held slices say of further ones', () => {
  const slice = (hour: number, sealedAt: number, pages: number) => ({ ...hours(hour, hour + 1), sealedAt, pages });

  it('is the pages for a stretch of time, and the steps between seals while many followed each other', () => {
    const burst = Array.from({ length: 11 }, (_, i) => slice(i, i * 2_000, i % 2 === 0 ? 3 : 0));
    const rate = measureRate([...burst, slice(20, 9 * HOUR, 1)]);
    expect(rate?.usual).toBe(2_000);
    expect(rate?.slow).toBe(2_000);
    // Six of three pages, five that were empty and still a request, and one more.
    expect((rate?.requests ?? 0) * 12 * HOUR).toBeCloseTo(24);
  });

  it('is how long one takes while there is something to do, whatever lies between', () => {
    const evening = Array.from({ length: 20 }, (_, i) => i * 3_000);
    const morning = evening.map((time) => time + 8 * HOUR);
    expect(paceOf([...morning, ...evening])).toBe(3_000);
    expect(paceOf(evening.slice(0, 5))).toBeUndefined();
  });

  it('is nothing where they are few, or an hour apart as live pulls are', () => {
    expect(measureRate([])).toBeUndefined();
    expect(measureRate(Array.from({ length: 5 }, (_, i) => slice(i, i * 1_000, 1)))).toBeUndefined();
    expect(measureRate(Array.from({ length: 50 }, (_, i) => slice(i, i * HOUR + MINUTE, 1)))).toBeUndefined();
  });
});
