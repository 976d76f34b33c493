/**
 * Instants are milliseconds since the Unix epoch; intervals are half-open, `[from, until)`, in UTC. Text leaves and enters the
 * program only here, always with an explicit zone: `new Date('2026-11-21T09:00:00')` would read the worker's own time zone.
 */
export interface Interval {
  /** First instant inside, ms since the epoch. */
  readonly from: number;
  /** First instant after, ms since the epoch. */
  readonly until: number;
}

/** An interval as it is written in histories, manifests and answers: ISO 8601, UTC, half-open. */
export interface IsoInterval {
  readonly from: string;
  readonly until: string;
}

/** From the first instant that is told to the last. */
export const ALL_TIME: Interval = { from: 0, until: Number.MAX_SAFE_INTEGER };

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** ISO 8601 in UTC, without a fraction where it is zero: `2026-11-21T09:00:00Z`. */
export function toIso(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}

const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * Reads an ISO 8601 date (midnight UTC) or a time with an explicit zone.
 * @returns ms since the epoch, or `undefined` when the text is not such a time: a time without a zone is not.
 */
export function fromIso(text: string): number | undefined {
  if (!ISO.test(text)) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}

export function isoInterval(interval: Interval): IsoInterval {
  return { from: toIso(interval.from), until: toIso(interval.until) };
}

/** The inverse of {@link isoInterval}. Throws a RangeError for text that it did not write. */
export function interval(text: IsoInterval): Interval {
  const from = fromIso(text.from);
  const until = fromIso(text.until);
  if (from === undefined || until === undefined) throw new RangeError(`not an interval: [${text.from}, ${text.until})`);
  return { from, until };
}

/** The last multiple of `grain` (ms) at or before the instant. Grains divide the day, so this is aligned in UTC. */
export function floorTo(instant: number, grain: number): number {
  return Math.floor(instant / grain) * grain;
}

/** The first multiple of `grain` (ms) at or after the instant. */
export function ceilTo(instant: number, grain: number): number {
  return Math.ceil(instant / grain) * grain;
}

/** The UTC day that the instant lies in: `2026-11-21`. */
export function dayOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

const UNITS: readonly [string, number][] = [
  ['d', DAY],
  ['h', HOUR],
  ['min', MINUTE],
  ['s', SECOND],
];

/** A length of time for people, the two largest units: `1 d 2 h`, `45 min`, `0 s`. */
export function formatDuration(length: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, length);
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}
