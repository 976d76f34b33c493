import { Refusal } from '../kit/http.ts';

/** Days since the epoch, UTC, both inside. */
export interface Days {
  readonly first: number;
  readonly last: number;
}

export const DAY = 86_400_000;
const DATE = /^\d{4}-\d\d-\d\d$/;

export function dayText(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

/** `undefined` when the text is no day of the calendar, as `2026-02-30`. */
export function dayOf(text: string): number | undefined {
  if (!DATE.test(text)) return undefined;
  const instant = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(instant) || dayText(instant / DAY) !== text ? undefined : instant / DAY;
}

/**
 * Reads `YYYY-MM-DD` and `YYYY-MM-DD:YYYY-MM-DD` (shadowserver.txt:88) and, where they are understood, `now` in place of a date (245) and
 * days counted back from now, `-3:now` (621). Throws a {@link Refusal} (400) for anything else.
 */
export function readDays(text: string, today: number, relative: boolean): Days {
  const sides = text.split(':');
  const [first, last = first] = sides.map((side) => readSide(side, today, relative, sides.length === 2));
  if (sides.length > 2 || first === undefined || last === undefined) throw new Refusal(400, `invalid date: ${text}`);
  if (first > last) throw new Refusal(400, `date range ends before it begins: ${text}`);
  return { first, last };
}

function readSide(side: string, today: number, relative: boolean, inRange: boolean): number | undefined {
  if (relative && side === 'now') return today;
  if (relative && inRange && /^-\d{1,4}$/.test(side)) return today + Number(side);
  return dayOf(side);
}
