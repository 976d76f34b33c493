import { ArchiveDamaged } from '../core/failures.ts';
import type { FileSlice, Receipt, SearchSlice, SliceContent } from '../core/manifest.ts';
import { fromIso } from '../core/time.ts';
import type { LookupRow } from './ledger.ts';
import type { Database, Schema } from './schema.ts';

/** A receipt of something that was looked up: a search's finds, or a file. */
export interface LookupReceipt extends Receipt {
  readonly manifest: (SearchSlice | FileSlice) & SliceContent;
}

export function isLookup(receipt: Receipt): receipt is LookupReceipt {
  return receipt.manifest.kind === 'search' || receipt.manifest.kind === 'file';
}

/** Writes the row of a sealed lookup. Errors: `archive-damaged` when it is there with another digest. */
export async function insertLookup(db: Database, receipt: LookupReceipt): Promise<'committed' | 'present'> {
  const row = toRow(receipt);
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('lookups')
    .values(row)
    .onConflict((conflict) => conflict.column('manifest').doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows > 0n) return 'committed';
  const { digest } = await db
    .selectFrom('lookups')
    .select('digest')
    .where('manifest', '=', row.manifest)
    .executeTakeFirstOrThrow();
  if (digest === row.digest) return 'present';
  throw new ArchiveDamaged(
    `${receipt.key} is not what was sealed: the ledger has digest ${digest}, the manifest says ${row.digest}`,
  );
}

function toRow({ manifest, key }: LookupReceipt): Schema['lookups'] {
  const { source, stream, kind, records, parts, verbatim, digest, sealedAt, run } = manifest;
  return {
    source,
    stream,
    kind,
    subject: manifest.kind === 'search' ? manifest.query : `${manifest.item}/${manifest.file}`,
    records,
    parts: parts.length,
    bytes: parts.reduce((sum, part) => sum + part.bytes, verbatim?.bytes ?? 0),
    digest,
    sealed_at: fromIso(sealedAt) ?? 0,
    manifest: key,
    workflow_id: run.workflowId,
  };
}

/** What was looked up at a source, oldest first. */
export async function lookupsOf(db: Database, source: string): Promise<readonly LookupRow[]> {
  const rows = await db
    .selectFrom('lookups')
    .selectAll()
    .where('source', '=', source)
    .orderBy('sealed_at')
    .orderBy('manifest')
    .execute();
  return rows.map(({ sealed_at, workflow_id, ...row }) => ({ ...row, sealedAt: sealed_at, workflowId: workflow_id }));
}
