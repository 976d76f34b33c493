import { randomInt } from 'node:crypto';
import type { Breathe } from './breath.ts';
import { compareHashes } from './hashes.ts';
import type { StagedRecords } from './segment-index.ts';
import { at } from './typed.ts';

export interface Kept {
  /** The records that are kept, each id once, ascending by number. */
  readonly records: Uint32Array;
  /** How many were dropped because their id came again. */
  readonly repeats: number;
  /** Of the repeats, those whose bytes differ from the record that was kept. */
  readonly conflicts: number;
}

/** Each id once: of several records with one id the last that came is kept. */
export async function dropRepeats(records: StagedRecords, breathe: Breathe): Promise<Kept> {
  const table = new IdTable(records);
  const dropped = new Uint8Array(records.count);
  let repeats = 0;
  for (let record = 0; record < records.count; record += 1) {
    const loser = table.add(record);
    if (loser !== undefined) {
      dropped[loser] = 1;
      repeats += 1;
    }
    if (record % 4096 === 4095) await breathe();
  }
  const kept = new Uint32Array(records.count - repeats);
  let count = 0;
  let conflicts = 0;
  for (let record = 0; record < records.count; record += 1) {
    if (at(dropped, record) === 0) {
      kept[count] = record;
      count += 1;
    } else if (compareHashes(records.hashes, record, table.winner(record)) !== 0) conflicts += 1;
  }
  return { records: kept, repeats, conflicts };
}

const FREE = 0xffff_ffff;

/** A hash table of record numbers in one typed array: a Map of a million strings would cost more memory than all columns together. */
class IdTable {
  private readonly records: StagedRecords;
  private readonly slots: Uint32Array;
  /** Another one each time, so that nobody can choose ids that share a slot. */
  private readonly seed = randomInt(2 ** 32);

  constructor(records: StagedRecords) {
    this.records = records;
    this.slots = new Uint32Array(2 ** Math.ceil(Math.log2(records.count * 2 + 1))).fill(FREE);
  }

  /** Adds a record; returns the one that is dropped for it, itself or an earlier one, when its id is there already. */
  add(record: number): number | undefined {
    const slot = this.slotOf(record);
    const other = at(this.slots, slot);
    if (other === FREE) {
      this.slots[slot] = record;
      return undefined;
    }
    const last = this.cameAfter(record, other) ? record : other;
    this.slots[slot] = last;
    return last === record ? other : record;
  }

  /** The record that has the id of this one in the end. */
  winner(record: number): number {
    return at(this.slots, this.slotOf(record));
  }

  /** Where the record's id is, or would be. */
  private slotOf(record: number): number {
    const mask = this.slots.length - 1;
    for (let slot = this.hashOf(record) & mask; ; slot = (slot + 1) & mask) {
      const other = at(this.slots, slot);
      if (other === FREE || other === record || this.sameId(record, other)) return slot;
    }
  }

  private cameAfter(a: number, b: number): boolean {
    const { runOf, arrivals } = this.records;
    return at(runOf, a) === at(runOf, b) ? at(arrivals, a) > at(arrivals, b) : a > b;
  }

  private sameId(a: number, b: number): boolean {
    const { ids, idEnds } = this.records;
    const aStart = startOf(idEnds, a);
    const bStart = startOf(idEnds, b);
    const length = at(idEnds, a) - aStart;
    if (length !== at(idEnds, b) - bStart) return false;
    for (let i = 0; i < length; i += 1) if (at(ids, aStart + i) !== at(ids, bStart + i)) return false;
    return true;
  }

  /** FNV-1a with a seed, and a last mix, since only the lower bits choose the slot. */
  private hashOf(record: number): number {
    const { ids, idEnds } = this.records;
    const end = at(idEnds, record);
    let hash = this.seed;
    for (let i = startOf(idEnds, record); i < end; i += 1) hash = Math.imul(hash ^ at(ids, i), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) >>> 0;
  }
}

/** Where the id of a record begins in `ids`. */
export function startOf(idEnds: Uint32Array, record: number): number {
  return record === 0 ? 0 : at(idEnds, record - 1);
}
