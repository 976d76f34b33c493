import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, Migrator, SqliteDialect, type SqliteDatabase } from 'kysely';
import Libsql from 'libsql';
import { damaged, ledgerFailure } from './errors.ts';
import type { Ledger } from './ledger.ts';
import { migrationProvider } from './migrations.ts';
import type { Schema } from './schema.ts';
import { sqlLedger } from './sql.ts';

/** How long a writer waits for another process's transaction, ms; they take milliseconds. */
const BUSY_TIMEOUT = 10_000;

/**
 * Opens, or makes, a ledger in an SQLite file. Several processes may have it open.
 * Errors: `ledger-damaged`, `storage-full`, `unavailable`.
 */
export async function openSqliteLedger(file: string): Promise<Ledger> {
  const guard = async <T>(work: () => Promise<T> | T): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw ledgerFailure(error, file);
    }
  };
  const db = await guard(() => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
    return open(file);
  });
  const kysely = new Kysely<Schema>({ dialect: new SqliteDialect({ database: immediate(db) }) });
  await guard(() => migrate(kysely, file)).catch(async (error: unknown) => {
    await kysely.destroy();
    throw error;
  });
  return sqlLedger(kysely, guard);
}

/** Transactions that read before they write must have the write lock from the start, or two of them refuse each other at once. */
function immediate(db: Libsql.Database): SqliteDatabase {
  return {
    close: () => void db.close(),
    prepare: (text) => db.prepare(text === 'begin' ? 'begin immediate' : text),
  };
}

/** A commit must survive a power cut (synchronous = FULL), and readers must not wait for writers (WAL). */
function open(file: string): Libsql.Database {
  const db = new Libsql(file, { timeout: BUSY_TIMEOUT });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  const [{ quick_check: verdict = '' } = {}] = db.pragma('quick_check(1)') as { quick_check?: string }[];
  if (verdict === 'ok') return db;
  db.close();
  throw damaged(file, verdict);
}

async function migrate(db: Kysely<Schema>, file: string): Promise<void> {
  const migrator = new Migrator({ db, provider: migrationProvider });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  // A migration that this program does not know was made by a later one.
  if (error instanceof Error && error.message.includes('corrupted migrations')) {
    throw damaged(file, 'it was written by a newer sluice');
  }
  throw error instanceof Error ? error : new Error('the migrations did not run', { cause: error });
}
