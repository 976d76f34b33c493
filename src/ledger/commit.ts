import type { StreamId } from '../core/ids.ts';
import { subtract, union } from '../core/intervals.ts';
import { ArchiveDamaged } from '../core/failures.ts';
import type { Receipt } from '../core/manifest.ts';
import { fromIso, interval } from '../core/time.ts';
import { removeRanges, rowsOf } from './queries.ts';
import { ALWAYS, toInterval } from './rows.ts';
import type { Database, Schema } from './schema.ts';

/**
 * Writes a sealed slice from its manifest, inside the caller's transaction. The archive's manifest is exclusive, so one slice and revision has one
 * content: another digest means that somebody changed the archive by hand, and the row that is there stays.
 */
export async function commitReceipt(db: Database, receipt: Receipt): Promise<'committed' | 'present'> {
  const row = toRow(receipt);
  const result = await db
    .insertInto('slices')
    .values(row)
    .onConflict((conflict) => conflict.columns(['source', 'stream', 'from_at', 'until_at', 'revision']).doNothing())
    .executeTakeFirst();
  if ((result.numInsertedOrUpdatedRows ?? 0n) > 0n) {
    await forgetWhatIsFulfilled(db, row);
    return 'committed';
  }
  const present = (await rowsOf(db, 'slices', row, toInterval(row))).find(
    (one) => one.from_at === row.from_at && one.until_at === row.until_at && one.revision === row.revision,
  );
  if (present?.digest === row.digest) return 'present';
  throw new ArchiveDamaged(
    `${receipt.key} is not what was sealed: the ledger has digest ${present?.digest ?? 'none'}, the manifest says ${row.digest}`,
  );
}

/** Failures and wishes that lie wholly in what is held or lost have been settled. */
export async function forgetWhatIsFulfilled(db: Database, id: StreamId): Promise<void> {
  const failures = (await rowsOf(db, 'failures', id, ALWAYS)).map(toInterval);
  const wanted = (await rowsOf(db, 'wanted', id, ALWAYS)).map(toInterval);
  if (failures.length + wanted.length === 0) return;
  const [first] = union(failures, wanted);
  const span = { from: first?.from ?? 0, until: union(failures, wanted).at(-1)?.until ?? 0 };
  const held = union((await rowsOf(db, 'slices', id, span)).map(toInterval));
  const settled = union(held, (await rowsOf(db, 'losses', id, span)).map(toInterval));
  const inside = (ranges: typeof failures): typeof failures =>
    ranges.filter((one) => subtract([one], settled).length === 0);
  await removeRanges(db, 'failures', id, inside(failures));
  await removeRanges(db, 'wanted', id, inside(wanted));
}

function toRow({ manifest, key }: Receipt): Schema['slices'] {
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
  };
}
