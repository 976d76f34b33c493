import type { Kysely, Migration, MigrationProvider } from 'kysely';

/** The ledger's history as a schema; a migration that was released is never changed, only followed. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-slices-wanted-losses-failures': { up: createTables },
};

export const migrationProvider: MigrationProvider = { getMigrations: async () => ({ ...migrations }) };

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
  await db.schema.createIndex('slices_by_end').on('slices').columns(['source', 'stream', 'until_at']).execute();
  for (const table of ['wanted', 'losses', 'failures'] as const) await createRanges(db, table);
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
