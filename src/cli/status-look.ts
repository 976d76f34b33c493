import type { AlarmRow } from '../ledger/alarms.ts';
import type { Config } from '../config/load.ts';
import { readAlarms } from '../ops/alarms.ts';
import { ledgerWarnings } from '../ops/ledger.ts';
import { readPositions, type PositionStatus } from '../ops/positions.ts';
import { readStatus, type StreamStatus } from '../ops/status.ts';
import { alarmsText } from './gap-views.ts';
import { positionsText } from './position-views.ts';
import { mayPaint, type Globals } from './terminal.ts';
import { timesOf } from './times.ts';
import { statusText } from './views.ts';

/** One look at every stream, and how a person sees it. */
export interface StatusLook {
  readonly streams: readonly StreamStatus[];
  readonly positions: readonly PositionStatus[];
  readonly text: string;
  readonly alarms: readonly AlarmRow[];
  readonly warnings: readonly string[];
}

/** @param since counts losses only from this instant on, ms since the epoch */
export async function lookAtStatus(
  config: Config,
  globals: Globals,
  { now, since }: { readonly now: number; readonly since: number | undefined },
): Promise<StatusLook> {
  const { alarms, warnings: watched } = await readAlarms(config, now);
  const warnings = [...(await ledgerWarnings(config)), ...watched];
  const streams = await readStatus(config, { now, lostSince: since });
  const positions = await readPositions(config, now);
  const isPainted = mayPaint(process.stdout, globals);
  const blocks = [
    ...(streams.length === 0 ? [] : [statusText(streams, now, isPainted, timesOf(globals, now))]),
    ...(positions.length === 0 ? [] : [positionsText(positions, now, isPainted)]),
    ...(alarms.length === 0 ? [] : [alarmsText(alarms)]),
  ];
  return { streams, positions, text: blocks.join('\n\n'), alarms, warnings };
}
