import {
  acknowledgementsOf,
  addAcknowledgement,
  removeAcknowledgement,
  type AcknowledgementFacts,
} from './acknowledgements.ts';
import { alarmsOf, recordWatch, watchesOf, type AlarmFacts } from './alarms.ts';
import { insertLook, latenessOf, looksOf, type LookFacts } from './looks.ts';
import { rowsOf } from './queries.ts';
import { toSlice } from './rows.ts';
import type { Database } from './schema.ts';
import type { Guard } from './sql.ts';

export type GapFacts = AcknowledgementFacts & AlarmFacts & LookFacts;

/** The part of the ledger that is about gaps beyond coverage: each method is one transaction. */
export function gapFacts(db: Database, guard: Guard): GapFacts {
  const read = <T>(work: (trx: Database) => Promise<T>): Promise<T> =>
    guard(() => db.transaction().setAccessMode('read only').setIsolationLevel('repeatable read').execute(work));
  const write = <T>(work: (trx: Database) => Promise<T>): Promise<T> => guard(() => db.transaction().execute(work));
  return {
    acknowledge: (id, range, said, now) => write((trx) => addAcknowledgement(trx, id, range, { ...said, at: now })),
    unacknowledge: (id, range) => write((trx) => removeAcknowledgement(trx, id, range)),
    acknowledgements: (id) => read((trx) => acknowledgementsOf(trx, id)),
    watch: (found, now) => write((trx) => recordWatch(trx, found, now)),
    alarms: (clearedAfter) => read((trx) => alarmsOf(trx, clearedAfter)),
    watches: () => read(async (trx) => (await watchesOf(trx)).filter(({ source }) => source !== '')),
    watchedAt: () => read(async (trx) => (await watchesOf(trx)).find(({ source }) => source === '')?.at),
    look: (id, look) => write((trx) => insertLook(trx, id, look)),
    looks: (id, within) => read((trx) => looksOf(trx, id, within)),
    lateness: (id) => read((trx) => latenessOf(trx, id)),
    revisions: (id, within) => read(async (trx) => (await rowsOf(trx, 'slices', id, within)).map(toSlice)),
  };
}
