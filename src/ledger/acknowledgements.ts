import type { StreamId } from '../core/ids.ts';
import { subtract, union } from '../core/intervals.ts';
import type { Interval } from '../core/time.ts';
import { rangesOf, rowsOf } from './queries.ts';
import { ALWAYS, toInterval } from './rows.ts';
import type { Database } from './schema.ts';

/** A stretch that an operator has excluded from all that is told of gaps: somebody knows of it, and why. It is still extracted if it can be. */
export interface AcknowledgementRow extends Interval {
  readonly why: string;
  readonly by: string;
  readonly at: number;
}

export interface AcknowledgementFacts {
  /** Records that an operator knows of a stretch, so far as nobody said so before: what was said first stands. */
  acknowledge(
    stream: StreamId,
    range: Interval,
    said: { readonly why: string; readonly by: string },
    now: number,
  ): Promise<void>;
  /** Takes it back; what is left of a longer stretch keeps what was said of it. */
  unacknowledge(stream: StreamId, range: Interval): Promise<void>;
  /** Oldest first; no two overlap. */
  acknowledgements(stream: StreamId): Promise<readonly AcknowledgementRow[]>;
}

export async function acknowledgementsOf(db: Database, id: StreamId): Promise<readonly AcknowledgementRow[]> {
  const rows = await rowsOf(db, 'acknowledgements', id, ALWAYS);
  return rows.map((row) => ({
    ...toInterval(row),
    why: row.why,
    by: row.acknowledged_by,
    at: row.acknowledged_at,
  }));
}

export async function addAcknowledgement(
  db: Database,
  { source, stream }: StreamId,
  range: Interval,
  said: Omit<AcknowledgementRow, keyof Interval>,
): Promise<void> {
  const known = await rangesOf(db, 'acknowledgements', { source, stream }, range);
  for (const news of subtract(union([range]), known)) await insert(db, { source, stream }, { ...said, ...news });
}

export async function removeAcknowledgement(db: Database, id: StreamId, range: Interval): Promise<void> {
  const { source, stream } = id;
  for (const row of await acknowledgementsOf(db, id)) {
    const rest = subtract([row], union([range]));
    if (rest.length === 1 && rest[0]?.from === row.from && rest[0].until === row.until) continue;
    await db
      .deleteFrom('acknowledgements')
      .where('source', '=', source)
      .where('stream', '=', stream)
      .where('from_at', '=', row.from)
      .where('until_at', '=', row.until)
      .execute();
    for (const piece of rest) await insert(db, id, { ...row, ...piece });
  }
}

async function insert(
  db: Database,
  { source, stream }: StreamId,
  { from, until, why, by, at }: AcknowledgementRow,
): Promise<void> {
  await db
    .insertInto('acknowledgements')
    .values({ source, stream, from_at: from, until_at: until, why, acknowledged_by: by, acknowledged_at: at })
    .execute();
}
