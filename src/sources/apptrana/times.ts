import { fromIso } from '../../core/time.ts';

const TIME = /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Reads an `attackTime`, `2019-01-11T05:54:02.091Z`: a day that exists, a time of day and a zone; without one it would be read in the worker's own.
 * @returns ms since the epoch, what is finer cut off; `undefined` for anything else
 */
export function readTime(text: string): number | undefined {
  const [, year, month, day] = (TIME.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  // `Date` takes the 30th of February for the 2nd of March.
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day ? fromIso(text) : undefined;
}
