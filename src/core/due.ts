import { clip, subtract, union, type IntervalSet } from './intervals.ts';
import { ceilTo, DAY, floorTo, type Interval } from './time.ts';
import type { CommonSettings, StartSetting, WindowLimits, WindowStream } from './contract.ts';

/** What is known about a window stream at one instant, all in ms since the epoch. */
export interface Standing {
  /** The vendor's clock: ours, corrected by the `Date` header it last sent. */
  readonly now: number;
  readonly limits: WindowLimits;
  /** Length of a window, ms; at most `limits.longest`. */
  readonly window: number;
  /** Where the stream's coverage begins. */
  readonly start: number;
  /** Ranges that operators asked for, beyond what the start asks for. */
  readonly wanted: IntervalSet;
  /** Sealed windows, empty ones included. */
  readonly held: IntervalSet;
  /** What has been recorded as lost already. */
  readonly lost: IntervalSet;
}

export interface Due {
  /** Windows to extract now: the newest settled one first, then by deadline. */
  readonly windows: readonly Interval[];
  /** What the vendor has forgotten before it was held, and is not recorded as lost yet. */
  readonly lost: IntervalSet;
}

/** The length of a stream's windows, ms: its own, or its source's. */
export function windowLength(stream: Pick<WindowStream, 'window'>, settings: Pick<CommonSettings, 'window'>): number {
  return stream.window ?? settings.window;
}

/** The stretch that the vendor will serve at `now`, on whole grains, the safety margin against clock skew kept at both ends. */
export function reachable(limits: WindowLimits, now: number): Interval {
  return {
    from: ceilTo(oldestServed(limits, now + limits.safety), limits.grain),
    until: floorTo(now - limits.settling - limits.safety, limits.grain),
  };
}

/** The first instant that the vendor still serves at `now`, by its own clock. */
export function oldestServed({ retention, retentionStep = 1 }: WindowLimits, now: number): number {
  return floorTo(now, retentionStep) - retention;
}

/** What says when the vendor forgets. */
export type Forgetting = Pick<WindowLimits, 'retention' | 'retentionStep' | 'safety'>;

/** When the vendor forgets the first instant of a window; from then on, part of the window is lost. */
export function deadlineOf({ retention, retentionStep, safety }: Forgetting, window: Interval): number {
  const end = window.from + retention;
  return (retentionStep === undefined ? end : floorTo(end, retentionStep) + retentionStep) - safety;
}

/**
 * Due = (what the start asks for ∪ what was wanted) ∩ (settled and inside retention) − what is held (DESIGN §4).
 * The present cell of the window grid is due only when the whole of it has settled; at the old end, where retention or a start
 * cuts a cell, the rest of that cell is still due: every minute counts there.
 */
export function plan(standing: Standing): Due {
  const { limits, window, now } = standing;
  const reach = reachable(limits, now);
  const asked = union([{ from: standing.start, until: floorTo(reach.until, window) }], standing.wanted);
  const missing = subtract(asked, union(standing.held, standing.lost));
  const windows = clip(missing, reach)
    .flatMap((gap) => cut(gap, window))
    .toSorted((a, b) => a.from - b.from);
  const newest = windows.pop();
  return {
    windows: newest === undefined ? [] : [newest, ...windows],
    lost: clip(missing, { from: -Infinity, until: reach.from }),
  };
}

/**
 * Divides due windows by who asks for them: the stream's own start (the newest first, then by deadline), or only operators (by deadline). What both ask
 * for is the stream's own: its backfills find it done.
 */
export function divide(
  windows: readonly Interval[],
  { start, limits, window, now }: Pick<Standing, 'start' | 'limits' | 'window' | 'now'>,
): { readonly own: readonly Interval[]; readonly wanted: readonly Interval[] } {
  const until = floorTo(reachable(limits, now).until, window);
  const isOwn = (one: Interval): boolean => one.until > start && one.from < until;
  const inOrder = windows.toSorted((a, b) => a.from - b.from);
  const own = inOrder.filter(isOwn);
  const newest = own.pop();
  return {
    own: newest === undefined ? [] : [newest, ...own],
    wanted: inOrder.filter((one) => !isOwn(one)),
  };
}

/** Cuts an interval along the grid of `window` ms (aligned to the epoch, so to whole hours and days in UTC). */
export function cut(gap: Interval, window: number): readonly Interval[] {
  const windows: Interval[] = [];
  for (let from = gap.from; from < gap.until;) {
    const until = Math.min(gap.until, floorTo(from, window) + window);
    windows.push({ from, until });
    from = until;
  }
  return windows;
}

/** Cells of the window grid that a set touches, counted for each of its intervals. */
export function countCells(set: IntervalSet, window: number): number {
  return set.reduce((sum, { from, until }) => sum + (ceilTo(until, window) - floorTo(from, window)) / window, 0);
}

/** Two halves on whole grains, or `undefined` when the window is one grain: then it cannot be cut any further. */
export function halve(window: Interval, grain: number): readonly [Interval, Interval] | undefined {
  const middle = floorTo(window.from + Math.ceil((window.until - window.from) / 2), grain);
  if (middle <= window.from || middle >= window.until) return undefined;
  return [
    { from: window.from, until: middle },
    { from: middle, until: window.until },
  ];
}

/**
 * Where a stream's coverage begins. By default 24 hours before it was first applied, or as far back as the vendor keeps if that is
 * less; `all` goes back as far as the vendor kept then; an instant is taken as it is, so what lies before retention shows as lost.
 * @param appliedAt when the stream was first applied, ms since the epoch
 */
export function startOf(setting: StartSetting | undefined, appliedAt: number, limits: WindowLimits): number {
  if (typeof setting === 'number') return ceilTo(setting, limits.grain);
  const oldest = reachable(limits, appliedAt).from;
  return setting === 'all' ? oldest : Math.max(oldest, floorTo(appliedAt - DAY, limits.grain));
}
