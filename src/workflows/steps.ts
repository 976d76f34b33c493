import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import { failureNames, type FailureName } from '../core/failures.ts';

/**
 * The durable steps, each with the limits and the retry policy that suits what it does. A failure that no repetition can heal is
 * made non-retryable by the activity that knows (activities/failures.ts); Retry-After comes as that attempt's own delay.
 */

/** Reads of the worker's configuration and the ledger: quick, and safe to repeat. */
export const {
  describeStream,
  ensureGate,
  lookAtBackfill,
  markBackfilled,
  markCollected,
  pauseBackfills,
  plan,
  planLooks,
  recordFailure,
  recordStall,
  steerBackfill,
  beginBackfill,
} = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '10m',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/** Few attempts: a login that is refused again and again locks an account. */
export const { authenticate } = proxyActivities<Activities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '2s', maximumInterval: '1m', maximumAttempts: 5 },
});

/**
 * One run walks pages for about 20 s and one page may take two minutes. A worker that died is noticed within 10 s, so that a cursor of one
 * minute can still be taken over. The whole is bounded: an outage ends as a failed window that the next tick tries again.
 */
export const { fetchPages, extractBatch, reconcileBatch } = proxyActivities<Activities>({
  startToCloseTimeout: '3m',
  heartbeatTimeout: '10s',
  scheduleToCloseTimeout: '20m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 8 },
});

/** Where a sequence begins may have to be asked of the vendor. */
export const { beginSequence } = proxyActivities<Activities>({
  startToCloseTimeout: '3m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 8 },
});

/** As for windows: each run follows for about 20 s, every portion is safe once it is sealed, and a run begins where the ledger stands. */
export const { followPortions, followBackfill } = proxyActivities<Activities>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '10s',
  scheduleToCloseTimeout: '20m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 8 },
});

/** As for windows. A place in a search lives as long as the vendor keeps it; one that it refuses begins anew. */
export const { searchHits, searchPages, sealSearch } = proxyActivities<Activities>({
  startToCloseTimeout: '10m',
  heartbeatTimeout: '10s',
  scheduleToCloseTimeout: '30m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 8 },
});

/** A list of some days; the vendor may take its time over each. */
export const { listReports, listBackfill } = proxyActivities<Activities>({
  startToCloseTimeout: '30m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 6 },
});

/** A file may be large, and its download slow; an attempt that died is gone on from what it had staged. */
export const { fetchReport } = proxyActivities<Activities>({
  startToCloseTimeout: '6h',
  heartbeatTimeout: '20s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 8 },
});

/** Local work on staged pages. Most trouble here is a full disk, which passes once somebody makes room. */
export const { seal, sealLate, sealReport } = proxyActivities<Activities>({
  startToCloseTimeout: '30m',
  heartbeatTimeout: '30s',
  scheduleToCloseTimeout: '2h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** Questions to the server and the ledger, some a stream. The next look comes soon: trouble that lasts shows there. */
export const { watch } = proxyActivities<Activities>({
  startToCloseTimeout: '2m',
  retry: { initialInterval: '2s', maximumInterval: '20s', maximumAttempts: 3 },
});

/** A named failure, as the workflows see it. */
export interface NamedFailure {
  readonly name: FailureName;
  readonly message: string;
}

/**
 * Reads the name of the failure behind what an activity or child threw. Time-outs count as `unavailable`, but for one: a cursor that
 * no worker picked up in time has expired. Anything else that has no name of ours is a bug and is named `internal-error`.
 */
export function nameFailure(error: unknown): NamedFailure {
  const cause = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const name = failureNames.find((known) => known === cause.type) ?? 'internal-error';
    return { name, message: cause.message };
  }
  if (cause instanceof CancelledFailure) return { name: 'cancelled', message: 'cancelled by an operator' };
  if (cause instanceof TimeoutFailure) {
    return cause.timeoutType === 'SCHEDULE_TO_START'
      ? { name: 'cursor-expired', message: 'no worker was free before the cursor expired' }
      : { name: 'unavailable', message: `no result in time (${cause.timeoutType ?? 'time-out'})` };
  }
  return { name: 'internal-error', message: error instanceof Error ? error.message : String(error) };
}
