import type { WindowLimits } from '../core/contract.ts';
import { oldestServed } from '../core/due.ts';
import { type Failure, RetentionPassed, Unavailable } from '../core/failures.ts';
import { formatDuration, isoInterval, type Interval } from '../core/time.ts';

/**
 * Whether the vendor will serve a window at `now` (its clock, ms): not before it has settled, nor once its start has been forgotten.
 * A source asks this before it sends anything.
 */
export function windowFailure(window: Interval, limits: WindowLimits, now: number): Failure | undefined {
  const { from, until } = isoInterval(window);
  const wait = window.until + limits.settling - now;
  if (wait > 0) {
    const message = `[${from}, ${until}) has not settled at the vendor; it will have in ${formatDuration(wait)}`;
    return new Unavailable(message, { retryAfterMs: wait });
  }
  if (window.from < oldestServed(limits, now)) {
    return new RetentionPassed(`the vendor no longer serves ${from}: it keeps ${formatDuration(limits.retention)}`);
  }
  return undefined;
}
