import type { Config } from '../config/load.ts';
import { formatStreamId } from '../core/ids.ts';
import { derivePositionState, type PositionState } from '../core/position-states.ts';
import { nextTick } from '../core/ticks.ts';
import { DAY, dayOf } from '../core/time.ts';
import type { Position } from '../ledger/ledger.ts';
import { readLedger, type LedgerReader } from './ledger.ts';
import { knownStreams, type KnownStream } from './streams.ts';

/** Where a sequence or a stream of reports stands; neither is a matter of windows. Instants in ms since the epoch. */
export interface PositionStatus {
  readonly stream: string;
  readonly shape: 'sequence' | 'report';
  readonly state: PositionState;
  /** A cursor; of reports the UTC day before which everything is held. */
  readonly position: string | undefined;
  /** How many records the vendor said were still ahead. */
  readonly ahead: number | undefined;
  /** When the vendor last had nothing more. */
  readonly endedAt: number | undefined;
  /** Of what was sealed in the last 24 hours. */
  readonly recordsLastDay: number;
  /** When its schedule asks for it next. */
  readonly nextRun: number;
  readonly failure: Position['failure'];
}

/** From the ledger alone, in the order of the configuration. */
export async function readPositions(config: Config, now: number): Promise<readonly PositionStatus[]> {
  const streams = knownStreams(config).filter(({ shape }) => shape !== 'window');
  if (streams.length === 0) return [];
  return await readLedger(config, (ledger) => Promise.all(streams.map((stream) => statusOf(ledger, stream, now))));
}

async function statusOf(ledger: LedgerReader, stream: KnownStream, now: number): Promise<PositionStatus> {
  const position = await ledger.position(stream);
  return {
    stream: formatStreamId(stream),
    shape: stream.shape === 'report' ? 'report' : 'sequence',
    state: derivePositionState(position, stream.settings.schedule.every, now),
    position: position?.cursor,
    ahead: position?.remaining ?? undefined,
    endedAt: position?.endedAt ?? undefined,
    recordsLastDay: await recordsLastDay(ledger, stream, now),
    nextRun: nextTick(stream.settings.schedule, now),
    failure: position?.failure,
  };
}

/** Reports are published within some days; portions are looked through from the newest. */
const MOST_PORTIONS = 10_000;

async function recordsLastDay(ledger: LedgerReader, stream: KnownStream, now: number): Promise<number> {
  const sealed =
    stream.shape === 'report'
      ? await ledger.reports(stream, { first: dayOf(now - 30 * DAY), last: dayOf(now) })
      : await ledger.portions(stream, MOST_PORTIONS);
  return sealed.filter(({ sealedAt }) => sealedAt > now - DAY).reduce((sum, { records }) => sum + records, 0);
}
