import { DAY, HOUR, MINUTE } from './time.ts';

/**
 * How late records were. A record that one look did not see and the next one did appeared between the two: so it was late by at most the time
 * from its event to the look that saw it. That bound is what is counted: a settling delay of so much would not have missed it.
 */
export interface Lateness {
  /** How many records were late by at most each of {@link latenessBounds}, and not by the one before; one class more for what is beyond. */
  readonly classes: readonly number[];
  /** The latest of all, ms. */
  readonly most: number;
}

/** Upper bounds of the classes, ms: close enough together to choose a settling delay by. */
export const latenessBounds: readonly number[] = [
  ...[1, 2, 3, 5, 7, 10, 15, 20, 30, 45].map((minutes) => minutes * MINUTE),
  ...[1, 1.5, 2, 3, 4, 6, 8, 12, 18].map((hours) => hours * HOUR),
  ...[1, 2, 3, 7, 14, 30].map((days) => days * DAY),
];

export const notLate: Lateness = { classes: latenessBounds.map(() => 0).concat(0), most: 0 };

/** Counts one record that was late by at most so much, ms; in place, for there may be many. */
export function countLate(classes: number[], by: number): void {
  const found = latenessBounds.findIndex((bound) => by <= bound);
  const index = found < 0 ? latenessBounds.length : found;
  classes[index] = (classes[index] ?? 0) + 1;
}

export function addLateness(a: Lateness, b: Lateness): Lateness {
  return {
    classes: notLate.classes.map((_, i) => (a.classes[i] ?? 0) + (b.classes[i] ?? 0)),
    most: Math.max(a.most, b.most),
  };
}

export function countOf({ classes }: Lateness): number {
  return classes.reduce((sum, one) => sum + one, 0);
}

/** The bound that this share of the late records did not exceed, ms, never more than the latest; 0 when none was late. */
export function latenessQuantile(lateness: Lateness, share: number): number {
  const wanted = Math.ceil(countOf(lateness) * share);
  if (wanted === 0) return 0;
  let seen = 0;
  const reached = lateness.classes.findIndex((count) => {
    seen += count;
    return seen >= wanted;
  });
  return Math.min(latenessBounds[reached] ?? lateness.most, lateness.most);
}
