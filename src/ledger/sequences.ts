import { ArchiveDamaged } from '../core/failures.ts';
import { extractId, type StreamId } from '../core/ids.ts';
import type { PortionSlice, Receipt, SliceContent } from '../core/manifest.ts';
import { fromIso } from '../core/time.ts';
import type { PortionRow, Position } from './ledger.ts';
import type { Database, Schema } from './schema.ts';

/** A receipt of a portion. */
export interface PortionReceipt extends Receipt {
  readonly manifest: PortionSlice & SliceContent;
}

export function isPortion(receipt: Receipt): receipt is PortionReceipt {
  return receipt.manifest.kind === 'portion';
}

/**
 * Writes the row of a sealed portion, and moves the stream's position with it: from the cursor that the portion comes after to the one that it
 * reaches. A position that is elsewhere by then stays: somebody else has sealed this portion, and gone on.
 */
export async function insertPortion(db: Database, receipt: PortionReceipt): Promise<'committed' | 'present'> {
  const { source, stream, after, upto, digest, sealedAt, reported, records } = receipt.manifest;
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('portions')
    .values(toRow(receipt))
    .onConflict((conflict) => conflict.columns(['source', 'stream', 'after_cursor']).doNothing())
    .executeTakeFirst();
  const isNew = numInsertedOrUpdatedRows > 0n;
  if (!isNew) await mustBeSame(db, receipt, digest);
  await db
    .updateTable('positions')
    .set({
      cursor: upto,
      remaining: reported === null ? null : Math.max(0, reported - records),
      moved_at: fromIso(sealedAt) ?? 0,
      failure: null,
      failure_message: null,
      failed_at: null,
    })
    .where('source', '=', source)
    .where('stream', '=', stream)
    .where('cursor', '=', after)
    .execute();
  return isNew ? 'committed' : 'present';
}

async function mustBeSame(db: Database, { manifest, key }: PortionReceipt, digest: string): Promise<void> {
  const present = await db
    .selectFrom('portions')
    .select('digest')
    .where('source', '=', manifest.source)
    .where('stream', '=', manifest.stream)
    .where('after_cursor', '=', manifest.after)
    .executeTakeFirstOrThrow();
  if (present.digest === digest) return;
  throw new ArchiveDamaged(
    `${key} is not what was sealed: the ledger has digest ${present.digest}, the manifest says ${digest}`,
  );
}

function toRow({ manifest, key }: PortionReceipt): Schema['portions'] {
  const { source, stream, after, upto, records, repeats, parts, digest, sealedAt, run } = manifest;
  return {
    source,
    stream,
    after_cursor: after,
    upto_cursor: upto,
    records,
    repeats,
    parts: parts.length,
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    digest,
    sealed_at: fromIso(sealedAt) ?? 0,
    manifest: key,
    workflow_id: run.workflowId,
  };
}

export async function positionOf(db: Database, { source, stream }: StreamId): Promise<Position | undefined> {
  const row = await db
    .selectFrom('positions')
    .selectAll()
    .where('source', '=', source)
    .where('stream', '=', stream)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { cursor, remaining, moved_at: movedAt, ended_at: endedAt, failure, failure_message, failed_at } = row;
  const trouble =
    failure === null ? undefined : { name: failure, message: failure_message ?? '', at: failed_at ?? movedAt };
  return { cursor, remaining, movedAt, endedAt, ...(trouble && { failure: trouble }) };
}

/** Sets a stream's first position, unless it has one. @returns the cursor that counts */
export async function beginAt(
  db: Database,
  { source, stream }: StreamId,
  cursor: string,
  now: number,
): Promise<string> {
  const none = { remaining: null, ended_at: null, failure: null, failure_message: null, failed_at: null };
  await db
    .insertInto('positions')
    .values({ source, stream, cursor, moved_at: now, ...none })
    .onConflict((conflict) => conflict.columns(['source', 'stream']).doNothing())
    .execute();
  return (await positionOf(db, { source, stream }))?.cursor ?? cursor;
}

export async function movePosition(
  db: Database,
  { source, stream }: StreamId,
  { from, to }: { readonly from: string; readonly to: string },
  now: number,
): Promise<void> {
  const free = { failure: null, failure_message: null, failed_at: null };
  await db
    .updateTable('positions')
    .set({ cursor: to, moved_at: now, ended_at: now, ...free })
    .where('source', '=', source)
    .where('stream', '=', stream)
    .where('cursor', '=', from)
    .execute();
}

/** The vendor has nothing after the cursor as of now. */
export async function markEnd(db: Database, { source, stream }: StreamId, cursor: string, now: number): Promise<void> {
  await db
    .updateTable('positions')
    .set({ remaining: 0, ended_at: now, failure: null, failure_message: null, failed_at: null })
    .where('source', '=', source)
    .where('stream', '=', stream)
    .where('cursor', '=', cursor)
    .execute();
}

export async function markFailure(
  db: Database,
  { source, stream }: StreamId,
  { name, message }: { readonly name: string; readonly message: string },
  now: number,
): Promise<void> {
  await db
    .updateTable('positions')
    .set({ failure: name, failure_message: message, failed_at: now })
    .where('source', '=', source)
    .where('stream', '=', stream)
    .execute();
}

/** The newest portions of a stream, oldest first. */
export async function portionsOf(
  db: Database,
  { source, stream }: StreamId,
  limit: number,
): Promise<readonly PortionRow[]> {
  const rows = await db
    .selectFrom('portions')
    .selectAll()
    .where('source', '=', source)
    .where('stream', '=', stream)
    .orderBy('sealed_at', 'desc')
    .orderBy('after_cursor', 'desc')
    .limit(limit)
    .execute();
  return rows.toReversed().map((row) => ({
    after: row.after_cursor,
    upto: row.upto_cursor,
    records: row.records,
    repeats: row.repeats,
    parts: row.parts,
    bytes: row.bytes,
    digest: row.digest,
    sealedAt: row.sealed_at,
    manifest: row.manifest,
    workflowId: row.workflow_id,
  }));
}

/**
 * After the portions were written anew from manifests: each stream's position is moved along its chain to the end; one that is not known begins
 * at the end of the chain. Of several ends the one that the stream's own extractor made counts, and not a backfill's; then the one that was sealed last.
 */
export async function placeAtEnds(db: Database): Promise<void> {
  const ends = await db
    .selectFrom('portions as last')
    .leftJoin('portions as next', (join) =>
      join
        .onRef('next.source', '=', 'last.source')
        .onRef('next.stream', '=', 'last.stream')
        .onRef('next.after_cursor', '=', 'last.upto_cursor'),
    )
    .where('next.source', 'is', null)
    .select(['last.source', 'last.stream', 'last.upto_cursor', 'last.sealed_at', 'last.workflow_id'])
    .orderBy('last.sealed_at', 'desc')
    .execute();
  const isOwn = (end: (typeof ends)[number]): boolean => end.workflow_id === extractId(end);
  for (const { source, stream, upto_cursor, sealed_at } of ends.toSorted(
    (a, b) => Number(isOwn(b)) - Number(isOwn(a)),
  )) {
    const id = { source, stream };
    const cursor = await beginAt(db, id, upto_cursor, sealed_at);
    const end = await endOfChain(db, id, cursor);
    if (end === cursor) continue;
    const moved = { cursor: end, remaining: null, moved_at: sealed_at, ended_at: null };
    await db.updateTable('positions').set(moved).where('source', '=', source).where('stream', '=', stream).execute();
  }
}

async function endOfChain(db: Database, { source, stream }: StreamId, start: string): Promise<string> {
  const seen = new Set<string>();
  let cursor = start;
  while (!seen.has(cursor)) {
    seen.add(cursor);
    const next = await db
      .selectFrom('portions')
      .select('upto_cursor')
      .where('source', '=', source)
      .where('stream', '=', stream)
      .where('after_cursor', '=', cursor)
      .executeTakeFirst();
    if (next === undefined) return cursor;
    cursor = next.upto_cursor;
  }
  return cursor;
}
