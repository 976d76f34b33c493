import { sql } from 'kysely';
import type { StreamId } from '../core/ids.ts';
import { subtract, union } from '../core/intervals.ts';
import type { Ledger } from './ledger.ts';
import { commitReceipt, forgetWhatIsFulfilled } from './commit.ts';
import { rowsOf } from './queries.ts';
import { ALWAYS, toFailure, toInterval, toLoss, toSlice } from './rows.ts';
import type { Database } from './schema.ts';

/** Runs a piece of database work and turns its errors into the ledger's failures. */
export type Guard = <T>(work: () => Promise<T>) => Promise<T>;

/** The ledger in any SQL database that Kysely speaks to: nothing here is SQLite's own. */
export function sqlLedger(db: Database, guard: Guard): Ledger {
  return {
    ...readers(db, guard),
    ...writers(db, guard),
    close: () => db.destroy(),
  };
}

type Readers = Pick<Ledger, 'streams' | 'coverage' | 'slices' | 'losses' | 'failures'>;

function readers(db: Database, guard: Guard): Readers {
  return {
    streams: () =>
      guard(async () => {
        const rows = await db.selectFrom('streams').selectAll().orderBy('source').orderBy('stream').execute();
        return rows.map(({ source, stream, applied_at }) => ({ source, stream, appliedAt: applied_at }));
      }),
    coverage: (id, within) =>
      guard(() =>
        // One transaction, so that a slice that is sealed meanwhile is seen everywhere or nowhere.
        db.transaction().execute(async (trx) => {
          const slices = await rowsOf(trx, 'slices', id, within);
          return {
            held: union(slices.map(toInterval)),
            empty: union(slices.filter((row) => row.records === 0).map(toInterval)),
            lost: union((await rowsOf(trx, 'losses', id, within)).map(toInterval)),
            wanted: union((await rowsOf(trx, 'wanted', id, within)).map(toInterval)),
            failed: (await rowsOf(trx, 'failures', id, within)).map(toFailure),
          };
        }),
      ),
    slices: (id, within, limit) => guard(async () => (await rowsOf(db, 'slices', id, within, limit)).map(toSlice)),
    losses: (id) => guard(async () => (await rowsOf(db, 'losses', id, ALWAYS)).map(toLoss)),
    failures: (id) => guard(async () => (await rowsOf(db, 'failures', id, ALWAYS)).map(toFailure)),
  };
}

type Writers = Pick<Ledger, 'apply' | 'commit' | 'want' | 'lose' | 'fail'>;

function writers(db: Database, guard: Guard): Writers {
  return {
    apply: (id, now) =>
      guard(async () => {
        await db
          .insertInto('streams')
          .values({ ...only(id), applied_at: now })
          .onConflict((conflict) => conflict.columns(['source', 'stream']).doNothing())
          .execute();
        const row = await db
          .selectFrom('streams')
          .select('applied_at')
          .where('source', '=', id.source)
          .where('stream', '=', id.stream)
          .executeTakeFirstOrThrow();
        return row.applied_at;
      }),
    commit: (receipt) => guard(() => db.transaction().execute((trx) => commitReceipt(trx, receipt))),
    want: (id, { from, until }, now) =>
      guard(async () => {
        if (until <= from) return;
        await db
          .insertInto('wanted')
          .values({ ...only(id), from_at: from, until_at: until, wanted_at: now })
          .onConflict((conflict) => conflict.columns(['source', 'stream', 'from_at', 'until_at']).doNothing())
          .execute();
      }),
    lose: (id, ranges, reason, now) =>
      guard(() =>
        db.transaction().execute(async (trx) => {
          // The first reason stands: only what is not lost yet is added.
          const known = union((await rowsOf(trx, 'losses', id, ALWAYS)).map(toInterval));
          const news = subtract(union(ranges), known);
          const row = { ...only(id), reason, recorded_at: now };
          for (const { from, until } of news)
            await trx
              .insertInto('losses')
              .values({ ...row, from_at: from, until_at: until })
              .execute();
          await forgetWhatIsFulfilled(trx, id);
        }),
      ),
    fail: (id, { from, until }, { name, message }, now) =>
      guard(async () => {
        const row = {
          ...only(id),
          from_at: from,
          until_at: until,
          name,
          message,
          attempts: 1,
          first_at: now,
          last_at: now,
        };
        await db
          .insertInto('failures')
          .values(row)
          .onConflict((conflict) =>
            conflict
              .columns(['source', 'stream', 'from_at', 'until_at'])
              .doUpdateSet({ name, message, last_at: now, attempts: sql<number>`failures.attempts + 1` }),
          )
          .execute();
      }),
  };
}

/** The id without whatever else an object that serves as one may carry. */
const only = ({ source, stream }: StreamId): StreamId => ({ source, stream });
