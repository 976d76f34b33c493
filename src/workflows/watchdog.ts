import { ApplicationFailure, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Watch } from '../activities/contract.ts';
import { waitsForPerson, type Alarm } from '../core/alarms.ts';
import { formatStreamId } from '../core/ids.ts';
import { outcomeKey } from './search-attributes.ts';
import { watch } from './steps.ts';

/**
 * Looks at everything once: what should be held, and what should have run. What it can heal it starts; the rest are alarms, facts in the ledger, which
 * `sluice status` shows. It ends as failed, under the alarm's name, only when a person must act.
 */
export async function watchdog(): Promise<Watch> {
  const found = await watch();
  setCurrentDetails(describe(found));
  const [urgent] = found.alarms.filter(waitsForPerson);
  upsertSearchAttributes([
    { key: outcomeKey, value: urgent?.kind ?? (found.alarms[0] === undefined ? 'all-well' : 'alarm') },
  ]);
  if (urgent === undefined) return found;
  const others = found.alarms.length - 1;
  const message = `${sentence(urgent)}${others === 0 ? '' : ` (and ${others} more)`}`;
  throw ApplicationFailure.create({ message, type: urgent.kind, nonRetryable: true, details: [found] });
}

function describe({ at, streams, started, alarms }: Watch): string {
  return [
    `**${streams} streams** at ${at}`,
    ...started.map((id) => `- started ${id}`),
    ...(alarms.length === 0 ? ['- all is well'] : alarms.map((alarm) => `- ${alarm.kind}: ${sentence(alarm)}`)),
  ].join('\n');
}

function sentence(alarm: Alarm): string {
  return alarm.source === '' ? alarm.message : `${formatStreamId(alarm)}: ${alarm.message}`;
}
