import type { DamagedManifest } from '../archive/archive.ts';
import { ArchiveDamaged } from '../core/failures.ts';
import { formatStreamId, type StreamId } from '../core/ids.ts';
import type { Receipt } from '../core/manifest.ts';
import { insertSlice, isWindow } from './commit.ts';
import { insertLookup, isLookup } from './lookups.ts';
import { rangesOf } from './queries.ts';
import { ALWAYS } from './rows.ts';
import type { Database } from './schema.ts';
import { insertReport, isReport } from './reports.ts';
import { insertPortion, isPortion, placeAtEnds } from './sequences.ts';
import { settle } from './settle.ts';
import { apply } from './sql.ts';

export type Manifests = AsyncIterable<Receipt | DamagedManifest>;

export interface Filled {
  /** Slices written from manifests. */
  readonly slices: number;
  readonly damaged: readonly DamagedManifest[];
}

/**
 * Writes the slices of an archive into a ledger that has none, inside the caller's transaction. Damaged manifests are passed over and returned, and so is
 * a second one for a slice and revision whose content is another. A stream that was never applied counts as applied when the first thing it holds begins.
 */
export async function fill(db: Database, manifests: Manifests): Promise<Filled> {
  const damaged: DamagedManifest[] = [];
  const streams = new Map<string, StreamId>();
  let slices = 0;
  for await (const found of manifests) {
    const damage = 'damage' in found ? found.damage : await insert(db, found);
    if (damage !== undefined) damaged.push({ key: found.key, damage });
    if (damage !== undefined || 'damage' in found) continue;
    slices += 1;
    // What was looked up does not make its collection a stream.
    if (isLookup(found)) continue;
    const { source, stream } = found.manifest;
    streams.set(formatStreamId({ source, stream }), { source, stream });
  }
  await placeAtEnds(db);
  for (const id of streams.values()) {
    const held = await rangesOf(db, 'slices', id, ALWAYS);
    await settle(db, id, { held });
    await apply(db, id, held[0]?.from ?? 0);
  }
  return { slices, damaged };
}

async function insert(db: Database, receipt: Receipt): Promise<string | undefined> {
  try {
    if (isPortion(receipt)) await insertPortion(db, receipt);
    if (isReport(receipt)) await insertReport(db, receipt);
    if (isLookup(receipt)) await insertLookup(db, receipt);
    if (isWindow(receipt)) await insertSlice(db, receipt);
    return undefined;
  } catch (error) {
    if (error instanceof ArchiveDamaged) return error.message;
    throw error;
  }
}
