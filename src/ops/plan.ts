import type { Config } from '../config/load.ts';
import { isPull } from '../core/ids.ts';
import { ticksAfter } from '../core/ticks.ts';
import { connectClient, type OwnClient } from '../temporal/connect.ts';
import { planSchedules, type PlannedSchedule, type PlanOptions } from '../temporal/schedules.ts';
import { taskQueue, temporalAddress } from './connection.ts';
import { consequencesOf } from './consequences.ts';
import { readLedger } from './ledger.ts';
import { wantedSchedules } from './wanted-schedules.ts';

/** A line of a plan: what `sluice apply` does with one schedule, and what comes of it. Instants in ms since the epoch. */
export interface PlanLine extends Pick<
  PlannedSchedule,
  'id' | 'about' | 'action' | 'changes' | 'drift' | 'orphaned' | 'paused'
> {
  /** The next times it runs once the plan is applied; none while it is paused. */
  readonly next: readonly number[];
  /** What the change means for what is pulled, held and lost. */
  readonly consequences: readonly string[];
}

export interface ConfigPlan {
  readonly namespace: string;
  readonly lines: readonly PlanLine[];
  /** As the server had them, for `apply`. */
  readonly schedules: readonly PlannedSchedule[];
}

/** Compares the configuration with the schedules of its server; changes nothing, also not in the ledger. Errors: `TemporalUnreachable`. */
export async function planConfig(config: Config, options: PlanOptions, now = Date.now()): Promise<ConfigPlan> {
  const client = await connectClient(temporalAddress(config));
  try {
    return await planWith(client, config, options, now);
  } finally {
    await client.close();
  }
}

export async function planWith(
  client: OwnClient,
  config: Config,
  options: PlanOptions,
  now: number,
): Promise<ConfigPlan> {
  const schedules = await planSchedules(client, taskQueue, wantedSchedules(config), options);
  const orphans = schedules.filter(({ id, orphaned }) => orphaned && isPull(id)).map(({ about }) => about);
  const lines = await readLedger(config, (ledger) =>
    Promise.all(
      schedules.map(async (schedule) => {
        const { id, about, action, changes, drift, orphaned, paused } = schedule;
        const consequences = await consequencesOf(schedule, { config, ledger, orphans, now });
        const line = { id, about, action, changes, drift, orphaned, next: nextRuns(schedule, now), consequences };
        return paused === undefined ? line : { ...line, paused };
      }),
    ),
  );
  return { namespace: client.options.namespace, lines, schedules };
}

/** Whether `apply` would do anything. What was changed by hand and stays is no change. */
export function hasChanges({ lines }: Pick<ConfigPlan, 'lines'>): boolean {
  return lines.some(({ action }) => action !== 'none' && action !== 'foreign');
}

const RUNS_SHOWN = 5;

function nextRuns({ action, paused, wanted, drift, present }: PlannedSchedule, now: number): readonly number[] {
  if (wanted === undefined || action === 'foreign' || (paused !== undefined && action !== 'resume')) return [];
  const isByHand = drift.some(({ what, kept }) => what === 'when' && kept);
  if (!isByHand) return ticksAfter(wanted, now, RUNS_SHOWN);
  return (present?.info.nextActionTimes ?? []).slice(0, RUNS_SHOWN).map((time) => time.getTime());
}
