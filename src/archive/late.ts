import { hash } from 'node:crypto';
import { countLate, notLate } from '../core/lateness.ts';
import type { Receipt, WindowSlice } from '../core/manifest.ts';
import { ArchiveDamaged } from '../core/failures.ts';
import { toIso } from '../core/time.ts';
import type { LateOrder, Looked } from './archive.ts';
import { arranged } from './arrange.ts';
import { breather, type Breathe } from './breath.ts';
import { digestOf } from './digest.ts';
import { HASH_BYTES } from './hashes.ts';
import { readHeld, type HeldRecords } from './held-records.ts';
import { manifestKey, sliceFolder } from './layout.ts';
import { encodeManifest, findReceipt } from './manifest.ts';
import { dropRepeats, type Kept } from './repeats.ts';
import { removeSegments, writeParts } from './seal.ts';
import { closeSegments, loadRecords, openSegments, type StagedRecords } from './segment-index.ts';
import { stagedLines } from './staged-lines.ts';
import type { Store } from './store.ts';
import { KEY_BYTES } from './tally.ts';
import { at } from './typed.ts';

/**
 * Adds what another look at a sealed window found and the window does not hold, as its next revision. As with the first one the manifest is the
 * commit, and it is exclusive: whoever comes second compares again, with what is there by then.
 */
export async function sealLate(store: Store, order: LateOrder, signal?: AbortSignal): Promise<Looked> {
  const breathe = breather(signal);
  const segments = await openSegments(store, order.segments);
  let looked: Looked | undefined;
  try {
    const records = await loadRecords(segments, breathe);
    while (looked === undefined) looked = await addTo(store, order, records, breathe);
  } finally {
    await closeSegments(segments);
  }
  await removeSegments(store, order.segments);
  return looked;
}

/** @returns undefined when somebody else has sealed the next revision meanwhile */
async function addTo(
  store: Store,
  order: LateOrder,
  records: StagedRecords,
  breathe: Breathe,
): Promise<Looked | undefined> {
  const base = await latestRevision(store, order.slice);
  const held = await readHeld(store, base, order.likeness, breathe);
  const kept = await dropRepeats(records, breathe);
  const { late, changed } = await compare(records, kept, held, order.likeness, breathe);
  const lateness = latenessOf(records, late, order.lookedAt);
  const found = { found: kept.records.length, held: base.manifest.records, late: late.length, changed, lateness };
  if (late.length === 0) return { receipt: base, ...found };
  const all = { ...found, records, held, kept: { ...kept, records: late } };
  const receipt = await sealNext(store, order, base, all, breathe);
  return receipt && { receipt, ...found };
}

/** Errors: `archive-damaged` when not even the first one is there. */
async function latestRevision(store: Store, slice: WindowSlice): Promise<Receipt> {
  let latest: Receipt | undefined;
  for (let revision = 1; ; revision += 1) {
    const next = await findReceipt(store, { ...slice, revision });
    if (next === undefined) break;
    latest = next;
  }
  if (latest === undefined) throw new ArchiveDamaged(`${manifestKey({ ...slice, revision: 1 })} is missing`);
  return latest;
}

/**
 * Which of the staged records are not held. Those that are held to the byte are set off first, so that of several of one likeness the new one counts as
 * new; what is then left over on both sides is one record in two forms.
 */
async function compare(
  records: StagedRecords,
  { records: kept }: Kept,
  held: HeldRecords,
  likeness: LateOrder['likeness'],
  breathe: Breathe,
): Promise<{ readonly late: Uint32Array; readonly changed: number }> {
  const isKept = new Uint8Array(records.count);
  for (const record of kept) isKept[record] = 1;
  const keys = Buffer.alloc(records.count * KEY_BYTES);
  for await (const { record, bytes, context } of stagedLines(records)) {
    if (at(isKept, record) === 0) continue;
    const key = hash('sha256', likeness({ bytes, ...(context && { context }) }), 'buffer');
    key.copy(keys, record * KEY_BYTES, 0, KEY_BYTES);
    if (record % 512 === 511) await breathe();
  }
  const others = kept.filter((record) => {
    const isSame = held.lines.take(records.hashes, record * HASH_BYTES);
    // The two go together: what is held to the byte has the likeness of what is held.
    return !(isSame && held.likenesses.take(keys, record * KEY_BYTES));
  });
  const late = others.filter((record) => !held.likenesses.take(keys, record * KEY_BYTES));
  return { late, changed: others.length - late.length };
}

function latenessOf({ times }: StagedRecords, late: Uint32Array, lookedAt: number): Looked['lateness'] {
  const classes = [...notLate.classes];
  let most = 0;
  for (const record of late) {
    const by = Math.max(0, lookedAt - at(times, record));
    countLate(classes, by);
    most = Math.max(most, by);
  }
  return { classes, most };
}

interface Found extends Omit<Looked, 'receipt' | 'held'> {
  readonly records: StagedRecords;
  readonly held: HeldRecords;
  /** The late ones. */
  readonly kept: Kept;
}

async function sealNext(
  store: Store,
  order: LateOrder,
  base: Receipt,
  { records, held, kept, ...found }: Found,
  breathe: Breathe,
): Promise<Receipt | undefined> {
  const { manifest } = base;
  const slice = { ...order.slice, revision: manifest.revision + 1 };
  const arrangement = await arranged(records, kept, breathe);
  const parts = await writeParts(store, sliceFolder(slice), arrangement, breathe, manifest.parts.length);
  const key = manifestKey(slice);
  await breathe();
  const { missedAt, lookedAt, run, sealedAt } = order;
  const { manifest: next, bytes } = encodeManifest({
    slice,
    records: manifest.records + found.late,
    repeats: manifest.repeats,
    conflicts: manifest.conflicts + found.changed,
    pages: manifest.pages + arrangement.pages,
    parts: [...manifest.parts, ...parts],
    digest: await digestOfAll(records, kept.records, held, breathe),
    reported: order.reported ?? manifest.reported,
    late: {
      records: found.late,
      found: found.found,
      changed: found.changed,
      missedAt: toIso(missedAt),
      lookedAt: toIso(lookedAt),
      ...found.lateness,
    },
    sealedAt,
    run,
  });
  return (await store.putExclusive(key, bytes)) ? { manifest: next, key } : undefined;
}

/** Over the records that were held and those that are new. */
async function digestOfAll(
  records: StagedRecords,
  late: Uint32Array,
  { hashes, count }: HeldRecords,
  breathe: Breathe,
): Promise<string> {
  const news = [...late].map((record) => records.hashes.subarray(record * HASH_BYTES, (record + 1) * HASH_BYTES));
  const all = Buffer.concat([hashes.subarray(0, count * HASH_BYTES), ...news]);
  const numbers = Uint32Array.from({ length: count + late.length }, (_, i) => i);
  return await digestOf(all, numbers, breathe);
}
