// The vendor's times are ISO 8601 in UTC without a zone designator, and it rejects queries that have one (instart.txt:40). `new Date` would
// read such a text in the worker's own zone, so it is never given one.

/** An instant, ms since the epoch, as the vendor wants it in a query: `2026-11-21T09:00:00`. Whole seconds; never `T24:00:00`. */
export function writeTime(instant: number): string {
  return new Date(instant).toISOString().slice(0, 19);
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-]\d\d):?(\d\d))?$/;

/**
 * Reads a time of an answer: with or without a fraction or a zone (absent: UTC), the end of a day as `T24:00:00` among them
 * (instart.txt:499, 511).
 * @returns ms since the epoch, what is finer cut off, so that an instant never leaves its second; `undefined` for anything else
 */
export function readTime(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const fraction = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const endOfDay = hour === 24 && minute === 0 && second === 0 && fraction === 0;
  if (minute > 59 || second > 59 || (hour > 23 && !endOfDay) || !isDay(year, month, day)) return undefined;
  const offset = offsetOf(match[8], match[9]);
  if (offset === undefined) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute - offset, second, fraction);
}

/** `Date.UTC` takes the 30th of February for the 2nd of March, and the year 26 for 1926. */
function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Minutes east of UTC, 0 where there is no offset; `undefined` where it is none of a zone. */
function offsetOf(hours = '+00', minutes = '00'): number | undefined {
  const size = Math.abs(Number(hours)) * 60 + Number(minutes);
  if (Number(minutes) > 59 || size > 18 * 60) return undefined;
  return hours.startsWith('-') ? -size : size;
}
