import { Registry } from 'prom-client';
import type { Config } from '../config/load.ts';
import { countCells, deadlineOf, windowLength } from '../core/due.ts';
import { formatStreamId } from '../core/ids.ts';
import { lengthOf, union } from '../core/intervals.ts';
import { floorTo, fromIso, SECOND } from '../core/time.ts';
import { readLedger, type LedgerReader } from '../ops/ledger.ts';
import { LATE_AFTER_TICKS } from '../core/position-states.ts';
import { stateOf } from '../ops/status.ts';
import { isWindowStream, knownStreams, type KnownStream, type KnownWindowStream } from '../ops/streams.ts';
import { streamMetrics } from './catalogue.ts';
import { makeSeries, type Labels } from './series.ts';
import { countWanted, countWindows } from './windows.ts';

type Name = keyof typeof streamMetrics;
type Sample = readonly [name: Name, value: number, labels?: Labels];

/** Metrics that are made anew from facts. */
export interface Collected {
  readonly registry: Registry;
  /** Reads the facts and writes every series anew. Errors: those of reading; the series stay as they were then. */
  readonly collect: () => Promise<void>;
}

/** What the ledger says of the configured streams (DESIGN §5: states are derived, only facts are stored). @param clock ms since the epoch */
export function createStreamMetrics(config: Config, clock: () => number = Date.now): Collected {
  const registry = new Registry();
  const streams = knownStreams(config);
  const names = Object.keys(streamMetrics) as Name[];
  const series = new Map(names.map((name) => [name, makeSeries(name, registry)]));
  return {
    registry,
    async collect() {
      const now = clock();
      const samples = await readLedger(config, async (ledger) => {
        const all: (readonly [KnownStream, readonly Sample[]])[] = [];
        // One after the other, so that other work of this process gets its turn in between.
        for (const stream of streams) all.push([stream, await observe(ledger, stream, now)]);
        return all;
      });
      for (const one of series.values()) one.reset();
      for (const [{ source, stream }, observed] of samples) {
        for (const [name, value, labels] of observed) series.get(name)?.set({ source, stream, ...labels }, value);
      }
    },
  };
}

async function observe(ledger: LedgerReader, stream: KnownStream, now: number): Promise<readonly Sample[]> {
  const retention = stream.window?.limits.retention ?? stream.settings.limits.retention;
  return [
    ['sluice_stream_retention_seconds', retention / SECOND],
    ...(isWindowStream(stream) ? await ofWindows(ledger, stream, now) : await ofPosition(ledger, stream, now)),
  ];
}

async function ofWindows(ledger: LedgerReader, stream: KnownWindowStream, now: number): Promise<readonly Sample[]> {
  const coverage = await ledger.coverage(stream, { from: 0, until: now });
  const state = await stateOf(ledger, stream, coverage, now);
  const { limits } = stream.window;
  const window = windowLength(stream.window, stream.settings);
  const observation = { state, coverage, limits, window, now };
  const settled = floorTo(state.watermark, window) + window + limits.settling + limits.safety;
  const lost = state.gaps.filter((gap) => gap.state === 'lost');
  return [
    ['sluice_stream_watermark_timestamp_seconds', state.watermark / SECOND],
    ...lastSuccess(await ledger.lastSealedAt(stream)),
    ['sluice_stream_expected_by_timestamp_seconds', (settled + stream.settings.schedule.every) / SECOND],
    ['sluice_stream_retention_deadline_timestamp_seconds', (state.deadline ?? Infinity) / SECOND],
    ['sluice_windows_lost_total', countCells(union(lost), window)],
    ['sluice_lost_seconds_total', lengthOf(union(lost)) / SECOND],
    ...byState('sluice_windows', countWindows(observation)),
    ...byState('sluice_backfill_windows', countWanted(observation)),
  ];
}

function byState(name: Name, counts: ReadonlyMap<string, number>): readonly Sample[] {
  return [...counts].map(([state, windows]) => [name, windows, { state }]);
}

function lastSuccess(at: number | undefined): readonly Sample[] {
  return at === undefined ? [] : [['sluice_stream_last_success_timestamp_seconds', at / SECOND]];
}

/** A sequence or a row of reports: a position, and no windows. */
async function ofPosition(ledger: LedgerReader, stream: KnownStream, now: number): Promise<readonly Sample[]> {
  const position = await ledger.position(stream);
  const { settings, shape } = stream;
  // Not begun: since when it should have.
  const since = position?.endedAt ?? position?.movedAt ?? (await appliedAt(ledger, stream)) ?? now;
  const expectedBy = since + LATE_AFTER_TICKS * settings.schedule.every;
  const day = shape === 'report' && position !== undefined ? fromIso(position.cursor) : undefined;
  const ended = Math.max(position?.endedAt ?? 0, (await ledger.lastSealedAt(stream)) ?? 0);
  const watermark = shape === 'report' ? day : (position?.endedAt ?? undefined);
  const isBehind = now > expectedBy || position?.failure !== undefined;
  const deadline = day !== undefined && isBehind ? deadlineOf(settings.limits, { from: day, until: day }) : Infinity;
  const remaining = shape === 'sequence' ? position?.remaining : undefined;
  return [
    ...(watermark === undefined ? [] : [['sluice_stream_watermark_timestamp_seconds', watermark / SECOND] as const]),
    ...lastSuccess(ended === 0 ? undefined : ended),
    ['sluice_stream_expected_by_timestamp_seconds', expectedBy / SECOND],
    ['sluice_stream_retention_deadline_timestamp_seconds', deadline / SECOND],
    ...(typeof remaining === 'number' ? [['sluice_cursor_items_behind', remaining] as const] : []),
  ];
}

async function appliedAt(ledger: LedgerReader, stream: KnownStream): Promise<number | undefined> {
  return (await ledger.streams()).find((one) => formatStreamId(one) === formatStreamId(stream))?.appliedAt;
}
