import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import { openLedger } from '../ledger/open.ts';
import { connectClient } from '../temporal/connect.ts';
import { applySchedules, type ScheduleChange } from '../temporal/schedules.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { taskQueue, temporalAddress } from './connection.ts';
import { wantedSchedules } from './schedules.ts';
import { knownStreams } from './streams.ts';

/** Makes search attributes and schedules what the configuration says. May be repeated. Errors: `TemporalUnreachable`. */
export async function applyConfig(config: Config, now = Date.now()): Promise<readonly ScheduleChange[]> {
  const target = temporalAddress(config);
  const client = await connectClient(target);
  try {
    await ensureSearchAttributes(client.connection, target.namespace);
    const streams = knownStreams(config);
    const ledger = await openLedger(locations(config).ledger);
    try {
      // From here on coverage counts, even if no worker runs yet: what is missed by then is a gap and not nothing.
      for (const { source, stream } of streams) await ledger.apply({ source, stream }, now);
    } finally {
      await ledger.close();
    }
    return await applySchedules(client, taskQueue, wantedSchedules(config));
  } finally {
    await client.close();
  }
}
