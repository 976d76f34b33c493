import { addLateness, notLate, type Lateness } from '../core/lateness.ts';
import type { StreamId } from '../core/ids.ts';
import { fromIso, interval, type Interval } from '../core/time.ts';
import type { WindowReceipt } from './commit.ts';
import type { SliceRow } from './ledger.ts';
import { rowsOf } from './queries.ts';
import { toInterval } from './rows.ts';
import type { Database } from './schema.ts';

/** What one look at a sealed window found. */
export interface LookRow extends Interval {
  /** By the vendor's clock. */
  readonly lookedAt: number;
  /** Records that the vendor handed out, repeats dropped. */
  readonly found: number;
  /** Records that were held before, and are no longer among what it handed out, included. */
  readonly held: number;
  /** Records that had not been there before: they are held now. */
  readonly late: number;
  /** Records that are held in another form than the vendor gives them by now: the first one is kept. */
  readonly changed: number;
  /** How many records the vendor said there were. */
  readonly reported: number | null;
  readonly lateness: Lateness;
}

export interface LookFacts {
  /** Records a look that found nothing new; one that did comes with the receipt of the revision that it made. */
  look(stream: StreamId, look: LookRow): Promise<void>;
  /** The looks at windows that overlap an interval, by window and time. */
  looks(stream: StreamId, within: Interval): Promise<readonly LookRow[]>;
  /** How late records of a stream were, over all looks. */
  lateness(stream: StreamId): Promise<Lateness>;
  /** Every revision of the slices that overlap an interval. */
  revisions(stream: StreamId, within: Interval): Promise<readonly SliceRow[]>;
}

/** The look that a manifest tells of. */
export function lookOf({ manifest }: WindowReceipt): LookRow {
  const { late, records, reported } = manifest;
  const { classes, most } = late ?? notLate;
  const added = late?.records ?? 0;
  return {
    ...interval(manifest),
    lookedAt: fromIso(late?.lookedAt ?? manifest.sealedAt) ?? 0,
    found: late?.found ?? records,
    held: records - added,
    late: added,
    changed: late?.changed ?? 0,
    reported,
    lateness: { classes, most },
  };
}

/** Does nothing when the look is known: a manifest may be committed again. */
export async function insertLook(db: Database, { source, stream }: StreamId, look: LookRow): Promise<void> {
  const { from, until, lookedAt, found, held, late, changed, reported, lateness } = look;
  await db
    .insertInto('looks')
    .values({
      source,
      stream,
      from_at: from,
      until_at: until,
      looked_at: lookedAt,
      found,
      held,
      late,
      changed,
      reported,
      late_classes: JSON.stringify(lateness.classes),
      late_most: lateness.most,
    })
    .onConflict((conflict) => conflict.columns(['source', 'stream', 'from_at', 'until_at', 'looked_at']).doNothing())
    .execute();
}

export async function looksOf(db: Database, id: StreamId, within: Interval): Promise<readonly LookRow[]> {
  const rows = await rowsOf(db, 'looks', id, within);
  return rows
    .map((row) => ({
      ...toInterval(row),
      lookedAt: row.looked_at,
      found: row.found,
      held: row.held,
      late: row.late,
      changed: row.changed,
      reported: row.reported,
      lateness: readLateness(row),
    }))
    .toSorted((a, b) => a.from - b.from || a.until - b.until || a.lookedAt - b.lookedAt);
}

export async function latenessOf(db: Database, { source, stream }: StreamId): Promise<Lateness> {
  const rows = await db
    .selectFrom('looks')
    .select(['late_classes', 'late_most'])
    .where('source', '=', source)
    .where('stream', '=', stream)
    .where('late', '>', 0)
    .execute();
  return rows.map(readLateness).reduce(addLateness, notLate);
}

function readLateness(row: { readonly late_classes: string; readonly late_most: number }): Lateness {
  return { classes: readCounts(row.late_classes), most: row.late_most };
}

/** A list that somebody has meddled with counts for nothing: it is only a measurement. */
function readCounts(text: string): readonly number[] {
  try {
    const counts: unknown = JSON.parse(text);
    const sound = Array.isArray(counts) && counts.every((one) => Number.isSafeInteger(one));
    return sound ? (counts as number[]) : notLate.classes;
  } catch {
    return notLate.classes;
  }
}
