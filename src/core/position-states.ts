/** What is known of where a sequence or a stream of reports stands; ms since the epoch. */
export interface ObservedPosition {
  readonly movedAt: number;
  /** When the vendor last had nothing more. */
  readonly endedAt: number | null;
  readonly failure?: object;
}

/** `due`: not begun, or on its way. `late`: the vendor's end was not reached for two ticks. */
export type PositionState = 'current' | 'due' | 'late' | 'failed';

/** A missed tick is not late yet: it may be running. */
export const LATE_AFTER_TICKS = 2;

/** @param every the schedule's interval, ms */
export function derivePositionState(position: ObservedPosition | undefined, every: number, now: number): PositionState {
  if (position === undefined) return 'due';
  if (position.failure !== undefined) return 'failed';
  const since = now - (position.endedAt ?? position.movedAt);
  if (since > LATE_AFTER_TICKS * every) return 'late';
  return position.endedAt === null ? 'due' : 'current';
}
