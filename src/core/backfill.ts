import { countCells } from './due.ts';
import { intersect, lengthOf, subtract, union, type IntervalSet } from './intervals.ts';
import type { Interval } from './time.ts';

/**
 * What a backfill can be. `running`: its range is wanted. `paused`: nothing new of it is started, and its range is not wanted meanwhile. `cancelled`:
 * its range is no longer wanted, and stays so. `done`: all of it is held, or lost for good.
 */
export const backfillStates = ['running', 'paused', 'cancelled', 'done'] as const;
export type BackfillState = (typeof backfillStates)[number];

/** Whether a backfill may still go on. */
export const isOpen = (state: BackfillState): boolean => state === 'running' || state === 'paused';

/** How many windows a backfill may have: far more than any vendor keeps, so that a mistyped year does not keep a process busy. */
export const MOST_WINDOWS = 20_000;

/** How far the backfill of a window stream is; what other runs sealed of its range counts as well. */
export interface RangeProgress {
  /** How many windows its range is cut into. */
  readonly windows: number;
  /** Windows that are neither held nor lost, a part of one included. */
  readonly left: number;
  /** Of those, the ones that failed last time. */
  readonly failing: number;
  /** ms. */
  readonly held: number;
  /** ms. */
  readonly lost: number;
}

/** @param window length of a window, ms */
export function progressOf(
  range: Interval,
  window: number,
  { held, lost, failed }: { readonly held: IntervalSet; readonly lost: IntervalSet; readonly failed: IntervalSet },
): RangeProgress {
  const missing = subtract([range], union(held, lost));
  return {
    windows: countCells([range], window),
    left: countCells(missing, window),
    failing: countCells(intersect(missing, union(failed)), window),
    held: lengthOf(intersect([range], held)),
    lost: lengthOf(intersect([range], lost)),
  };
}

/** What sealed slices say of the time and requests that further ones take. */
export interface Rate {
  /** Requests for a ms of the stream's time: pages, at least one a window. */
  readonly requests: number;
  /** Between two seals while many followed each other, ms: half of them took at most `usual`, nine in ten at most `slow`. */
  readonly usual: number;
  readonly slow: number;
}

/** Fewer say nothing. */
const LEAST_SAMPLES = 5;
/** Between two seals that are further apart, the extractor had nothing to do. */
const LONGEST_STEP = 60_000;

/** Measures sealed slices; `undefined` where there are too few that followed each other. */
export function measureRate(
  slices: readonly (Interval & { readonly pages: number; readonly sealedAt: number })[],
): Rate | undefined {
  const steps = stepsBetween(slices.map(({ sealedAt }) => sealedAt)).toSorted((a, b) => a - b);
  const length = slices.reduce((sum, { from, until }) => sum + until - from, 0);
  if (steps.length < LEAST_SAMPLES || length === 0) return undefined;
  const pages = slices.reduce((sum, slice) => sum + Math.max(1, slice.pages), 0);
  return { requests: pages / length, usual: quantile(steps, 0.5), slow: quantile(steps, 0.9) };
}

/**
 * How long it takes until one more slice is sealed, ms, while there is something to do: of a backfill that was paused overnight the night does not count.
 * `undefined` where there are too few of them to tell.
 */
export function paceOf(sealedAt: readonly number[]): number | undefined {
  const steps = stepsBetween(sealedAt);
  if (steps.length < LEAST_SAMPLES) return undefined;
  return steps.reduce((sum, step) => sum + step, 0) / steps.length;
}

/** Between seals that followed each other, ms. */
function stepsBetween(sealedAt: readonly number[]): readonly number[] {
  const times = sealedAt.toSorted((a, b) => a - b);
  return times
    .slice(1)
    .map((time, i) => time - (times[i] ?? time))
    .filter((step) => step <= LONGEST_STEP);
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
