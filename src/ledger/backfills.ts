import type { Kysely } from 'kysely';
import { isOpen, type BackfillState } from '../core/backfill.ts';
import type { StreamId } from '../core/ids.ts';
import { union, type IntervalSet } from '../core/intervals.ts';
import type { Interval } from '../core/time.ts';
import type { Database, Schema } from './schema.ts';

/** What the ledger knows of backfills: each method is one transaction, and may be repeated with the same effect. */
export interface BackfillFacts {
  /** Writes a backfill down as running; one of that id stays as it is. Returns what is known of it. */
  beginBackfill(backfill: NewBackfill, now: number): Promise<BackfillRow>;
  backfill(id: string): Promise<BackfillRow | undefined>;
  /** Of one stream, or of all; the newest first. */
  backfills(stream?: StreamId): Promise<readonly BackfillRow[]>;
  /** Moves a backfill to another state, with the failure that made it so. One that is over stays as it is. Returns what is known of it then. */
  steerBackfill(
    id: string,
    to: { readonly state: BackfillState; readonly failure?: BackfillRow['failure'] },
    now: number,
  ): Promise<BackfillRow | undefined>;
  /** Records where the backfill's own reader stands: a cursor of a sequence, or the UTC day before which all reports are held. */
  moveBackfill(id: string, cursor: string): Promise<void>;
  /** How far one gets from a cursor along sealed portions, and after which cursors runs of portions begin. */
  path(stream: StreamId, cursor: string): Promise<Path>;
}

export interface NewBackfill extends StreamId, Interval {
  readonly id: string;
  /** The workflow that shows it and steers it. */
  readonly workflowId: string;
}

/** Instants in ms since the epoch. */
export interface BackfillRow extends NewBackfill {
  readonly state: BackfillState;
  /** Why it was paused, where a failure did so. */
  readonly failure?: { readonly name: string; readonly message: string };
  readonly createdAt: number;
  readonly changedAt: number;
  /** When it was done or cancelled. */
  readonly endedAt: number | null;
  /** Where its own reader stands; null before it began, and where the stream's extractor does the work. */
  readonly cursor: string | null;
}

export interface Path {
  /** The cursor itself where no portion comes after it. */
  readonly reached: string;
  /** Places that no portion leads to, and one begins after. */
  readonly heads: readonly string[];
}

export async function createBackfills(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('backfills')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('from_at', 'bigint', (c) => c.notNull())
    .addColumn('until_at', 'bigint', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('workflow_id', 'text', (c) => c.notNull())
    .addColumn('failure', 'text')
    .addColumn('failure_message', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('changed_at', 'bigint', (c) => c.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('cursor', 'text')
    .execute();
  await db.schema.createIndex('backfills_by_stream').on('backfills').columns(['source', 'stream', 'state']).execute();
}

export async function insertBackfill(db: Database, backfill: NewBackfill, now: number): Promise<BackfillRow> {
  const { id, workflowId, source, stream, from, until } = backfill;
  const empty = { failure: null, failure_message: null, ended_at: null, cursor: null };
  const whose = { id, source, stream, from_at: from, until_at: until, workflow_id: workflowId };
  await db
    .insertInto('backfills')
    .values({ ...whose, state: 'running', created_at: now, changed_at: now, ...empty })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  const row = await db.selectFrom('backfills').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  return toBackfill(row);
}

export async function backfillOf(db: Database, id: string): Promise<BackfillRow | undefined> {
  const row = await db.selectFrom('backfills').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toBackfill(row);
}

export async function backfillsOf(db: Database, of?: StreamId): Promise<readonly BackfillRow[]> {
  const rows = db.selectFrom('backfills').selectAll().orderBy('created_at', 'desc').orderBy('id');
  const found =
    of === undefined
      ? await rows.execute()
      : await rows.where('source', '=', of.source).where('stream', '=', of.stream).execute();
  return found.map(toBackfill);
}

export async function setState(
  db: Database,
  id: string,
  { state, failure }: { readonly state: BackfillState; readonly failure?: BackfillRow['failure'] },
  now: number,
): Promise<BackfillRow | undefined> {
  const present = await backfillOf(db, id);
  // Said twice, the first time counts: with its instant, and its reason.
  if (present === undefined || !isOpen(present.state) || present.state === state) return present;
  await db
    .updateTable('backfills')
    .set({
      state,
      changed_at: now,
      ended_at: isOpen(state) ? null : now,
      failure: failure?.name ?? null,
      failure_message: failure?.message ?? null,
    })
    .where('id', '=', id)
    .execute();
  return await backfillOf(db, id);
}

export async function setCursor(db: Database, id: string, cursor: string): Promise<void> {
  await db.updateTable('backfills').set({ cursor }).where('id', '=', id).execute();
}

/** What running backfills want of a stream inside an interval, of ranges that overlap its bounds the whole. */
export async function wantedByBackfills(
  db: Database,
  { source, stream }: StreamId,
  within: Interval,
): Promise<IntervalSet> {
  const rows = await db
    .selectFrom('backfills')
    .select(['from_at', 'until_at'])
    .where('source', '=', source)
    .where('stream', '=', stream)
    .where('state', '=', 'running')
    .where('until_at', '>', within.from)
    .where('from_at', '<', within.until)
    .execute();
  return union(rows.map(({ from_at, until_at }) => ({ from: from_at, until: until_at })));
}

export async function pathFrom(db: Database, { source, stream }: StreamId, cursor: string): Promise<Path> {
  const rows = await db
    .selectFrom('portions')
    .select(['after_cursor', 'upto_cursor'])
    .where('source', '=', source)
    .where('stream', '=', stream)
    .execute();
  const next = new Map(rows.map((row) => [row.after_cursor, row.upto_cursor]));
  const led = new Set(rows.map((row) => row.upto_cursor));
  return { reached: endOf(cursor, next), heads: [...next.keys()].filter((head) => !led.has(head)) };
}

function endOf(head: string, next: ReadonlyMap<string, string>): string {
  let end = head;
  // No more steps than portions, so that a circle, which only meddling makes, ends as well.
  for (let left = next.size; left > 0; left -= 1) {
    const further = next.get(end);
    if (further === undefined) break;
    end = further;
  }
  return end;
}

function toBackfill(row: Schema['backfills']): BackfillRow {
  const { id, source, stream, cursor, failure } = row;
  return {
    id,
    source,
    stream,
    from: row.from_at,
    until: row.until_at,
    workflowId: row.workflow_id,
    state: row.state,
    ...(failure !== null && { failure: { name: failure, message: row.failure_message ?? '' } }),
    createdAt: row.created_at,
    changedAt: row.changed_at,
    endedAt: row.ended_at,
    cursor,
  };
}
