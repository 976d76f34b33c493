import type { Granularity } from './simulator.ts';

export const SECOND = 1_000;
export const DAY = 86_400_000;

const FORM = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?$/;
const SECONDS_FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/;

/**
 * Reads a time without a zone, which is UTC (instart.txt:40); `T24:00:00` is the day's end, as in the page's second example
 * (instart.txt:499). @returns ms since the epoch, or `undefined` for what is no such time.
 */
export function readTime(text: string, form: 'iso' | 'seconds'): number | undefined {
  if (form === 'seconds' && !SECONDS_FORM.test(text)) return undefined;
  const [, day, hour, minute, second = '00', part = ''] = FORM.exec(text) ?? [];
  if (day === undefined) return undefined;
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // Date.parse takes the 30th of February for the 2nd of March.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined;
  if (hour === '24') return minute === '00' && second === '00' && Number(part) === 0 ? midnight + DAY : undefined;
  const instant = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(instant) ? undefined : instant + Math.floor(Number(`0${part}`) * 1000);
}

/** `2017-11-11T00:02:20`, with milliseconds where there are some. */
export function timeText(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', '').replace('Z', '');
}

/** "Per 5 minutes for 1 week, per hour for 1 month, per day forever" (instart.txt:172-174), ms. */
export const BUCKETS: Readonly<Record<Granularity, { readonly length: number; readonly kept: number }>> = {
  day: { length: DAY, kept: Infinity },
  hour: { length: DAY / 24, kept: 31 * DAY },
  '5minute': { length: DAY / 288, kept: 7 * DAY },
};
