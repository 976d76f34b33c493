import type { Kysely } from 'kysely';

/** What is known of gaps beyond coverage: what operators acknowledged, what the watchdog raised, and looks at sealed windows. */
export async function createGapFacts(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('slices').addColumn('reported', 'bigint').execute();
  await ofStream(db, 'acknowledgements')
    .addColumn('from_at', 'bigint', (c) => c.notNull())
    .addColumn('until_at', 'bigint', (c) => c.notNull())
    .addColumn('why', 'text', (c) => c.notNull())
    .addColumn('acknowledged_by', 'text', (c) => c.notNull())
    .addColumn('acknowledged_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('acknowledgements_pk', ['source', 'stream', 'from_at', 'until_at'])
    .execute();
  await ofStream(db, 'alarms')
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('since_at', 'bigint', (c) => c.notNull())
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('seen_at', 'bigint', (c) => c.notNull())
    .addColumn('cleared_at', 'bigint')
    .addPrimaryKeyConstraint('alarms_pk', ['source', 'stream', 'kind', 'since_at'])
    .execute();
  await ofStream(db, 'watches')
    .addColumn('watched_at', 'bigint', (c) => c.notNull())
    .addColumn('missed', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('watches_pk', ['source', 'stream'])
    .execute();
  await ofStream(db, 'looks')
    .addColumn('from_at', 'bigint', (c) => c.notNull())
    .addColumn('until_at', 'bigint', (c) => c.notNull())
    .addColumn('looked_at', 'bigint', (c) => c.notNull())
    .addColumn('found', 'bigint', (c) => c.notNull())
    .addColumn('held', 'bigint', (c) => c.notNull())
    .addColumn('late', 'bigint', (c) => c.notNull())
    .addColumn('changed', 'bigint', (c) => c.notNull())
    .addColumn('reported', 'bigint')
    .addColumn('late_classes', 'text', (c) => c.notNull())
    .addColumn('late_most', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('looks_pk', ['source', 'stream', 'from_at', 'until_at', 'looked_at'])
    .execute();
}

function ofStream(db: Kysely<unknown>, table: string) {
  return db.schema
    .createTable(table)
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull());
}
