import { describe, expect, it } from 'vitest';
import { nextTick, ticksAfter } from '../../src/core/ticks.ts';
import { HOUR, MINUTE } from '../../src/core/time.ts';

const at = (text: string): number => Date.parse(`2026-11-21T${text}Z`);

describe('a schedule’s ticks', () => {
  it('lie on the clock’s grid, by their offset', () => {
    const hourly = { every: HOUR, offset: 6 * MINUTE };
    expect(nextTick(hourly, at('09:00:00'))).toBe(at('09:06:00'));
    expect(ticksAfter(hourly, at('09:06:01'), 3)).toEqual([at('10:06:00'), at('11:06:00'), at('12:06:00')]);
  });

  it('come after the instant: a tick is not its own next one', () => {
    expect(nextTick({ every: 5 * MINUTE, offset: 0 }, at('09:05:00'))).toBe(at('09:10:00'));
  });
});
