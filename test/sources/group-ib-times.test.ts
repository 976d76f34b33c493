import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTime } from '../../src/sources/group-ib/times.ts';

describe('the times of items', () => {
  it('are read to the second, whatever their zone is written like', () => {
    const seconds = fc.integer({ min: Date.UTC(1000, 0, 1) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });
    fc.assert(
      fc.property(seconds, fc.constantFrom('', 'Z', '+00:00', 'UTC', ' UTC', '.000Z', '+0000'), (second, zone) => {
        const text = new Date(second * 1000).toISOString().slice(0, 19);
        expect(readTime(text + zone)).toBe(second * 1000);
        expect(readTime(text.replace('T', ' ') + zone)).toBe(second * 1000);
      }),
    );
  });

  it.each([
    '2026-02-30T09:00:00',
    '2026-13-01T09:00:00Z',
    '2026-11-00T09:00:00',
    '2026-11-21T24:00:00',
    '2026-11-21T09:60:00+00:00',
    '2026-11-21T09:00:60',
    '2026-11-21T09:00:0x',
    '2O26-11-21T09:00:00',
    '0026-11-21T09:00:00Z',
    '2026-11-21T09:00:00X',
    '2026/11/21T09:00:00',
    '',
  ])('%s is none', (text) => {
    expect(readTime(text)).toBeUndefined();
  });

  it('count an offset from UTC', () => {
    expect(readTime('2026-11-21T09:00:00+03:00')).toBe(Date.UTC(2026, 10, 21, 6));
    expect(readTime('2026-11-21T09:00:00-0130')).toBe(Date.UTC(2026, 10, 21, 10, 30));
  });
});
