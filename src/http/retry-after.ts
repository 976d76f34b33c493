import { HOUR, SECOND } from '../core/time.ts';

/** A vendor that asks for more is asked again after this: a typo or a wrong clock must not stop a stream for a day. */
const LONGEST = HOUR;

/**
 * How long a vendor wants to be left alone: RFC 9110 §10.2.3, whole seconds or an HTTP date.
 *
 * @param value the `Retry-After` header.
 * @param vendorTime the answer's own `Date`, ms since the epoch: a date is measured from there, so that our clock does not matter.
 * @param now our own clock, ms since the epoch, used when the answer has no `Date`.
 * @returns ms from now, between 0 and 1 h; undefined when there is no header or it makes no sense.
 */
export function retryAfter(value: string | undefined, vendorTime: number | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const date = httpDate(text);
  if (date !== undefined) return within(date - (vendorTime ?? now));
  // Fractions are not in the standard, and are sent.
  return /^[+-]?\d+(?:\.\d+)?$/.test(text) ? within(Number(text) * SECOND) : undefined;
}

/** An HTTP date (`Sun, 22 Nov 2026 09:00:00 GMT`), ms since the epoch. Nothing without its GMT: it would be read in the worker's zone. */
export function httpDate(text: string | undefined): number | undefined {
  if (text === undefined || !/^[A-Za-z]{3,9}, [\w -]+ \d\d:\d\d:\d\d GMT$/.test(text)) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}

function within(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), LONGEST);
}
