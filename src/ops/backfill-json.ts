import { MINUTE, SECOND, toIso } from '../core/time.ts';
import type { BackfillStatus } from './backfill-status.ts';

/** A backfill for the command line and the API: times as ISO 8601 UTC, lengths of time in seconds. */
export function backfillJson({
  name,
  from,
  until,
  createdAt,
  changedAt,
  endedAt,
  range,
  eta,
  ...facts
}: BackfillStatus) {
  const { source: _source, stream: _stream, ...rest } = facts;
  return {
    ...rest,
    stream: name,
    from: toIso(from),
    until: toIso(until),
    createdAt: toIso(createdAt),
    changedAt: toIso(changedAt),
    endedAt: endedAt === null ? null : toIso(endedAt),
    ...(range === undefined
      ? {}
      : {
          windows: range.windows,
          left: range.left,
          failing: range.failing,
          heldSeconds: Math.round(range.held / SECOND),
          lostMinutes: Math.round(range.lost / MINUTE),
        }),
    ...(eta === undefined ? {} : { etaSeconds: Math.round(eta / SECOND) }),
  };
}
