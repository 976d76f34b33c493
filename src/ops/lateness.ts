import type { Config } from '../config/load.ts';
import { formatStreamId } from '../core/ids.ts';
import { latenessQuantile } from '../core/lateness.ts';
import { countsDiffer } from '../core/watch.ts';
import { ALL_TIME, type Interval } from '../core/time.ts';
import { readLedger } from './ledger.ts';
import { isWindowStream, knownStreams } from './streams.ts';

/** How late a stream's records were, and how its vendor's counts compare with what is held. Lengths of time in ms. */
export interface LatenessStatus {
  readonly stream: string;
  /** How long after its end a window is taken for complete. */
  readonly settling: number;
  /** Looks at sealed windows. */
  readonly looks: number;
  readonly records: number;
  /** Records that a later look found. */
  readonly late: number;
  /** Records that the vendor gave in another form later. */
  readonly changed: number;
  /** So late were half of the late records at most, and 99 in a hundred, and the latest; 0 when none was. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  /** Slices whose vendor counts otherwise, and by how many records in all. */
  readonly counts: { readonly slices: number; readonly reported: number; readonly held: number };
}

/** Of the window streams, from the ledger alone, over all looks that were ever made. */
export async function readLateness(config: Config): Promise<readonly LatenessStatus[]> {
  const within: Interval = ALL_TIME;
  return await readLedger(config, (ledger) =>
    Promise.all(
      knownStreams(config)
        .filter(isWindowStream)
        .map(async (stream) => {
          const looks = await ledger.looks(stream, within);
          const slices = await ledger.slices(stream, within);
          const lateness = await ledger.lateness(stream);
          const differing = countsDiffer(slices);
          return {
            stream: formatStreamId(stream),
            settling: stream.window.limits.settling,
            looks: looks.length,
            records: slices.reduce((sum, { records }) => sum + records, 0),
            late: looks.reduce((sum, { late }) => sum + late, 0),
            changed: looks.reduce((sum, { changed }) => sum + changed, 0),
            p50: latenessQuantile(lateness, 0.5),
            p99: latenessQuantile(lateness, 0.99),
            most: lateness.most,
            counts: {
              slices: differing.length,
              reported: differing.reduce((sum, { reported }) => sum + reported, 0),
              held: differing.reduce((sum, { records }) => sum + records, 0),
            },
          };
        }),
    ),
  );
}
