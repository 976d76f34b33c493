import { hash as digest } from 'node:crypto';
import { DAY, given, madeUpLoad, type Draft } from './drafts.ts';
import type { Faults } from './faults.ts';
import { nextGiven, type Log, type Row } from './log.ts';
import { seqDigits } from './sequence.ts';
import type { GroupIbSimulator, LoadOptions, Records, SimulatorOptions, TruthVersion } from './simulator.ts';
import type { Store } from './store.ts';
import { createStores, type Stores } from './stores.ts';

/** What the vendor holds. */
export interface World
  extends
    Pick<Stores, 'collections' | 'store'>,
    Pick<GroupIbSimulator, 'truth' | 'latest' | 'load' | 'add' | 'update'> {}

interface Batch {
  readonly records: Records;
  /** ms, half-open. */
  readonly span: readonly [number, number];
  readonly updates: number;
}

export function createWorld(options: SimulatorOptions, faults: Faults, now: () => number): World {
  const { seed = 1 } = options;
  const { collections, store, known, open, days } = createStores(options, faults, now);
  let batches = 0;
  const from = days[0] * DAY;
  for (const [name, count] of Object.entries(options.counts ?? {})) load(name, count, { from, until: days[1] * DAY });
  return { collections, store, truth, latest, load, add, update };

  function truth(name: string): TruthVersion[] {
    const of = known(name);
    return of.log.rows.map((row) => versionOf(of, row, faults));
  }

  function latest(name: string): TruthVersion[] {
    const of = known(name);
    return current(of).map((row) => versionOf(of, row, faults));
  }

  function load(name: string, records: Records, options: LoadOptions = {}): void {
    const { collection } = known(name);
    const { from = now() - DAY, until = now(), updates = 0 } = options;
    const drafts = draftsOf(name, { records, span: [from, until], updates });
    open(collection, { firstDay: 0, lastDay: 0, draftsOf: () => drafts });
  }

  function add(name: string, records: Records): TruthVersion[] {
    const of = known(name);
    const entityOf = (id: string): number | undefined => of.find(id)?.entity;
    const drafts = draftsOf(name, { records, span: [now(), now()], updates: 0 }, entityOf);
    return drafts.map((draft) => versionOf(of, of.log.append(draft), faults));
  }

  function update(name: string, which: readonly string[] | number): TruthVersion[] {
    const of = known(name);
    const rows = typeof which === 'number' ? current(of).slice(0, which) : which.map((id) => existing(of, id));
    return rows.map((row, index) => versionOf(of, again(of.log, row, now(), index), faults));
  }

  function draftsOf(
    collection: string,
    { records, span, updates }: Batch,
    entityOf?: (id: string) => number | undefined,
  ): readonly Draft[] {
    const batch = batches++;
    if (typeof records === 'number') return madeUpLoad({ seed, collection, updates }, span, [records, batch]);
    return givenDrafts(records, madeUpLoad({ seed, collection, updates: 0 }, span, [records.length, batch]), entityOf);
  }
}

/** Records in the places of as many made-up items: those with one id are versions of one item. */
function givenDrafts(
  records: readonly (string | Uint8Array)[],
  places: readonly Draft[],
  entityOf: (id: string) => number | undefined = () => undefined,
): readonly Draft[] {
  const entities = new Map<string, number>();
  let last = 0n;
  return places.map((place, index) => {
    const record = given(records[index] ?? '');
    if (record.seq !== null && record.seq < last) throw new RangeError(`${record.id} is below the one before`);
    last = record.seq ?? last;
    const entity = entities.get(record.id) ?? entityOf(record.id) ?? place.entity;
    entities.set(record.id, entity);
    return { ...place, entity, joins: false, due: place.time, given: record };
  });
}

function current({ log }: Store): readonly Row[] {
  return log.rows.filter(({ replaced }) => !replaced);
}

function existing(store: Store, id: string): Row {
  const row = store.find(id);
  if (row === undefined) throw new RangeError(`no such item: ${id}`);
  return row;
}

function again(log: Log, { entity, first, given: record }: Row, time: number, index: number): Row {
  const draft: Draft = { entity, first, time, due: time, joins: index > 0 && (index + 1) % 3 !== 0 };
  const last = log.rows.at(-1)?.seq ?? 0n;
  return log.append(record === null ? draft : { ...draft, joins: false, given: nextGiven(record, last + 1n) });
}

function versionOf(store: Store, row: Row, faults: Faults): TruthVersion {
  const bytes = store.served(row);
  const id = store.idOf(row);
  const seqUpdate = store.collection.unit === null ? null : seqDigits(store.seqOf(row), faults);
  return { id, seqUpdate, time: row.time, current: !row.replaced, sha256: digest('sha256', bytes), bytes };
}
