import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config/load.ts';
import { HOUR, SECOND } from '../core/time.ts';
import type { SealedRef } from '../ledger/ledger.ts';
import { readLedger } from './ledger.ts';
import { linesOf, type RecordsAsked } from './records.ts';
import type { KnownStream } from './streams.ts';

export interface TapOptions extends Pick<RecordsAsked, 'verbatim' | 'view'> {
  /** Slices that were sealed at or after this instant, ms since the epoch, and then those that are sealed meanwhile. */
  readonly since: number;
  /** Ends it, between two records. */
  readonly interrupted: AbortSignal;
  /** Hears of each slice before its records come. */
  readonly onSlice: (slice: SealedRef) => void;
}

const EVERY = SECOND;
/**
 * A slice is written into the ledger some time after the moment that its manifest names, by another machine's clock perhaps: slices of this much longer
 * ago are looked at again and again, and those that were seen are left out.
 */
const OVERLAP = HOUR;

/**
 * The records of a stream as its slices are sealed, a line each as `sluice records` has it, each slice once. Ends only when it is interrupted.
 * Errors: those of the ledger, `archive-damaged`, `UsageError` for a view that the stream does not have.
 */
export async function* tapRecords(
  config: Config,
  stream: KnownStream,
  { since, interrupted, onSlice, ...asked }: TapOptions,
): AsyncGenerator<Uint8Array> {
  const lines = linesOf(config, stream, asked);
  const look = (from: number): Promise<readonly SealedRef[]> =>
    readLedger(config, (ledger) => ledger.sealedSince(stream, from));
  // What was sealed before is not for us, though its place is in the overlap.
  const before = (await look(since - OVERLAP)).filter(({ sealedAt }) => sealedAt < since);
  const seen = new Map(before.map(({ manifest, sealedAt }) => [manifest, sealedAt]));
  let newest = since;
  while (!interrupted.aborted) {
    for (const slice of (await look(newest - OVERLAP)).filter(({ manifest }) => !seen.has(manifest))) {
      seen.set(slice.manifest, slice.sealedAt);
      newest = Math.max(newest, slice.sealedAt);
      onSlice(slice);
      for await (const line of lines(slice.manifest)) {
        if (interrupted.aborted) return;
        yield line;
      }
    }
    for (const [manifest, sealedAt] of seen) if (sealedAt < newest - OVERLAP) seen.delete(manifest);
    await pause(EVERY, undefined, { signal: interrupted }).catch(() => undefined);
  }
}
