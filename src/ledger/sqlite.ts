import { setTimeout } from 'node:timers/promises';
import { Kysely } from 'kysely';
import { connect, makeFolderOf, type Journal } from './connection.ts';
import { fromLaterVersion, isBusy, ledgerFailure } from './errors.ts';
import type { Ledger } from './ledger.ts';
import { migrate } from './migrations.ts';
import type { Database, Schema } from './schema.ts';
import { sqlLedger, type Guard } from './sql.ts';
import { sqliteDialect, type Connected } from './sqlite-driver.ts';

/** How long work waits for another's transactions, ms; they take milliseconds. */
const PATIENCE = 10_000;

/**
 * Opens, or makes, a ledger in an SQLite file. Several processes may have it open. When the file is replaced (`sluice ledger rebuild`), the new one is
 * used from the next call on. Errors: `ledger-damaged`, `storage-full`, `unavailable`.
 */
export async function openSqliteLedger(file: string): Promise<Ledger> {
  const { db, guard } = await openDatabase(file);
  return sqlLedger(db, guard);
}

export interface OpenDatabase {
  readonly db: Database;
  readonly guard: Guard;
}

/** The database under {@link openSqliteLedger}, its tables up to date. */
export async function openDatabase(file: string, journal: Journal = 'wal'): Promise<OpenDatabase> {
  const guard: Guard = (work) => patiently(file, work);
  // Only here a missing file is made: one that goes missing later is a loss, and not a new beginning.
  let first: Connected | undefined = await guard(async () => {
    makeFolderOf(file);
    return connect(file, journal);
  });
  const dialect = sqliteDialect(() => {
    const connected = first ?? connect(file, journal);
    first = undefined;
    return connected;
  });
  const db = new Kysely<Schema>({ dialect });
  await guard(() => migrate(db, (migration) => fromLaterVersion(file, migration))).catch(async (error: unknown) => {
    await db.destroy();
    throw error;
  });
  return { db, guard };
}

/** Whoever finds the file locked tries again: each piece of work is one transaction, so nothing of it was done. */
async function patiently<T>(file: string, work: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > end) throw ledgerFailure(error, file);
      await setTimeout(2 + Math.random() * 20);
    }
  }
}
