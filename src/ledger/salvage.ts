import { Kysely } from 'kysely';
import { openFile } from './connection.ts';
import { isUnreadable } from './errors.ts';
import type { Database, Schema } from './schema.ts';
import { sqliteDialect } from './sqlite-driver.ts';

/** What manifests cannot tell. */
const tables = [
  'streams',
  'wanted',
  'losses',
  'failures',
  'positions',
  'acknowledgements',
  'alarms',
  'watches',
  'looks',
  'backfills',
] as const;
/** A ledger of before they came has none of these, and lacks nothing by it. */
const YOUNG: ReadonlySet<string> = new Set(['acknowledgements', 'alarms', 'watches', 'looks', 'backfills']);

type Row = Record<string, unknown>;

/** Columns that may be empty. */
const OPTIONAL: ReadonlySet<string> = new Set([
  'remaining',
  'ended_at',
  'failure',
  'failure_message',
  'failed_at',
  'cleared_at',
  'reported',
  'cursor',
]);
const NUMBERS = /_at$|^(attempts|remaining|missed|found|held|late|changed|reported|late_most)$/;

/** Copies what can still be read of a damaged ledger's starts, wishes, losses, failures and backfills. @returns whether that was all of it */
export async function salvage(file: string, target: Database): Promise<boolean> {
  let whole = true;
  try {
    const { db } = openFile(file);
    const old = new Kysely<Schema>({ dialect: sqliteDialect(() => ({ db, moved: () => false })) });
    try {
      for (const table of tables) whole = (await copyTable(old, target, table)) && whole;
    } finally {
      await old.destroy();
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    whole = false;
  }
  return whole;
}

/** The rows before the first page that cannot be read are as good as any. */
async function copyTable(old: Database, target: Database, table: (typeof tables)[number]): Promise<boolean> {
  const rows: Row[] = [];
  let whole = true;
  try {
    for await (const row of old.selectFrom(table).selectAll().stream()) rows.push(row);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    whole = YOUNG.has(table) && error instanceof Error && error.message.includes('no such table');
  }
  const sound = rows.filter(isSound);
  for (const row of sound) {
    await target
      .insertInto(table)
      .values(row as unknown as Schema[typeof table])
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  return whole && sound.length === rows.length;
}

/** SQLite keeps whatever a flipped bit makes of a value; nothing that makes no sense goes on. */
function isSound(row: Row): boolean {
  const { from_at = 0, until_at = 1 } = row as { from_at?: unknown; until_at?: unknown };
  return (
    Object.entries(row).every(([column, value]) =>
      value === null
        ? OPTIONAL.has(column)
        : NUMBERS.test(column)
          ? Number.isSafeInteger(value)
          : typeof value === 'string',
    ) && Number(from_at) < Number(until_at)
  );
}
