import { MINUTE, SECOND, type Interval } from '../../core/time.ts';

/** "maximum time range allowed is 5 mins" (indusface.txt:67). */
export const LONGEST_RANGE = 5 * MINUTE;

/**
 * What to ask for so that every instant of a window is held, whether the vendor takes its bounds as inside or outside, which the document does not
 * say. Attacks have times in whole milliseconds, so `[from - 1, until]` has every one of a window's strictly inside; what else it brings is left
 * out by its time.
 *
 * For five minutes that would be 1 ms more than the vendor allows. `[from - 1, until - 1]` may miss one instant, `until - 1`, if its end is outside,
 * and no answer proves that it is not. The last second is asked for once more instead: a small answer, and that much overlap also covers a
 * vendor that cuts its bounds down to whole seconds.
 * @returns bounds, both of them taken as they are sent, ms since the epoch
 */
export function requestsFor({ from, until }: Interval): readonly Interval[] {
  if (until - from < LONGEST_RANGE) return [{ from: from - 1, until }];
  return [
    { from: from - 1, until: until - 1 },
    { from: until - SECOND - 1, until },
  ];
}
