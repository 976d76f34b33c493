import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Kysely } from 'kysely';
import { connect, makeFolderOf, sync, type Journal } from './connection.ts';
import { fromLaterVersion, isBusy, ledgerFailure } from './errors.ts';
import type { Ledger } from './ledger.ts';
import { migrate } from './migrations.ts';
import type { Database, Schema } from './schema.ts';
import { sqlLedger, type Guard } from './sql.ts';
import { sqliteDialect } from './sqlite-driver.ts';

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
  if (!(await guard(async () => existsSync(file)))) await guard(() => create(file));
  const db = new Kysely<Schema>({ dialect: sqliteDialect(() => connect(file, journal)) });
  await closingOnFailure(db, () => guard(() => update(db, file)));
  return { db, guard };
}

/** Makes the file under another name first, so that it is whole as soon as it is there, and an empty one is known to be damaged. */
async function create(file: string): Promise<void> {
  makeFolderOf(file);
  const fresh = `${file}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    const db = new Kysely<Schema>({ dialect: sqliteDialect(() => connect(fresh, 'delete', true)) });
    await closingOnFailure(db, () => update(db, file));
    await db.destroy();
    linkSync(fresh, file);
  } catch (error) {
    // Another process was first; its file is as good.
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
  } finally {
    for (const suffix of ['', '-journal']) rmSync(fresh + suffix, { force: true });
  }
  sync(dirname(resolve(file)));
}

const update = (db: Database, file: string): Promise<void> =>
  migrate(db, (migration) => fromLaterVersion(file, migration));

async function closingOnFailure(db: Database, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await db.destroy();
    throw error;
  }
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
