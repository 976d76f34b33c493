import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, intersect, lengthOf, reachFrom, subtract, union, type IntervalSet } from '../../src/core/intervals.ts';

const piece = fc.tuple(fc.nat(60), fc.nat(15)).map(([from, length]) => ({ from, until: from + length }));
const pieces = fc.array(piece, { maxLength: 12 });
const instants = Array.from({ length: 80 }, (_, instant) => instant);
const holds = (set: IntervalSet, instant: number): boolean =>
  set.some((one) => one.from <= instant && instant < one.until);

/** What a set must be like to be a set: sorted, nothing empty, nothing that touches. */
function isNormal(set: IntervalSet): boolean {
  return set.every((one, i) => one.from < one.until && (set[i - 1]?.until ?? -1) < one.from);
}

describe('coverage is exact to the instant', () => {
  it('joins, cuts out and intersects like sets of instants', () => {
    fc.assert(
      fc.property(pieces, pieces, (left, right) => {
        const [a, b] = [union(left), union(right)];
        for (const set of [a, union(a, b), intersect(a, b), subtract(a, b)]) expect(isNormal(set)).toBe(true);
        for (const instant of instants) {
          const [inA, inB] = [holds(left, instant), holds(right, instant)];
          expect(holds(union(left, right), instant)).toBe(inA || inB);
          expect(holds(intersect(a, b), instant)).toBe(inA && inB);
          expect(holds(subtract(a, b), instant)).toBe(inA && !inB);
        }
      }),
    );
  });

  it('counts every instant once', () => {
    fc.assert(
      fc.property(pieces, (set) => {
        expect(lengthOf(union(set))).toBe(instants.filter((instant) => holds(set, instant)).length);
      }),
    );
  });

  it('clips to an interval', () => {
    expect(clip([{ from: 0, until: 10 }], { from: 4, until: 20 })).toEqual([{ from: 4, until: 10 }]);
    expect(clip([{ from: 0, until: 10 }], { from: 10, until: 10 })).toEqual([]);
  });

  it('finds how far coverage reaches without a hole', () => {
    const set = [
      { from: 0, until: 10 },
      { from: 12, until: 20 },
    ];
    expect(reachFrom(set, 0)).toBe(10);
    expect(reachFrom(set, 11)).toBe(11);
    expect(reachFrom(set, 12)).toBe(20);
  });
});
