import type { Config } from '../config/load.ts';
import { connectClient } from '../temporal/connect.ts';
import { carryOutPlan, type Done, type PlanOptions } from '../temporal/schedules.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { taskQueue, temporalAddress } from './connection.ts';
import { writeLedger } from './ledger.ts';
import { planWith, type ConfigPlan, type PlanLine } from './plan.ts';
import { knownStreams } from './streams.ts';

/** A line of the plan, and what became of it. */
export interface AppliedLine extends PlanLine {
  readonly done: Done;
}

export interface ApplyOptions extends PlanOptions {
  /** Hears the plan before anything is done; throws to have nothing done. */
  readonly agree?: (plan: ConfigPlan) => Promise<void>;
  readonly now?: number;
}

/**
 * Makes search attributes and schedules what the configuration says. May be repeated. A schedule that somebody changes between the plan and its turn stays
 * as they made it, and comes back as `conflict`. Errors: `TemporalUnreachable`, those of the ledger, and whatever `agree` throws.
 */
export async function applyConfig(
  config: Config,
  { agree, now = Date.now(), ...options }: ApplyOptions = {},
): Promise<readonly AppliedLine[]> {
  const target = temporalAddress(config);
  const client = await connectClient(target);
  try {
    const plan = await planWith(client, config, options, now);
    await agree?.(plan);
    await ensureSearchAttributes(client.connection, target.namespace);
    await beginCoverage(config, now);
    const applied = await carryOutPlan(client, taskQueue, plan.schedules);
    return plan.lines.map((line, i) => ({ ...line, done: applied[i]?.done ?? 'unchanged' }));
  } finally {
    await client.close();
  }
}

/** From here on coverage counts, even if no worker runs yet: what is missed by then is a gap and not nothing. */
async function beginCoverage(config: Config, now: number): Promise<void> {
  await writeLedger(config, async (ledger) => {
    for (const { source, stream } of knownStreams(config)) await ledger.apply({ source, stream }, now);
  });
}
