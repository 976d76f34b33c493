import type { Config } from '../config/load.ts';
import { formatStreamId, type StreamId } from '../core/ids.ts';
import { subtract, union, type IntervalSet } from '../core/intervals.ts';
import { fromIso, toIso, type Interval } from '../core/time.ts';
import { readGaps } from './gaps.ts';
import { writeLedger } from './ledger.ts';
import { pullStream, type PullOptions, type PullResult } from './pull.ts';
import { knownStreams, type KnownStream } from './streams.ts';
import { UsageError } from './usage-error.ts';

export interface HealedStream extends PullResult {
  readonly stream: string;
}

/**
 * Pulls streams so that what they lack, and can still be had, is extracted; a range is made wanted first. Waits for what comes of each.
 * Errors: `TemporalUnreachable`, those of the ledger.
 */
export async function healGaps(
  config: Config,
  streams: readonly KnownStream[],
  options: PullOptions,
): Promise<readonly HealedStream[]> {
  return await Promise.all(
    streams.map(async (stream) => ({
      stream: formatStreamId(stream),
      ...(await pullStream(config, stream, options)),
    })),
  );
}

/** The streams that lack something that can still be had. */
export async function streamsWithGaps(config: Config, now = Date.now()): Promise<readonly KnownStream[]> {
  const gaps = await readGaps(config, { now, online: false });
  const names = new Set(gaps.filter(({ state }) => !['lost', 'acknowledged'].includes(state)).map((gap) => gap.stream));
  return knownStreams(config).filter((stream) => names.has(formatStreamId(stream)));
}

/**
 * Reads the range of an acknowledgement: ISO 8601 with a zone, half-open.
 * @throws UsageError when it is none, or lies ahead
 */
export function readPastRange(
  text: { readonly from: string | undefined; readonly to: string | undefined },
  now = Date.now(),
): Interval {
  const [from, until] = (['from', 'to'] as const).map((flag) => {
    const written = text[flag];
    if (written === undefined) throw new UsageError(`--${flag} is missing: which stretch is it about?`);
    const instant = fromIso(written);
    if (instant !== undefined) return instant;
    throw new UsageError(`--${flag} ${written} is no date or time with a zone, such as 2026-11-21T09:00Z`);
  }) as [number, number];
  if (until <= from) throw new UsageError(`--from ${toIso(from)} is not before --to ${toIso(until)}`);
  if (until > now)
    throw new UsageError(`--to ${toIso(until)} lies ahead: only what is missing by now can be acknowledged`);
  return { from, until };
}

/**
 * Records that somebody knows of a gap, and why: it is told as `acknowledged` from then on. What of the range is held is left out.
 * @returns what was acknowledged
 * @throws UsageError when nothing of the range is missing
 */
export async function acknowledgeGap(
  config: Config,
  { source, stream }: StreamId,
  range: Interval,
  said: { readonly why: string; readonly by: string },
  now = Date.now(),
): Promise<IntervalSet> {
  const id = { source, stream };
  return await writeLedger(config, async (ledger) => {
    const { held } = await ledger.coverage(id, range);
    const missing = subtract(union([range]), held);
    if (missing.length === 0) {
      throw new UsageError(
        `nothing is missing in [${toIso(range.from)}, ${toIso(range.until)}) of ${formatStreamId(id)}`,
      );
    }
    for (const one of missing) await ledger.acknowledge(id, one, said, now);
    return missing;
  });
}

/** Takes acknowledgements back. @returns what had been acknowledged in the range */
export async function unacknowledgeGap(
  config: Config,
  { source, stream }: StreamId,
  range: Interval,
): Promise<IntervalSet> {
  const id = { source, stream };
  return await writeLedger(config, async (ledger) => {
    const known = union(await ledger.acknowledgements(id));
    const undone = subtract(known, subtract(known, union([range])));
    await ledger.unacknowledge(id, range);
    return undone;
  });
}
