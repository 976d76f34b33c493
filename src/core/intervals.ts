import type { Interval } from './time.ts';

/**
 * Sets of instants as sorted, disjoint, non-adjacent half-open intervals. Coverage is kept as such a set and not as a list of
 * cells, so that a changed window length or a window that was cut in two leaves no false gap (DESIGN §5).
 */
export type IntervalSet = readonly Interval[];

/** Sorts, drops empty intervals and joins what overlaps or touches. */
export function union(...sets: readonly (readonly Interval[])[]): IntervalSet {
  const all = sets.length === 1 ? (sets[0] ?? []) : sets.flat();
  // Most come in order: a month of five-minute windows is 8,640 of them, and is looked at every second.
  const sorted = all.every((one, i) => i === 0 || one.from >= (all[i - 1]?.from ?? 0))
    ? all
    : all.toSorted((a, b) => a.from - b.from);
  const joined: { from: number; until: number }[] = [];
  let last: { from: number; until: number } | undefined;
  for (const { from, until } of sorted) {
    if (until <= from) continue;
    if (last !== undefined && from <= last.until) last.until = Math.max(last.until, until);
    else joined.push((last = { from, until }));
  }
  return joined;
}

/** What lies in both. */
export function intersect(a: IntervalSet, b: IntervalSet): IntervalSet {
  const common: Interval[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const left = a[i];
    const right = b[j];
    if (left === undefined || right === undefined) return common;
    const from = Math.max(left.from, right.from);
    const until = Math.min(left.until, right.until);
    if (from < until) common.push({ from, until });
    if (left.until < right.until) i += 1;
    else j += 1;
  }
}

/** What lies in `a` and not in `b`. */
export function subtract(a: IntervalSet, b: IntervalSet): IntervalSet {
  const rest: Interval[] = [];
  let j = 0;
  for (const { from, until } of a) {
    let start = from;
    while ((b[j]?.until ?? Infinity) <= start) j += 1;
    for (let k = j; start < until; k += 1) {
      const hole = b[k];
      if (hole === undefined || hole.from >= until) {
        rest.push({ from: start, until });
        break;
      }
      if (hole.from > start) rest.push({ from: start, until: hole.from });
      start = Math.max(start, hole.until);
    }
  }
  return rest;
}

/** The part of the set inside one interval. */
export function clip(set: IntervalSet, within: Interval): IntervalSet {
  return intersect(set, union([within]));
}

/** Total length in ms. */
export function lengthOf(set: IntervalSet): number {
  return set.reduce((sum, { from, until }) => sum + until - from, 0);
}

/** How far the set reaches without a hole from `from` on: the contiguous watermark; `from` itself when it is not inside. */
export function reachFrom(set: IntervalSet, from: number): number {
  return set.find((one) => one.from <= from && from < one.until)?.until ?? from;
}
