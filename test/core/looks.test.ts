import { describe, expect, it } from 'vitest';
import type { WindowLimits } from '../../src/core/contract.ts';
import { dueLooks, isServed, lookMoments } from '../../src/core/looks.ts';
import { HOUR, MINUTE } from '../../src/core/time.ts';

const limits: WindowLimits = {
  longest: 24 * HOUR,
  grain: MINUTE,
  settling: 5 * MINUTE,
  retention: 24 * HOUR,
  safety: MINUTE,
  cursorValidity: MINUTE,
  reconcile: { after: [HOUR, 6 * HOUR], beforeDeadline: 2 * HOUR },
};
const window = { from: 100 * HOUR, until: 101 * HOUR };

describe('when a sealed window is looked at again', () => {
  it('is so long after its end, and a last time before the vendor forgets it', () => {
    expect(lookMoments(limits, window)).toEqual([102 * HOUR, 107 * HOUR, 122 * HOUR - MINUTE]);
  });

  it('is never where nothing can come late', () => {
    const { reconcile: _off, ...rest } = limits;
    expect(lookMoments(rest, window)).toEqual([]);
  });

  it('has no last time that comes before the others, before the window has settled, or after it is forgotten', () => {
    const last = (beforeDeadline: number): readonly number[] =>
      lookMoments({ ...limits, reconcile: { after: [6 * HOUR, 30 * HOUR], beforeDeadline } }, window);
    expect(last(2 * HOUR)).toHaveLength(2);
    expect(last(18 * HOUR)).toEqual([107 * HOUR]);
    expect(lookMoments({ ...limits, reconcile: { after: [], beforeDeadline: 23 * HOUR } }, window)).toEqual([]);
    expect(lookMoments({ ...limits, reconcile: { after: [HOUR] } }, window)).toEqual([102 * HOUR]);
    expect(lookMoments({ ...limits, reconcile: { after: [], beforeDeadline: HOUR } }, window)).toHaveLength(1);
  });
});

describe('the windows that are due for a look', () => {
  const seen = (seenAt: number) => ({ ...window, seenAt });
  const isDue = (seenAt: number, now: number): boolean => dueLooks([seen(seenAt)], limits, now).length === 1;

  it('are those of which a moment came since they were last seen', () => {
    expect(isDue(101.1 * HOUR, 101.9 * HOUR)).toBe(false);
    expect(isDue(101.1 * HOUR, 102 * HOUR)).toBe(true);
    expect(isDue(102.1 * HOUR, 106 * HOUR)).toBe(false);
    expect(isDue(102.1 * HOUR, 120 * HOUR)).toBe(true);
  });

  it('are not those that were sealed after the moment: sealing was a look', () => {
    expect(isDue(110 * HOUR, 115 * HOUR)).toBe(false);
    expect(isDue(110 * HOUR, 122 * HOUR)).toBe(true);
  });

  it('are not those of which the vendor has forgotten a part, or whose data may not be there yet', () => {
    expect(isDue(101.1 * HOUR, 124 * HOUR)).toBe(false);
    expect(isServed(window, limits, 101 * HOUR + 6 * MINUTE)).toBe(true);
    expect(isServed(window, limits, 101 * HOUR + 6 * MINUTE - 1)).toBe(false);
  });

  it('come with the nearest deadline first', () => {
    const later = { from: 101 * HOUR, until: 102 * HOUR, seenAt: 0 };
    expect(dueLooks([later, seen(0)], limits, 110 * HOUR).map(({ from }) => from)).toEqual([window.from, later.from]);
  });
});
