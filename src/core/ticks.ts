import { floorTo } from './time.ts';

/** When something runs by the clock: every so many ms, so many after the epoch-aligned grid. */
export interface Ticking {
  readonly every: number;
  readonly offset: number;
}

/** The first `count` ticks after an instant, ms since the epoch. */
export function ticksAfter(schedule: Ticking, after: number, count: number): readonly number[] {
  const first = nextTick(schedule, after);
  return Array.from({ length: count }, (_, i) => first + i * schedule.every);
}

/** The first tick after an instant, ms since the epoch. */
export function nextTick({ every, offset }: Ticking, after: number): number {
  return floorTo(after - offset, every) + offset + every;
}
