import type { Breathe } from './breath.ts';
import { NO_CONTEXT } from './context.ts';
import { digestOf } from './digest.ts';
import { dropRepeats, startOf, type Kept } from './repeats.ts';
import { loadRecords, type OpenSegment, type StagedRun, type StagedRecords } from './segment-index.ts';
import { sorted, type SortKey } from './sort.ts';
import { at, compareWithin } from './typed.ts';

/** The records of a slice in their final order, and what copying them needs to know: ids and hashes are let go. */
export interface Arrangement {
  readonly order: Uint32Array;
  readonly pages: number;
  readonly runs: readonly StagedRun[];
  readonly runOf: Uint32Array;
  readonly times: Float64Array;
  readonly lengths: Uint32Array;
  readonly repeats: number;
  readonly conflicts: number;
  readonly digest: string;
}

/**
 * Decides from the segments' indexes what the slice holds: each id once, by context, and in it by (event time, id), whatever order the pages
 * came in.
 */
export async function arrange(
  segments: readonly OpenSegment[],
  { keepRepeats = false }: { readonly keepRepeats?: boolean | undefined },
  breathe: Breathe,
): Promise<Arrangement> {
  const records = await loadRecords(segments, breathe);
  const kept = keepRepeats ? allOf(records) : await dropRepeats(records, breathe);
  const digest = await digestOf(records.hashes, kept.records, breathe);
  return { ...(await arranged(records, kept, breathe)), digest };
}

/** Everything but the digest, for some of the records. */
export async function arranged(
  records: StagedRecords,
  { records: kept, repeats, conflicts }: Kept,
  breathe: Breathe,
): Promise<Omit<Arrangement, 'digest'>> {
  const order = await inOrder(records, kept, breathe);
  const { pages, runs, runOf, times, lengths } = records;
  return { order, pages, runs, runOf, times, lengths, repeats, conflicts };
}

function allOf({ count }: StagedRecords): Kept {
  return { records: Uint32Array.from({ length: count }, (_, record) => record), repeats: 0, conflicts: 0 };
}

async function inOrder(records: StagedRecords, kept: Uint32Array, breathe: Breathe): Promise<Uint32Array> {
  const contextOf = (record: number): string => records.runs[at(records.runOf, record)]?.context ?? NO_CONTEXT;
  const contexts = [...new Set(records.runs.map((run) => run.context))].toSorted();
  if (contexts.length <= 1) return await byTimeAndId(records, kept, breathe);
  const order = new Uint32Array(kept.length);
  let filled = 0;
  for (const context of contexts) {
    const those = kept.filter((record) => contextOf(record) === context);
    order.set(await byTimeAndId(records, those, breathe), filled);
    filled += those.length;
  }
  return order;
}

async function byTimeAndId(records: StagedRecords, kept: Uint32Array, breathe: Breathe): Promise<Uint32Array> {
  return await sorted(kept, new ByTimeAndId(records, kept), breathe);
}

class ByTimeAndId implements SortKey {
  private readonly records: StagedRecords;
  private readonly earliest: number;
  readonly most: number;

  constructor(records: StagedRecords, kept: Uint32Array) {
    let earliest = Infinity;
    let latest = -Infinity;
    for (const record of kept) {
      earliest = Math.min(earliest, at(records.times, record));
      latest = Math.max(latest, at(records.times, record));
    }
    this.records = records;
    this.earliest = earliest;
    this.most = kept.length === 0 ? 0 : latest - earliest;
  }

  rank(record: number): number {
    return at(this.records.times, record) - this.earliest;
  }

  compare(a: number, b: number): number {
    const { times, ids, idEnds } = this.records;
    return (
      at(times, a) - at(times, b) ||
      compareWithin(ids, startOf(idEnds, a), at(idEnds, a), startOf(idEnds, b), at(idEnds, b))
    );
  }
}
