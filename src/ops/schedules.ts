import type { Config } from '../config/load.ts';
import { HOUR, MINUTE } from '../core/time.ts';
import type { WantedSchedule } from '../temporal/schedules.ts';
import { knownStreams } from './streams.ts';

/** Five minutes are the shortest schedule that a vendor's window makes sense of: what did not start is found within one. */
const WATCHDOG = { every: 5 * MINUTE, offset: 2 * MINUTE };
/** Moments of looks are hours apart. Half an hour after most pulls: the two need the same connections. */
const RECONCILE = { every: HOUR, offset: 37 * MINUTE };

/** All schedules that a configuration asks for: the pulls of its streams, the looks at sealed windows where there may be late events, the watchdog. */
export function wantedSchedules(config: Config): readonly WantedSchedule[] {
  const streams = knownStreams(config);
  return [
    ...streams.map(({ source, stream, settings }) => ({ stream: { source, stream }, ...settings.schedule })),
    ...streams
      .filter(({ window }) => window?.limits.reconcile !== undefined)
      .map(({ source, stream }) => ({ kind: 'reconcile' as const, stream: { source, stream }, ...RECONCILE })),
    { kind: 'watchdog', ...WATCHDOG },
  ];
}
