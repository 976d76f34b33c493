import type { Config } from '../config/load.ts';
import { formatStreamId, type StreamId } from '../core/ids.ts';
import { nearest } from '../core/nearest.ts';
import { intersect, union } from '../core/intervals.ts';
import { troubledStates, type GapState } from '../core/states.ts';
import type { Interval } from '../core/time.ts';
import type { AcknowledgementRow } from '../ledger/acknowledgements.ts';
import type { AlarmRow } from '../ledger/alarms.ts';
import { reasonOf, type Circumstances, type Reason } from './gap-reasons.ts';
import { readLedger, type LedgerReader } from './ledger.ts';
import { readPositions, type PositionStatus } from './positions.ts';
import { probeTemporal, type Probe } from './probe.ts';
import { explainGaps } from './slices.ts';
import { stateOf } from './status.ts';
import { isWindowStream, knownStreams, type KnownStream, type KnownWindowStream } from './streams.ts';
import { UsageError } from './usage-error.ts';

/** Something that should be held and is not. Instants in ms since the epoch, intervals half-open. */
export interface GapRow {
  readonly stream: string;
  readonly shape: 'window' | 'sequence' | 'report';
  readonly state: GapState;
  /** Of a window stream; a sequence and reports have no stretch of time that is missing. */
  readonly range?: Interval;
  /** When the vendor forgets the first of it. */
  readonly deadline?: number;
  /** The time until then, ms. */
  readonly left?: number;
  readonly reason: Reason;
  readonly acknowledged?: Pick<AcknowledgementRow, 'by' | 'at'>;
}

export interface GapsAsked {
  readonly now?: number;
  /** Only the streams of this source. */
  readonly source?: string | undefined;
  /** Whether to ask the Temporal server for reasons that the ledger does not know. */
  readonly online: boolean;
}

/**
 * What every stream lacks, the nearest deadline first, lost and acknowledged stretches last. Errors: those of the ledger; {@link UsageError} for a source
 * that the configuration does not have.
 */
export async function readGaps(config: Config, asked: GapsAsked): Promise<readonly GapRow[]> {
  const { now = Date.now(), source, online } = asked;
  if (source !== undefined) mustKnow(config, source);
  const streams = knownStreams(config).filter((one) => source === undefined || one.source === source);
  const before = await readAll(config, streams, now, undefined);
  const isOpen = ({ state }: GapRow): boolean => state !== 'lost' && state !== 'acknowledged';
  if (!online || !before.some(isOpen)) return before;
  const troubled = new Set(before.filter(isOpen).map(({ stream }) => stream));
  const probe = await probeTemporal(
    config,
    streams.filter((id) => troubled.has(formatStreamId(id))),
  );
  return await readAll(config, streams, now, probe ?? null);
}

function mustKnow(config: Config, source: string): void {
  if (config.sources.has(source)) return;
  const mean = nearest(source, config.sources.keys());
  const rest = mean === undefined ? `It has: ${[...config.sources.keys()].join(', ')}` : `Did you mean ${mean}?`;
  throw new UsageError(`there is no source ${JSON.stringify(source)} in ${config.file}. ${rest}`);
}

async function readAll(
  config: Config,
  streams: readonly KnownStream[],
  now: number,
  probe: Probe | null | undefined,
): Promise<readonly GapRow[]> {
  const names = new Set(streams.map(formatStreamId));
  const positions = (await readPositions(config, now)).filter(({ stream }) => names.has(stream));
  return await readLedger(config, async (ledger) => {
    const alarms = await ledger.alarms();
    const watchedAt = await ledger.watchedAt();
    const circumstancesOf = (id: StreamId): Circumstances => ({
      alarms: alarms.filter((alarm) => concerns(alarm, id)),
      watchedAt,
      temporal: probe && { hasWorkers: probe.hasWorkers, stream: probe.streams.get(formatStreamId(id)) },
      now,
    });
    const windows = await Promise.all(
      streams.filter(isWindowStream).map((stream) => gapsOf(ledger, stream, circumstancesOf(stream))),
    );
    const others = positions.flatMap((one) => {
      const id = streams.find((stream) => formatStreamId(stream) === one.stream);
      return id === undefined ? [] : gapOfPosition(one, circumstancesOf(id));
    });
    return [...windows.flat(), ...others].toSorted(byUrgency);
  });
}

const concerns = (alarm: AlarmRow, { source, stream }: StreamId): boolean =>
  alarm.source === '' || (alarm.source === source && alarm.stream === stream);

async function gapsOf(
  ledger: LedgerReader,
  stream: KnownWindowStream,
  circumstances: Circumstances,
): Promise<readonly GapRow[]> {
  const { now, temporal } = circumstances;
  const coverage = await ledger.coverage(stream, { from: 0, until: now });
  const extracting = temporal?.stream?.extractor.running === true;
  const { gaps } = await stateOf(ledger, stream, coverage, now, extracting);
  const acknowledgements = await ledger.acknowledgements(stream);
  const facts = { failed: coverage.failed, losses: await ledger.losses(stream), acknowledgements };
  return explainGaps(gaps, stream.window.limits, facts).map((gap): GapRow => {
    const { from, until, deadline, failure, reason = '' } = gap;
    const state = gap.state as GapState;
    const said = acknowledgements.find((one) => intersect(union([one]), union([gap])).length > 0);
    return {
      stream: formatStreamId(stream),
      shape: 'window',
      state,
      range: { from, until },
      ...(deadline !== undefined && { deadline, left: Math.max(0, deadline - now) }),
      ...(state === 'acknowledged' && said && { acknowledged: { by: said.by, at: said.at } }),
      reason: reasonFor({ state, failure, reason }, circumstances),
    };
  });
}

function reasonFor(
  {
    state,
    failure,
    reason,
  }: { readonly state: GapState; readonly failure: string | undefined; readonly reason: string },
  circumstances: Circumstances,
): Reason {
  if (state === 'acknowledged') return { name: 'acknowledged', message: reason };
  if (state === 'lost')
    return { name: 'retention-passed', message: reason === '' ? 'the vendor has forgotten it' : reason };
  if (failure !== undefined && state !== 'extracting') return { name: failure, message: reason };
  return reasonOf(circumstances);
}

/** A sequence or reports that are where they should be have no gap. */
function gapOfPosition(
  { stream, shape, state, failure }: PositionStatus,
  circumstances: Circumstances,
): readonly GapRow[] {
  if (state === 'current') return [];
  const isRunning = circumstances.temporal?.stream?.extractor.running === true;
  const reason = failure === undefined || isRunning ? reasonOf(circumstances) : failure;
  const { name, message } = reason;
  return [{ stream, shape, state: isRunning ? 'extracting' : state, reason: { name, message } }];
}

function byUrgency(a: GapRow, b: GapRow): number {
  const rank = ({ state }: GapRow): number => ['acknowledged', 'lost'].indexOf(state);
  return (
    rank(a) - rank(b) ||
    (a.deadline ?? Infinity) - (b.deadline ?? Infinity) ||
    (a.range?.from ?? 0) - (b.range?.from ?? 0) ||
    (a.stream < b.stream ? -1 : 1)
  );
}

/** What `--check` makes of gaps: the gravest of data lost, and of something that is late, failed or at risk. */
export function verdictOf(gaps: readonly Pick<GapRow, 'state'>[]): 'lost' | 'troubled' | 'well' {
  if (gaps.some(({ state }) => state === 'lost')) return 'lost';
  return gaps.some(({ state }) => troubledStates.includes(state)) ? 'troubled' : 'well';
}
