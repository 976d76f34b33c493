import type { Config } from '../config/load.ts';
import { reachable } from '../core/due.ts';
import { DAY, ceilTo, floorTo, type Interval } from '../core/time.ts';
import { planStream, type BackfillPlan } from '../ops/backfill-plan.ts';
import { readLedger } from '../ops/ledger.ts';
import type { KnownStream } from '../ops/streams.ts';
import { UsageError } from '../ops/usage-error.ts';

/**
 * What a backfill of a picked range would do; what of it has not settled is left out.
 * @returns why there is none, for a person, where nothing of the range has settled
 */
export async function planPicked(
  config: Config,
  stream: KnownStream,
  { from, until }: Interval,
  now: number,
): Promise<BackfillPlan | string> {
  const settled = stream.window === undefined ? ceilTo(now, DAY) : reachable(stream.window.limits, now).until;
  const grain = stream.window?.limits.grain ?? DAY;
  if (floorTo(from, grain) >= settled) return 'The range has not settled yet.';
  try {
    const range = { from, until: Math.min(until, settled) };
    return await readLedger(config, (ledger) => planStream(ledger, stream, range, now));
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}
