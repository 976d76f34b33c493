import { describe, expect, it } from 'vitest';
import {
  ceilTo,
  dayOf,
  floorTo,
  formatDuration,
  fromIso,
  HOUR,
  interval,
  isoInterval,
  MINUTE,
  toIso,
} from '../../src/core/time.ts';

describe('times are read and written in UTC, whatever zone the worker lives in', () => {
  it.each([
    ['2026-11-21', Date.UTC(2026, 10, 21)],
    ['2026-11-21T09:00Z', Date.UTC(2026, 10, 21, 9)],
    ['2026-11-21T09:00:30Z', Date.UTC(2026, 10, 21, 9, 0, 30)],
    ['2026-11-21T09:00:30.250Z', Date.UTC(2026, 10, 21, 9, 0, 30, 250)],
    ['2026-11-21T09:00:00+02:00', Date.UTC(2026, 10, 21, 7)],
  ])('reads %s', (text, instant) => {
    expect(fromIso(text)).toBe(instant);
  });

  it.each([
    '2026-11-21T09:00:00',
    '2026-11-21 09:00:00Z',
    'yesterday',
    '',
    '2026-13-01',
    '1763715600',
    '2026-11-21T25:00Z',
  ])('refuses %j, which names no instant without guessing', (text) => {
    expect(fromIso(text)).toBeUndefined();
  });

  it('writes whole seconds without a fraction', () => {
    expect(toIso(Date.UTC(2026, 10, 21, 9))).toBe('2026-11-21T09:00:00Z');
    expect(toIso(Date.UTC(2026, 10, 21, 9, 0, 0, 5))).toBe('2026-11-21T09:00:00.005Z');
  });

  it('brings an interval back as it was written', () => {
    const hour = { from: Date.UTC(2026, 10, 21, 9), until: Date.UTC(2026, 10, 21, 10) };
    expect(interval(isoInterval(hour))).toEqual(hour);
    expect(() => interval({ from: 'soon', until: '2026-11-21' })).toThrow(RangeError);
  });

  it('aligns to the grain and names the day', () => {
    const instant = Date.UTC(2026, 10, 21, 23, 59, 59);
    expect(floorTo(instant, HOUR)).toBe(Date.UTC(2026, 10, 21, 23));
    expect(ceilTo(instant, HOUR)).toBe(Date.UTC(2026, 10, 22));
    expect(ceilTo(Date.UTC(2026, 10, 22), MINUTE)).toBe(Date.UTC(2026, 10, 22));
    expect(dayOf(instant)).toBe('2026-11-21');
  });

  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [45 * MINUTE, '45 min'],
    [26 * HOUR + 5 * MINUTE, '1 d 2 h'],
    [3 * HOUR + 12 * MINUTE + 9_000, '3 h 12 min'],
  ])('says %d ms as %s', (length, text) => {
    expect(formatDuration(length)).toBe(text);
  });
});
