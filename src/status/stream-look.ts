import type { Config } from '../config/load.ts';
import { HOUR, type Interval } from '../core/time.ts';
import type { AlarmRow } from '../ledger/alarms.ts';
import { readRuns, type OverviewRow } from '../ops/coverage.ts';
import { readSliceDetails } from '../ops/slice-details.ts';
import { readSlices } from '../ops/slices.ts';
import { isWindowStream, type KnownStream } from '../ops/streams.ts';
import type { TypedRange } from './asked-range.ts';
import type { FormKey } from './form-view.ts';
import type { Links } from './links.ts';
import { positionMain } from './position-page.ts';
import { planPicked } from './range-plan.ts';
import { streamMain } from './stream-page.ts';

export interface StreamLook {
  /** What somebody picked of its axis. */
  readonly picked: Interval | undefined;
  /** What somebody typed that is no range. */
  readonly typed: TypedRange | undefined;
  readonly now: number;
  readonly links: Links;
  /** Absent: from here nobody may act. */
  readonly key: FormKey | undefined;
  /** The stream's own that stand. */
  readonly alarms: readonly AlarmRow[];
  /** What came of an action. */
  readonly said?: string | undefined;
}

const MOST_SLICES = 200;

/** Gathers what the page of a stream shows, by the stream's shape. @param row as the first page has it */
export async function showStream(config: Config, stream: KnownStream, row: OverviewRow | undefined, look: StreamLook) {
  const { picked, now } = look;
  const plan = picked === undefined ? undefined : await planPicked(config, stream, picked, now);
  if (row?.shape !== 'window' || !isWindowStream(stream))
    return await positionMain(config, stream, row, { ...look, plan });
  const within = around(picked, now);
  const asked = { within: picked ?? within, limit: MOST_SLICES, now };
  const { stretches, omitted } = await readSlices(config, stream, asked);
  const runs = await readRuns(config, stream, within, now);
  const details = await readSliceDetails(config, stream, picked === undefined ? [] : stretches);
  return streamMain({ ...look, row, runs, within, stretches, omitted, plan, details });
}

/** The day that ends now, or longer, so that what was picked can be seen where it lies. */
function around(picked: Interval | undefined, now: number): Interval {
  const from = Math.min(now - 24 * HOUR, (picked?.from ?? now) - HOUR);
  return { from, until: now };
}
