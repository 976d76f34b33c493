import { ArchiveDamaged } from '../core/failures.ts';
import type { StreamId } from '../core/ids.ts';
import type { Receipt, ReportSlice, SliceContent } from '../core/manifest.ts';
import { fromIso } from '../core/time.ts';
import type { ReportRow } from './ledger.ts';
import type { Database, Schema } from './schema.ts';

/** A receipt of a report. */
export interface ReportReceipt extends Receipt {
  readonly manifest: ReportSlice & SliceContent;
}

export function isReport(receipt: Receipt): receipt is ReportReceipt {
  return receipt.manifest.kind === 'report';
}

/** Writes the row of a sealed report. Errors: `archive-damaged` when it is there with another digest. */
export async function insertReport(db: Database, receipt: ReportReceipt): Promise<'committed' | 'present'> {
  const row = toRow(receipt);
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('reports')
    .values(row)
    .onConflict((conflict) => conflict.columns(['source', 'stream', 'day', 'file', 'revision']).doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows > 0n) return 'committed';
  const present = await db
    .selectFrom('reports')
    .select('digest')
    .where('source', '=', row.source)
    .where('stream', '=', row.stream)
    .where('day', '=', row.day)
    .where('file', '=', row.file)
    .where('revision', '=', row.revision)
    .executeTakeFirstOrThrow();
  if (present.digest === row.digest) return 'present';
  throw new ArchiveDamaged(
    `${receipt.key} is not what was sealed: the ledger has digest ${present.digest}, the manifest says ${row.digest}`,
  );
}

function toRow({ manifest, key }: ReportReceipt): Schema['reports'] {
  const { source, stream, day, file, revision, records, reported, parts, verbatim, digest, run } = manifest;
  return {
    source,
    stream,
    day,
    file,
    revision,
    report_id: manifest.reportId ?? '',
    records,
    reported,
    parts: parts.length,
    bytes: parts.reduce((sum, part) => sum + part.bytes, verbatim?.bytes ?? 0),
    raw_sha256: verbatim?.rawSha256 ?? '',
    digest,
    sealed_at: fromIso(manifest.sealedAt) ?? 0,
    manifest: key,
    workflow_id: run.workflowId,
  };
}

/** The sealed reports of the days from one to another, both included, every revision, by day, name and revision. */
export async function reportsOf(
  db: Database,
  { source, stream }: StreamId,
  days: { readonly first: string; readonly last: string },
): Promise<readonly ReportRow[]> {
  const rows = await db
    .selectFrom('reports')
    .selectAll()
    .where('source', '=', source)
    .where('stream', '=', stream)
    .where('day', '>=', days.first)
    .where('day', '<=', days.last)
    .orderBy('day')
    .orderBy('file')
    .orderBy('revision')
    .execute();
  return rows.map((row) => ({
    day: row.day,
    file: row.file,
    revision: row.revision,
    reportId: row.report_id,
    records: row.records,
    reported: row.reported,
    parts: row.parts,
    bytes: row.bytes,
    rawSha256: row.raw_sha256,
    digest: row.digest,
    sealedAt: row.sealed_at,
    manifest: row.manifest,
    workflowId: row.workflow_id,
  }));
}

/** Another id stands for the same file, or the vendor counts its records otherwise by now: it need not be fetched for that again. */
export async function markSame(
  db: Database,
  { source, stream }: StreamId,
  { day, file, revision, reportId, reported }: Pick<ReportRow, 'day' | 'file' | 'revision' | 'reportId' | 'reported'>,
): Promise<void> {
  await db
    .updateTable('reports')
    .set({ report_id: reportId, reported })
    .where('source', '=', source)
    .where('stream', '=', stream)
    .where('day', '=', day)
    .where('file', '=', file)
    .where('revision', '=', revision)
    .execute();
}
