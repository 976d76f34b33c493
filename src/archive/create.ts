import { hash } from 'node:crypto';
import { Failure } from '../core/failures.ts';
import type { Receipt } from '../core/manifest.ts';
import type { Archive, ArchivedRecord, DamagedManifest } from './archive.ts';
import { isManifestKey, keyBeside, quarantineKey, slicesPrefix, stagingFolder } from './layout.ts';
import { decodeManifest, findReceipt } from './manifest.ts';
import { readPart } from './part-reader.ts';
import { sealLate } from './late.ts';
import { sealSlice } from './seal.ts';
import { stageSegment } from './segment-writer.ts';
import type { Store } from './store.ts';
import { rawSha256, stagePiece } from './verbatim.ts';
import { verifyReceipt } from './verify.ts';

/** An archive over a store. */
export function createArchive(store: Store): Archive {
  return {
    stage: (stream) => stageSegment(store, stream),
    stagePiece: (stream) => stagePiece(store, stream),
    rawSha256: (pieces) => rawSha256(store, pieces),
    seal: (order, signal) => sealSlice(store, order, signal),
    sealLate: (order, signal) => sealLate(store, order, signal),
    find: (slice) => findReceipt(store, slice),
    receipt: (key) => readReceipt(store, key),
    manifests: () => manifests(store),
    verify: (receipt) => verifyReceipt(store, receipt),
    records: (receipt) => records(store, receipt),
    async quarantine(stream, body) {
      const key = quarantineKey(stream, Date.now(), hash('sha256', body, 'hex'));
      // False when the same answer is kept already, from the same moment.
      await store.putExclusive(key, body);
      return key;
    },
    sweep: (before) => sweep(store, before),
  };
}

async function* manifests(store: Store): AsyncGenerator<Receipt | DamagedManifest> {
  for await (const { key } of store.list(slicesPrefix)) {
    if (!isManifestKey(key)) continue;
    const found = await readManifest(store, key);
    if (found !== undefined) yield found;
  }
}

async function readReceipt(store: Store, key: string): Promise<Receipt | undefined> {
  const bytes = await store.read(key);
  return bytes === undefined ? undefined : { manifest: decodeManifest(bytes, key), key };
}

async function readManifest(store: Store, key: string): Promise<Receipt | DamagedManifest | undefined> {
  try {
    return await readReceipt(store, key);
  } catch (error) {
    if (error instanceof Failure) return { key, damage: error.message };
    throw error;
  }
}

async function* records(store: Store, { manifest, key }: Receipt): AsyncGenerator<ArchivedRecord> {
  for (const part of manifest.parts) {
    const { context } = part;
    for await (const bytes of readPart(store, keyBeside(key, part.file), part)) yield { bytes, context };
  }
}

async function sweep(store: Store, before: number): Promise<number> {
  let removed = await store.removeLeftovers(before);
  for await (const { key, modifiedAt } of store.list(stagingFolder)) {
    if (modifiedAt >= before) continue;
    await store.remove(key);
    removed += 1;
  }
  return removed;
}
