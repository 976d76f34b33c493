import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import { startOf } from '../core/due.ts';
import { formatStreamId } from '../core/ids.ts';
import { deriveState, type StreamState } from '../core/states.ts';
import { DAY } from '../core/time.ts';
import type { Coverage, Ledger } from '../ledger/ledger.ts';
import { openLedger } from '../ledger/open.ts';
import { knownStreams, type KnownStream } from './streams.ts';

export interface StreamStatus extends StreamState {
  readonly stream: string;
  /** Records with which slices of the last 24 hours were sealed. */
  readonly recordsLastDay: number;
  readonly configured: boolean;
}

/**
 * What every stream holds, lacks and has lost, from the ledger alone: it needs neither Temporal nor the vendor. Streams that the ledger knows and the
 * configuration no longer has come last. Errors: `ledger-damaged`.
 */
export async function readStatus(config: Config, now = Date.now()): Promise<readonly StreamStatus[]> {
  const ledger = await openLedger(locations(config).ledger);
  try {
    const applied = await ledger.streams();
    const known = knownStreams(config);
    const configured = await Promise.all(known.map((stream) => statusOf(ledger, stream, now)));
    const names = new Set(known.map(formatStreamId));
    const orphans = applied.filter((id) => !names.has(formatStreamId(id)));
    const left = orphans.map((id): StreamStatus => ({
      stream: formatStreamId(id),
      state: 'settling',
      watermark: id.appliedAt,
      lag: 0,
      gaps: [],
      lost: 0,
      recordsLastDay: 0,
      configured: false,
    }));
    return [...configured, ...left];
  } finally {
    await ledger.close();
  }
}

async function statusOf(ledger: Ledger, stream: KnownStream, now: number): Promise<StreamStatus> {
  const coverage = await ledger.coverage(stream, { from: 0, until: now });
  const slices = await ledger.slices(stream, { from: now - DAY, until: now });
  return {
    stream: formatStreamId(stream),
    ...(await stateOf(ledger, stream, coverage, now)),
    recordsLastDay: slices.reduce((sum, slice) => sum + slice.records, 0),
    configured: true,
  };
}

/** Derives a stream's state; one that was never applied counts as applied now. */
export async function stateOf(
  ledger: Ledger,
  stream: KnownStream,
  coverage: Coverage,
  now: number,
): Promise<StreamState> {
  const { settings, window } = stream;
  const applied = (await ledger.streams()).find((one) => formatStreamId(one) === formatStreamId(stream));
  return deriveState({
    ...coverage,
    now,
    limits: window.limits,
    window: settings.window,
    every: settings.schedule.every,
    start: startOf(settings.start, applied?.appliedAt ?? now, window.limits),
  });
}
