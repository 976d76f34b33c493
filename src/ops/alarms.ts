import type { Config } from '../config/load.ts';
import { waitsForPerson } from '../core/alarms.ts';
import { formatDuration } from '../core/time.ts';
import type { AlarmRow } from '../ledger/alarms.ts';
import { SILENT_AFTER } from './gap-reasons.ts';
import { readLedger } from './ledger.ts';

export interface AlarmsStatus {
  /** The alarms that stand, the latest first. */
  readonly alarms: readonly AlarmRow[];
  /** When the watchdog last looked, ms; undefined where it never did. */
  readonly watchedAt: number | undefined;
  /** What a person should hear of the watchdog itself. */
  readonly warnings: readonly string[];
}

/** What the watchdog found, from the ledger alone. */
export async function readAlarms(config: Config, now = Date.now()): Promise<AlarmsStatus> {
  return await readLedger(config, async (ledger) => {
    const watchedAt = await ledger.watchedAt();
    const isSilent = watchedAt !== undefined && now - watchedAt > SILENT_AFTER;
    const warning = `the watchdog has not looked for ${formatDuration(now - (watchedAt ?? now))}: is a worker up, and its schedule \`watchdog\` running?`;
    return { alarms: await ledger.alarms(), watchedAt, warnings: isSilent ? [warning] : [] };
  });
}

/** The alarms that `--check` counts: those that wait for a person and that no state of a gap tells already. */
export function alarmsToCheck(alarms: readonly AlarmRow[]): readonly AlarmRow[] {
  return alarms.filter((alarm) => waitsForPerson(alarm) && alarm.kind !== 'at-risk');
}
