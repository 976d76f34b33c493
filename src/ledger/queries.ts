import type { Selectable } from 'kysely';
import type { StreamId } from '../core/ids.ts';
import type { Interval } from '../core/time.ts';
import type { Database, Schema } from './schema.ts';

/** The tables that hold intervals of streams. */
export type RangeTable = 'slices' | 'wanted' | 'losses' | 'failures';

/** The rows of a stream that overlap an interval, oldest first; with a limit, the newest ones. Index-only in both directions. */
export async function rowsOf<T extends RangeTable>(
  db: Database,
  table: T,
  { source, stream }: StreamId,
  within: Interval,
  limit?: number,
): Promise<Selectable<Schema[T]>[]> {
  const rows = db
    .selectFrom<RangeTable>(table)
    .selectAll()
    .where('source', '=', source)
    .where('stream', '=', stream)
    .where('until_at', '>', within.from)
    .where('from_at', '<', within.until);
  const found =
    limit === undefined
      ? await rows.orderBy('from_at').orderBy('until_at').execute()
      : (await rows.orderBy('from_at', 'desc').orderBy('until_at', 'desc').limit(limit).execute()).toReversed();
  return found as unknown as Selectable<Schema[T]>[];
}

/** Removes rows of a stream by their exact intervals. */
export async function removeRanges(
  db: Database,
  table: 'wanted' | 'failures',
  { source, stream }: StreamId,
  ranges: readonly Interval[],
): Promise<void> {
  for (const { from, until } of ranges) {
    await db
      .deleteFrom(table)
      .where('source', '=', source)
      .where('stream', '=', stream)
      .where('from_at', '=', from)
      .where('until_at', '=', until)
      .execute();
  }
}
