/** A connection is given back after this long, so that streams that wait at the gate get their turn. */
export const TURN_MS = 30_000;
/** Then it is planned anew, though the plan is not worked off: the newest window never waits for a long catch-up. */
export const PLAN_GOOD_FOR_MS = 60_000;
/** Windows that prove small are extracted several in one step, twice as many each time, up to this. */
export const LARGEST_BATCH = 8;
/** Well below Temporal's own limit, so that every history stays readable. */
export const HISTORY_LIMIT = 1_500;
