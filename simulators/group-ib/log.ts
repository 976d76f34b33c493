import { replaceMember } from '../kit/json-bytes.ts';
import { DAY, type Draft, type Given, type Source } from './drafts.ts';

/** A version of an item, at its place in the order of the seqUpdates. */
export interface Row {
  readonly entity: number;
  readonly first: number;
  readonly time: number;
  readonly seq: bigint;
  readonly position: number;
  /** Where the run of those begins that tie with it when the vendor lets items tie. */
  readonly tie: number;
  readonly given: Given | null;
  /** A later version took its place: "the item gets a new parameter and automatically rises". */
  replaced: boolean;
}

/** All versions of a collection's items that there ever were; what is written stays as it is. */
export interface Log {
  readonly rows: readonly Row[];
  /** Takes in what has become due by an instant, ms. */
  advance(now: number): void;
  /** Writes a version that is there at once. Throws a RangeError for a seqUpdate below the last. */
  append(draft: Draft): Row;
}

/** @param number the seqUpdate that belongs to an instant; equal or lower ones are counted up. */
export function createLog(source: Source, number: (time: number) => bigint): Log {
  const rows: Row[] = [];
  const latest = new Map<number, Row>();
  let pending: readonly Draft[] = [];
  let at = 0;
  let day = source.firstDay;
  return { rows, advance, append };

  function advance(now: number): void {
    for (;;) {
      const draft = pending[at];
      if (draft !== undefined) {
        if (draft.due > now) return;
        append(draft);
        at++;
      } else if (day > source.lastDay || day * DAY > now) return;
      else {
        pending = source.draftsOf(day++);
        at = 0;
      }
    }
  }

  function append({ entity, first, time, joins, given }: Draft): Row {
    const last = rows.at(-1);
    const next = last === undefined ? 0n : last.seq + 1n;
    const ownSeq = given?.seq ?? null;
    if (ownSeq !== null && last !== undefined && ownSeq < last.seq)
      throw new RangeError(`seqUpdate ${ownSeq} is below the last one, ${last.seq}`);
    const clock = ownSeq ?? number(time);
    const seq = ownSeq ?? (clock > next ? clock : next);
    const position = rows.length;
    const tie = joins && last !== undefined ? last.tie : position;
    const row: Row = { entity, first, time, seq, position, tie, given: given ?? null, replaced: false };
    const before = latest.get(entity);
    if (before !== undefined) before.replaced = true;
    latest.set(entity, row);
    rows.push(row);
    return row;
  }
}

/** The next version of a given record has the same bytes, but for a number that the vendor chooses. */
export function nextGiven({ id, bytes }: Given, seq: bigint): Given {
  const digits = /"seqUpdate"\s*:\s*"/.test(bytes.toString('latin1')) ? `"${seq}"` : String(seq);
  return { id, seq, bytes: replaceMember(bytes, 'seqUpdate', digits) };
}
