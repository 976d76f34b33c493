import { sql, type Expression, type Selectable } from 'kysely';
import type { StreamId } from '../core/ids.ts';
import { union, type IntervalSet } from '../core/intervals.ts';
import { DAY, HOUR, type Interval } from '../core/time.ts';
import type { Counts } from './ledger.ts';
import { toInterval } from './rows.ts';
import type { Database, Schema } from './schema.ts';

/** The tables that hold intervals of streams. */
export type RangeTable = 'slices' | 'wanted' | 'losses' | 'failures' | 'acknowledgements' | 'looks';

/** The rows of a stream that overlap an interval, oldest first; with a limit, the newest ones. Of slices every revision. */
export async function rowsOf<T extends RangeTable>(
  db: Database,
  table: T,
  id: StreamId,
  within: Interval,
  limit?: number,
): Promise<Selectable<Schema[T]>[]> {
  return await ordered<T>((await overlapping(db, table, id, within)).selectAll(), limit);
}

/** The slices of a stream that overlap an interval, each in its latest revision; otherwise as {@link rowsOf}. */
export async function latestSlices(
  db: Database,
  id: StreamId,
  within: Interval,
  limit?: number,
): Promise<Selectable<Schema['slices']>[]> {
  const rows = (await overlapping(db, 'slices', id, within)).selectAll().where(isLatest);
  return await ordered<'slices'>(rows, limit);
}

/** How many they are; `sealed` leaves out those that were sealed outside of it. */
export async function countSlices(db: Database, id: StreamId, within: Interval, sealed?: Interval): Promise<Counts> {
  const all = (await overlapping(db, 'slices', id, within)).where(isLatest);
  const those =
    sealed === undefined ? all : all.where('sealed_at', '>=', sealed.from).where('sealed_at', '<', sealed.until);
  return await counted(those.select(['records']), db);
}

/** What a workflow sealed of a stream, portions or reports. */
export async function countSealedBy(db: Database, { source, stream }: StreamId, workflowId: string): Promise<Counts> {
  const of = (table: 'portions' | 'reports') =>
    db
      .selectFrom(table)
      .select('records')
      .where('source', '=', source)
      .where('stream', '=', stream)
      .where('workflow_id', '=', workflowId);
  return await counted(of('portions').unionAll(of('reports')), db);
}

async function counted(rows: Expression<{ records: number }>, db: Database): Promise<Counts> {
  const { rows: found } = await sql<Counts>`
    select count(*) as slices, coalesce(sum(records), 0) as records from ${rows} as those
  `.execute(db);
  return found[0] ?? { slices: 0, records: 0 };
}

/** A later revision holds what the ones before it hold, and more. */
const isLatest = sql<boolean>`not exists (
  select 1 from slices as later
  where later.source = slices.source and later.stream = slices.stream and later.from_at = slices.from_at
    and later.until_at = slices.until_at and later.revision > slices.revision
)`;

interface Ordered {
  orderBy(column: 'from_at' | 'until_at', direction?: 'desc'): Ordered;
  limit(rows: number): Ordered;
  execute(): Promise<unknown[]>;
}

async function ordered<T extends RangeTable>(rows: Ordered, limit?: number): Promise<Selectable<Schema[T]>[]> {
  const found =
    limit === undefined
      ? await rows.orderBy('from_at').orderBy('until_at').execute()
      : (await rows.orderBy('from_at', 'desc').orderBy('until_at', 'desc').limit(limit).execute()).toReversed();
  return found as unknown as Selectable<Schema[T]>[];
}

/** The stretches that rows of a table cover, of those that overlap an interval the whole. */
export async function rangesOf(db: Database, table: RangeTable, id: StreamId, within: Interval): Promise<IntervalSet> {
  const rows = await (await overlapping(db, table, id, within)).select(['from_at', 'until_at']).execute();
  return union(rows.map(toInterval));
}

/** What is sealed, and what of it was found empty. */
export async function sealedIn(
  db: Database,
  id: StreamId,
  within: Interval,
): Promise<{ readonly held: IntervalSet; readonly empty: IntervalSet }> {
  const all = await overlapping(db, 'slices', id, within);
  // Every revision of a window covers the same stretch: only what it holds may differ.
  const held = await unionOf(db, all.select(['from_at', 'until_at']));
  const empty = await unionOf(db, all.where('records', '=', 0).where(isLatest).select(['from_at', 'until_at']));
  return { held, empty };
}

/** The union of intervals that the database hands over as one text: of a month of five-minute windows, row by row takes ten times as long. */
async function unionOf(db: Database, rows: Expression<unknown>): Promise<IntervalSet> {
  const { rows: texts } = await sql<{ begins: string; ends: string }>`
    select json_group_array(from_at) as begins, json_group_array(until_at) as ends
    from (select from_at, until_at from ${rows} as ranges order by from_at) as ordered
  `.execute(db);
  const { begins = '[]', ends = '[]' } = texts[0] ?? {};
  const [from, until] = [JSON.parse(begins), JSON.parse(ends)] as [number[], number[]];
  return union(from.map((instant, i) => ({ from: instant, until: until[i] ?? instant })));
}

/** Records of slices by the hour before an instant in which they begin: the last 24, oldest first. */
export async function recordsByHour(db: Database, id: StreamId, until: number): Promise<readonly number[]> {
  // Cast, for a bound number may be a real one: then each slice would be in an hour of its own.
  const hour = sql<number>`cast((from_at - ${until - DAY}) / ${HOUR} as integer)`;
  const rows = await (
    await overlapping(db, 'slices', id, { from: until - DAY, until })
  )
    .where('from_at', '>=', until - DAY)
    .where(isLatest)
    .select((eb) => [hour.as('hour'), eb.fn.sum<number>('records').as('records')])
    .groupBy(hour)
    .execute();
  const found = new Map(rows.map((row) => [row.hour, row.records]));
  return Array.from({ length: 24 }, (_, i) => found.get(i) ?? 0);
}

/** When a slice of any kind was last sealed. */
export async function lastSealedAt(db: Database, { source, stream }: StreamId): Promise<number | undefined> {
  const last = (table: 'slices' | 'portions' | 'reports') =>
    db
      .selectFrom(table)
      .select(({ fn }) => fn.max('sealed_at').as('at'))
      .where('source', '=', source)
      .where('stream', '=', stream);
  const rows = await last('slices').unionAll(last('portions')).unionAll(last('reports')).execute();
  // With none of a kind the greatest is null, which the types do not say.
  const instants = rows.flatMap(({ at }) => ((at as number | null) === null ? [] : [at]));
  return instants.length === 0 ? undefined : Math.max(...instants);
}

/**
 * An index by start alone would have to be read from the stream's first slice on, for one that began long ago may reach far. None reaches further than the
 * longest of them, so that only the rows between are read.
 */
async function overlapping(db: Database, table: RangeTable, { source, stream }: StreamId, within: Interval) {
  const rows = db
    .selectFrom<RangeTable>(table)
    .where('source', '=', source)
    .where('stream', '=', stream)
    .where('until_at', '>', within.from)
    .where('from_at', '<', within.until);
  if (table !== 'slices') return rows;
  const length = sql<number>`(until_at - from_at)`;
  const longest = await db
    .selectFrom('slices')
    .select(length.as('length'))
    .where('source', '=', source)
    .where('stream', '=', stream)
    .orderBy(length, 'desc')
    .limit(1)
    .executeTakeFirst();
  return rows.where('from_at', '>', Math.max(Number.MIN_SAFE_INTEGER, within.from - (longest?.length ?? 0)));
}
