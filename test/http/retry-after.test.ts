import { expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import { httpDate, retryAfter } from '../../src/http/retry-after.ts';

const now = Date.UTC(2026, 10, 22, 9, 0, 0);

it.each([
  ['30', 30 * SECOND],
  [' 30 ', 30 * SECOND],
  ['0', 0],
  ['-5', 0],
  ['1.5', 1500],
  ['86400', HOUR],
  ['99999999999999999999', HOUR],
  ['Sun, 22 Nov 2026 09:02:00 GMT', 2 * MINUTE],
  ['Sunday, 22-Nov-26 09:02:00 GMT', 2 * MINUTE],
  ['Sun, 22 Nov 2026 08:00:00 GMT', 0],
  ['Mon, 23 Nov 2026 09:00:00 GMT', HOUR],
  ['Sun, 22 Nov 2026 09:02:00', undefined],
  ['2026-11-22T09:02:00', undefined],
  ['Sun, 99 Nov 2026 09:02:00 GMT', undefined],
  ['soon', undefined],
  ['1e9', undefined],
  ['0x10', undefined],
  ['NaN', undefined],
  ['', undefined],
  [undefined, undefined],
])('reads Retry-After: %s', (value, expected) => {
  expect(retryAfter(value, undefined, now)).toBe(expected);
});

it("measures a date from the vendor's own Date, so that our clock does not matter", () => {
  expect(retryAfter('Sun, 22 Nov 2026 09:02:00 GMT', now, now + 30 * MINUTE)).toBe(2 * MINUTE);
});

it('reads no date without its zone', () => {
  expect(httpDate('Sun, 22 Nov 2026 09:00:00 GMT')).toBe(now);
  expect(httpDate('Sun Nov 22 09:00:00 2026')).toBeUndefined();
});
