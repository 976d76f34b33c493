import type { StreamId } from '../core/ids.ts';
import { subtract, union, type IntervalSet } from '../core/intervals.ts';
import type { Interval } from '../core/time.ts';
import { rangesOf, rowsOf } from './queries.ts';
import { toInterval } from './rows.ts';
import type { Database, Schema } from './schema.ts';

/**
 * What holds after every transaction: nothing is both held and lost, nothing that is held or lost is still wanted, and no failure stands whose window is
 * wholly held or lost; wanted stretches do not overlap each other, and lost ones do not. Call it with what has just become held, or lost.
 */
export async function settle(
  db: Database,
  id: StreamId,
  { held = [], lost = [] }: { readonly held?: IntervalSet; readonly lost?: IntervalSet },
): Promise<void> {
  const span = hull(union(held, lost));
  if (span === undefined) return;
  await trim(db, 'losses', id, held);
  await trim(db, 'wanted', id, union(held, lost));
  for (const failure of (await rowsOf(db, 'failures', id, span)).map(toInterval)) {
    if (subtract([failure], await settled(db, id, failure)).length === 0) await remove(db, 'failures', id, failure);
  }
}

/** What is held or lost near an interval. */
export async function settled(db: Database, id: StreamId, within: Interval): Promise<IntervalSet> {
  return union(await rangesOf(db, 'slices', id, within), await rangesOf(db, 'losses', id, within));
}

/** Adds the parts of ranges that are not in the table yet: what was said first of an instant stands. Returns those parts. */
export async function add<T extends 'wanted' | 'losses'>(
  db: Database,
  table: T,
  id: StreamId,
  ranges: IntervalSet,
  facts: Omit<Schema[T], 'source' | 'stream' | 'from_at' | 'until_at'>,
): Promise<IntervalSet> {
  const span = hull(ranges);
  if (span === undefined) return [];
  const news = subtract(ranges, await rangesOf(db, table, id, span));
  for (const range of news) await insert(db, table, { ...facts, source: id.source, stream: id.stream }, range);
  return news;
}

/** From the first instant to the last, holes included. */
export function hull(set: IntervalSet): Interval | undefined {
  const [first] = set;
  const last = set.at(-1);
  return first === undefined || last === undefined ? undefined : { from: first.from, until: last.until };
}

/** Cuts stretches out of rows; what is left of a row keeps what it says. */
async function trim(db: Database, table: 'wanted' | 'losses', id: StreamId, by: IntervalSet): Promise<void> {
  const span = hull(by);
  if (span === undefined) return;
  for (const row of await rowsOf(db, table, id, span)) {
    const whole = toInterval(row);
    const rest = subtract([whole], by);
    if (rest.length === 1 && rest[0]?.from === whole.from && rest[0].until === whole.until) continue;
    await remove(db, table, id, whole);
    for (const piece of rest) await insert(db, table, row, piece);
  }
}

async function insert(db: Database, table: 'wanted' | 'losses', row: object, { from, until }: Interval): Promise<void> {
  const values = { ...row, from_at: from, until_at: until } as Schema['wanted'] & Schema['losses'];
  await db.insertInto(table).values(values).execute();
}

async function remove(
  db: Database,
  table: 'wanted' | 'losses' | 'failures',
  { source, stream }: StreamId,
  { from, until }: Interval,
): Promise<void> {
  await db
    .deleteFrom(table)
    .where('source', '=', source)
    .where('stream', '=', stream)
    .where('from_at', '=', from)
    .where('until_at', '=', until)
    .execute();
}
