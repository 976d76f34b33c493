import { Migrator, sql, type Kysely, type Migration } from 'kysely';
import { createGapFacts } from './migration-0006.ts';
import { createBackfills } from './backfills.ts';
import type { Database } from './schema.ts';

/** The ledger's history as a schema; a migration that was released is never changed, only followed. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-slices-wanted-losses-failures': { up: createTables },
  '0002-portions-positions': { up: createSequences },
  '0003-reports': { up: createReports },
  '0004-lookups': { up: createLookups },
  '0005-backfills': { up: createBackfills },
  '0006-acknowledgements-alarms-looks': { up: createGapFacts },
};

/**
 * Brings the tables up to date, in one transaction; nothing is written, and no lock taken, when they are. Several processes may do so at once.
 * @throws what `unknown` makes of the first migration that only a later version can have made
 */
export async function migrate(db: Database, unknown: (migration: string) => Error): Promise<void> {
  const done = await migrated(db);
  const later = done.find((name) => !(name in migrations));
  if (later !== undefined) throw unknown(later);
  if (done.length === Object.keys(migrations).length) return;
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
  }).migrateToLatest();
  // Thrown as it is: its code says whether it is worth another try.
  if (error !== undefined)
    throw error instanceof Error ? error : new Error('the migrations did not run', { cause: error });
}

async function migrated(db: Database): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name);
}

async function createTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('streams')
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('applied_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('streams_pk', ['source', 'stream'])
    .execute();
  await db.schema
    .createTable('slices')
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('from_at', 'bigint', (c) => c.notNull())
    .addColumn('until_at', 'bigint', (c) => c.notNull())
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('records', 'bigint', (c) => c.notNull())
    .addColumn('repeats', 'bigint', (c) => c.notNull())
    .addColumn('pages', 'integer', (c) => c.notNull())
    .addColumn('parts', 'integer', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('sealed_at', 'bigint', (c) => c.notNull())
    .addColumn('manifest', 'text', (c) => c.notNull())
    .addColumn('workflow_id', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('slices_pk', ['source', 'stream', 'from_at', 'until_at', 'revision'])
    .execute();
  // How long the longest slice of a stream is: see `rowsOf`.
  await db.schema
    .createIndex('slices_by_length')
    .on('slices')
    .columns(['source', 'stream'])
    .expression(sql`(until_at - from_at)`)
    .execute();
  for (const table of ['wanted', 'losses', 'failures'] as const) await createRanges(db, table);
}

async function createSequences(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('portions')
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('after_cursor', 'text', (c) => c.notNull())
    .addColumn('upto_cursor', 'text', (c) => c.notNull())
    .addColumn('records', 'bigint', (c) => c.notNull())
    .addColumn('repeats', 'bigint', (c) => c.notNull())
    .addColumn('parts', 'integer', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('sealed_at', 'bigint', (c) => c.notNull())
    .addColumn('manifest', 'text', (c) => c.notNull())
    .addColumn('workflow_id', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('portions_pk', ['source', 'stream', 'after_cursor'])
    .execute();
  await db.schema.createIndex('portions_by_time').on('portions').columns(['source', 'stream', 'sealed_at']).execute();
  await db.schema
    .createTable('positions')
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('cursor', 'text', (c) => c.notNull())
    .addColumn('remaining', 'bigint')
    .addColumn('moved_at', 'bigint', (c) => c.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('failure', 'text')
    .addColumn('failure_message', 'text')
    .addColumn('failed_at', 'bigint')
    .addPrimaryKeyConstraint('positions_pk', ['source', 'stream'])
    .execute();
}

async function createReports(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('reports')
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('day', 'text', (c) => c.notNull())
    .addColumn('file', 'text', (c) => c.notNull())
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('report_id', 'text', (c) => c.notNull())
    .addColumn('records', 'bigint', (c) => c.notNull())
    .addColumn('reported', 'bigint')
    .addColumn('parts', 'integer', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('raw_sha256', 'text', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('sealed_at', 'bigint', (c) => c.notNull())
    .addColumn('manifest', 'text', (c) => c.notNull())
    .addColumn('workflow_id', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('reports_pk', ['source', 'stream', 'day', 'file', 'revision'])
    .execute();
}

async function createLookups(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('lookups')
    .addColumn('manifest', 'text', (c) => c.primaryKey())
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('records', 'bigint', (c) => c.notNull())
    .addColumn('parts', 'integer', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('sealed_at', 'bigint', (c) => c.notNull())
    .addColumn('workflow_id', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('lookups_by_source').on('lookups').columns(['source', 'sealed_at']).execute();
}

/** What wanted ranges, losses and failures have in common: a stream and an interval. */
async function createRanges(db: Kysely<unknown>, table: 'wanted' | 'losses' | 'failures'): Promise<void> {
  const base = db.schema
    .createTable(table)
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('from_at', 'bigint', (c) => c.notNull())
    .addColumn('until_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint(`${table}_pk`, ['source', 'stream', 'from_at', 'until_at']);
  if (table === 'wanted') await base.addColumn('wanted_at', 'bigint', (c) => c.notNull()).execute();
  if (table === 'losses') {
    await base
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('recorded_at', 'bigint', (c) => c.notNull())
      .execute();
  }
  if (table === 'failures') {
    await base
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('message', 'text', (c) => c.notNull())
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('first_at', 'bigint', (c) => c.notNull())
      .addColumn('last_at', 'bigint', (c) => c.notNull())
      .execute();
  }
}
