import { reachable } from '../core/due.ts';
import { ceilTo, floorTo, formatDuration, fromIso, toIso, type Interval } from '../core/time.ts';
import { parseLength } from '../sources/fields.ts';
import type { KnownStream } from './streams.ts';
import { UsageError } from './usage-error.ts';

/**
 * Reads `--from` and `--until`: ISO 8601 with a zone, half-open, widened to the vendor's grain.
 * @returns the part that can be had, and what of the range is lost; `undefined` when neither is given
 * @throws UsageError when it is no range, has not settled, or nothing of it can be had
 */
export function readRange(
  { window, shape }: KnownStream,
  text: Readonly<Record<string, string | boolean | undefined>>,
  now = Date.now(),
): { readonly range: Interval; readonly lost: Interval | undefined } | undefined {
  const { from: first, until: end } = text;
  if (first === undefined && end === undefined) return undefined;
  if (window === undefined)
    throw new UsageError(`--from and --until are for streams of windows; this is a ${shape} stream`);
  const { limits } = window;
  const reach = reachable(limits, now);
  const from = floorTo(instant('--from', first), limits.grain);
  const until = end === undefined ? reach.until : ceilTo(instant('--until', end), limits.grain);
  const settled = `the vendor's data is complete up to ${toIso(reach.until)}`;
  if (from >= reach.until) throw new UsageError(`--from ${toIso(from)} has not settled yet: ${settled}`);
  if (until <= from) throw new UsageError(`--from ${toIso(from)} is not before --until ${toIso(until)}`);
  if (until > reach.until) throw new UsageError(`--until ${toIso(until)} has not settled yet: ${settled}`);
  if (until <= reach.from) {
    throw new UsageError(
      `nothing of [${toIso(from)}, ${toIso(until)}) can be had: the vendor keeps ${formatDuration(limits.retention)}, so from ${toIso(reach.from)} on`,
    );
  }
  const lost = from < reach.from ? { from, until: reach.from } : undefined;
  return { range: { from: Math.max(from, reach.from), until }, lost };
}

/**
 * Reads `--since`: a length of time back from now, such as `6h`, or an instant.
 * @returns ms since the epoch
 * @throws UsageError when it is neither, or lies ahead
 */
export function readSince(text: string, now = Date.now()): number {
  const length = parseLength(text.replace(/min$/, 'm'));
  const since = length === undefined ? fromIso(text) : now - length;
  if (since !== undefined && since <= now) return since;
  throw new UsageError(`--since ${text} is neither a length of time such as 6h nor a time in the past with a zone`);
}

/** An instant as a flag gives it. @throws UsageError when it is missing, or has no zone */
export function instant(flag: string, text: string | boolean | undefined): number {
  if (typeof text !== 'string') throw new UsageError(`${flag} is missing: a range needs where it begins`);
  const found = fromIso(text);
  if (found === undefined) {
    throw new UsageError(`${flag} ${text} is no date or time with a zone, such as 2026-11-21T09:00Z`);
  }
  return found;
}
