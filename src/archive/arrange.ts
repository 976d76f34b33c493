import type { Breathe } from './breath.ts';
import { digestOf } from './digest.ts';
import { dropRepeats, startOf } from './repeats.ts';
import { loadRecords, type OpenSegment, type StagedRun, type StagedRecords } from './segment-index.ts';
import { sorted } from './sort.ts';
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

/** Decides from the segments' indexes what the slice holds: each id once, by (event time, id), whatever order the pages came in. */
export async function arrange(segments: readonly OpenSegment[], breathe: Breathe): Promise<Arrangement> {
  const records = await loadRecords(segments, breathe);
  const kept = await dropRepeats(records, breathe);
  const digest = await digestOf(records.hashes, kept.records, breathe);
  const order = await byTimeAndId(records, kept.records, breathe);
  const { pages, runs, runOf, times, lengths } = records;
  return { order, pages, runs, runOf, times, lengths, repeats: kept.repeats, conflicts: kept.conflicts, digest };
}

async function byTimeAndId(
  { times, ids, idEnds }: StagedRecords,
  kept: Uint32Array,
  breathe: Breathe,
): Promise<Uint32Array> {
  let earliest = Infinity;
  let latest = -Infinity;
  for (const record of kept) {
    earliest = Math.min(earliest, at(times, record));
    latest = Math.max(latest, at(times, record));
  }
  const rank = (record: number): number => at(times, record) - earliest;
  const compare = (a: number, b: number): number =>
    at(times, a) - at(times, b) ||
    compareWithin(ids, startOf(idEnds, a), at(idEnds, a), startOf(idEnds, b), at(idEnds, b));
  return await sorted(kept, { rank, most: kept.length === 0 ? 0 : latest - earliest, compare }, breathe);
}
