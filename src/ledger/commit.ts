import { ArchiveDamaged } from '../core/failures.ts';
import type { Receipt, SliceContent, WindowSlice } from '../core/manifest.ts';
import { fromIso, interval } from '../core/time.ts';
import { insertLook, lookOf } from './looks.ts';
import type { Database, Schema } from './schema.ts';

/** A receipt of a window. */
export interface WindowReceipt extends Receipt {
  readonly manifest: WindowSlice & SliceContent;
}

export function isWindow(receipt: Receipt): receipt is WindowReceipt {
  return receipt.manifest.kind === 'window';
}

/**
 * Writes the row of a sealed slice from its manifest, and of a later revision the look that led to it. The archive's manifest is exclusive, so one slice and revision has one content: another digest
 * means that somebody changed the archive by hand; the row that is there stays, and `archive-damaged` is thrown.
 */
export async function insertSlice(db: Database, receipt: WindowReceipt): Promise<'committed' | 'present'> {
  const row = toRow(receipt);
  if (receipt.manifest.late !== undefined) await insertLook(db, receipt.manifest, lookOf(receipt));
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('slices')
    .values(row)
    .onConflict((conflict) => conflict.columns(['source', 'stream', 'from_at', 'until_at', 'revision']).doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows > 0n) return 'committed';
  const present = await db
    .selectFrom('slices')
    .select('digest')
    .where('source', '=', row.source)
    .where('stream', '=', row.stream)
    .where('from_at', '=', row.from_at)
    .where('until_at', '=', row.until_at)
    .where('revision', '=', row.revision)
    .executeTakeFirstOrThrow();
  if (present.digest === row.digest) return 'present';
  throw new ArchiveDamaged(
    `${receipt.key} is not what was sealed: the ledger has digest ${present.digest}, the manifest says ${row.digest}`,
  );
}

function toRow({ manifest, key }: WindowReceipt): Schema['slices'] {
  const { source, stream, kind, revision, records, repeats, pages, digest, parts } = manifest;
  const { from, until } = interval(manifest);
  return {
    source,
    stream,
    kind,
    from_at: from,
    until_at: until,
    revision,
    records,
    repeats,
    pages,
    parts: parts.length,
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    digest,
    sealed_at: fromIso(manifest.sealedAt) ?? 0,
    manifest: key,
    workflow_id: manifest.run.workflowId,
    reported: manifest.reported,
  };
}
