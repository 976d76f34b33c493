import { deadlineOf, oldestServed } from './due.ts';
import type { WindowLimits } from './contract.ts';
import type { Interval } from './time.ts';

/** A sealed window, and when the vendor was last asked for it, ms. */
export interface SeenWindow extends Interval {
  readonly seenAt: number;
}

/** When a window is to be looked at again for events that came late, ms since the epoch, in order; none where the stream is not reconciled. */
export function lookMoments(limits: WindowLimits, window: Interval): readonly number[] {
  const { reconcile } = limits;
  if (reconcile === undefined) return [];
  const deadline = deadlineOf(limits, window);
  const after = reconcile.after.map((length) => window.until + length).filter((moment) => moment < deadline);
  const last = reconcile.beforeDeadline === undefined ? undefined : deadline - reconcile.beforeDeadline;
  const settled = window.until + limits.settling + limits.safety;
  const mayLast = last !== undefined && last > settled && last > (after.at(-1) ?? -Infinity);
  return mayLast ? [...after, last] : after;
}

/**
 * The windows to look at again now, that with the nearest deadline first: a moment of theirs has come since they were last seen, and the vendor still
 * serves the whole of them. Of a window that was sealed late, or of several moments that passed while nobody looked, one look is enough.
 */
export function dueLooks<Window extends SeenWindow>(
  windows: readonly Window[],
  limits: WindowLimits,
  now: number,
): readonly Window[] {
  return windows
    .filter((window) => isServed(window, limits, now))
    .filter((window) => lookMoments(limits, window).some((moment) => moment <= now && moment > window.seenAt))
    .toSorted((a, b) => a.from - b.from);
}

/** Whether the vendor still has the whole of a window, and by its settling delay all of it should be there. */
export function isServed(window: Interval, limits: WindowLimits, now: number): boolean {
  return (
    window.from >= oldestServed(limits, now + limits.safety) && window.until <= now - limits.settling - limits.safety
  );
}
