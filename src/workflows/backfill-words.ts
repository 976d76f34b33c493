import type { BackfillLook } from '../activities/contract.ts';
import type { IsoInterval } from '../core/time.ts';

/** What the query `progress` answers; until the first look little is known. */
export interface BackfillProgress extends Partial<BackfillLook>, Partial<IsoInterval> {
  readonly id: string;
  readonly state: BackfillLook['state'];
  readonly stream?: string;
}

/** For the Temporal UI: Markdown, small, for a person. */
export function describeBackfill(found: BackfillProgress): string {
  const { id, state, stream, from, until, failure, slices = 0, records = 0, cursor, trouble } = found;
  const { left = null, windows = null, failing = 0, lostMinutes = 0 } = found;
  return [
    `**${id} is ${state}**${failure === undefined ? '' : `: ${failure.name}: ${failure.message}`}`,
    `- ${stream ?? '?'}, [${from ?? '?'}, ${until ?? '?'})`,
    `- ${slices} slices sealed since it began, ${records} records`,
    ...(left === null || windows === null
      ? []
      : [`- ${left} of ${windows} windows left, ${failing} of them failed last time`]),
    ...(lostMinutes === 0 ? [] : [`- ${lostMinutes} minutes lost for good`]),
    ...(trouble === undefined ? [] : [`- latest trouble: ${trouble.name}: ${trouble.message}`]),
    ...(cursor === undefined ? [] : [`- its own reader stands at ${cursor}`]),
    '- updates: `pause`, `resume`, `cancel`',
  ].join('\n');
}
