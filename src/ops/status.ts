import type { Config } from '../config/load.ts';
import { startOf, windowLength } from '../core/due.ts';
import { formatStreamId, type StreamId } from '../core/ids.ts';
import { clip, intersect, lengthOf, reachFrom, subtract, union } from '../core/intervals.ts';
import { deriveState, type StreamState } from '../core/states.ts';
import { nextTick } from '../core/ticks.ts';
import type { AppliedStream, Coverage } from '../ledger/ledger.ts';
import { readLedger, type LedgerReader } from './ledger.ts';
import { isWindowStream, knownStreams, type KnownWindowStream } from './streams.ts';

export interface StreamStatus extends Omit<StreamState, 'state'> {
  readonly stream: string;
  readonly state: StreamState['state'] | 'not-configured';
  /** When its schedule asks for it next, ms; absent where the configuration no longer has it. */
  readonly nextRun?: number;
  /** What is sealed, empty windows included, ms. */
  readonly held: number;
  /** Records of the slices whose time lies in the last 24 hours. */
  readonly recordsLastDay: number;
  /** Why windows are missing that were tried already; the latest failure first. */
  readonly troubles: readonly Trouble[];
}

export interface Trouble {
  /** A failure's name: see `sluice explain`. */
  readonly name: string;
  /** The latest message. */
  readonly message: string;
  readonly windows: number;
  readonly lastAt: number;
}

/**
 * What every stream holds, lacks and has lost, from the ledger alone: it needs neither Temporal nor the vendor. Streams that the ledger knows and the
 * configuration no longer has come last. Errors: `ledger-damaged`.
 * @param lostSince counts only losses from this instant on (ms); all of them without it
 */
export async function readStatus(
  config: Config,
  { now = Date.now(), lostSince = 0 }: { readonly now?: number; readonly lostSince?: number | undefined } = {},
): Promise<readonly StreamStatus[]> {
  const streams = await readAll(config, now);
  return streams.map((one) => {
    const lost = one.gaps.filter(({ state }) => state === 'lost');
    return { ...one, lost: lengthOf(clip(lost, { from: lostSince, until: Infinity })) };
  });
}

async function readAll(config: Config, now: number): Promise<readonly StreamStatus[]> {
  return await readLedger(config, async (ledger) => {
    const known = knownStreams(config).filter(isWindowStream);
    const configured = await Promise.all(known.map((stream) => statusOf(ledger, stream, now)));
    const names = new Set(knownStreams(config).map(formatStreamId));
    const orphans = (await ledger.streams()).filter((id) => !names.has(formatStreamId(id)));
    const gone = await Promise.all(orphans.map((id) => statusOfOrphan(ledger, id, now)));
    return [...configured, ...gone.flatMap((one) => one ?? [])];
  });
}

async function statusOf(ledger: LedgerReader, stream: KnownWindowStream, now: number): Promise<StreamStatus> {
  const coverage = await ledger.coverage(stream, { from: 0, until: now });
  const state = await stateOf(ledger, stream, coverage, now);
  return {
    stream: formatStreamId(stream),
    ...state,
    nextRun: nextTick(stream.settings.schedule, now),
    held: lengthOf(coverage.held),
    recordsLastDay: await recordsLastDay(ledger, stream, now),
    troubles: troublesOf(state, coverage),
  };
}

/** Without its limits and its start nothing can be said of what is missing. */
async function statusOfOrphan(ledger: LedgerReader, id: AppliedStream, now: number): Promise<StreamStatus | undefined> {
  // A sequence or a row of reports, not windows.
  if ((await ledger.position(id)) !== undefined) return undefined;
  const { held, lost, acknowledged } = await ledger.coverage(id, { from: 0, until: now });
  const known = union(held, lost);
  const watermark = reachFrom(known, known[0]?.from ?? id.appliedAt);
  return {
    stream: formatStreamId(id),
    state: 'not-configured',
    watermark,
    lag: Math.max(0, now - watermark),
    gaps: subtract(lost, acknowledged).map((one) => ({ ...one, state: 'lost' })),
    lost: lengthOf(subtract(lost, acknowledged)),
    held: lengthOf(held),
    recordsLastDay: await recordsLastDay(ledger, id, now),
    troubles: [],
  };
}

async function recordsLastDay(ledger: LedgerReader, { source, stream }: StreamId, now: number): Promise<number> {
  const hours = await ledger.recordsByHour({ source, stream }, now);
  return hours.reduce((sum, records) => sum + records, 0);
}

function troublesOf({ gaps }: StreamState, { failed }: Coverage): readonly Trouble[] {
  const healable = gaps.filter(({ state }) => state !== 'lost' && state !== 'acknowledged');
  const troubles = new Map<string, Trouble>();
  for (const one of failed.toSorted((a, b) => b.lastAt - a.lastAt)) {
    if (intersect([one], healable).length === 0) continue;
    const { name, message, lastAt } = troubles.get(one.name) ?? one;
    troubles.set(name, { name, message, lastAt, windows: (troubles.get(name)?.windows ?? 0) + 1 });
  }
  return [...troubles.values()];
}

/** Derives a stream's state; one that was never applied counts as applied now. */
export async function stateOf(
  ledger: LedgerReader,
  stream: KnownWindowStream,
  coverage: Coverage,
  now: number,
  extracting = false,
): Promise<StreamState> {
  const { settings, window } = stream;
  const applied = (await ledger.streams()).find((one) => formatStreamId(one) === formatStreamId(stream));
  return deriveState({
    ...coverage,
    extracting,
    now,
    limits: window.limits,
    window: windowLength(window, settings),
    every: settings.schedule.every,
    start: startOf(settings.start, applied?.appliedAt ?? now, window.limits),
  });
}
