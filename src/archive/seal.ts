import type { Part, Receipt } from '../core/manifest.ts';
import type { SealOrder } from './archive.ts';
import { arrange, type Arrangement } from './arrange.ts';
import { breather, type Breathe } from './breath.ts';
import { keyBeside, manifestKey, sliceFolder, stagingFolder } from './layout.ts';
import { encodeManifest, findReceipt } from './manifest.ts';
import { refill, runReaders, type RunReader } from './run-reader.ts';
import { partWriter, type PartWriter } from './part-writer.ts';
import { closeSegments, openSegments } from './segment-index.ts';
import type { Store } from './store.ts';
import { writeVerbatim } from './verbatim.ts';
import { at } from './typed.ts';

/**
 * Makes a slice of staged segments: parts first, then the manifest, which is the commit. It may be cut off anywhere and done again: parts
 * are named by their content, and a part that no manifest names does not count.
 */
export async function sealSlice(store: Store, order: SealOrder, signal?: AbortSignal): Promise<Receipt> {
  const receipt = (await findReceipt(store, order.slice)) ?? (await sealOrAdopt(store, order, signal));
  await removeSegments(store, [...order.segments, ...(order.verbatim?.pieces ?? [])]);
  return receipt;
}

async function sealOrAdopt(store: Store, order: SealOrder, signal?: AbortSignal): Promise<Receipt> {
  try {
    return await sealNow(store, order, signal);
  } catch (error) {
    // Another attempt that was quicker has removed the segments which this one was still reading.
    const winner = signal?.aborted === true ? undefined : await findReceipt(store, order.slice).catch(() => undefined);
    if (winner === undefined) throw error;
    return winner;
  }
}

async function sealNow(store: Store, order: SealOrder, signal?: AbortSignal): Promise<Receipt> {
  const { slice, run, sealedAt, reported, redaction } = order;
  const breathe = breather(signal);
  const segments = await openSegments(store, order.segments);
  try {
    const arrangement = await arrange(segments, order, breathe);
    const folder = sliceFolder(slice);
    const parts = await writeParts(store, folder, arrangement, breathe);
    const verbatim = order.verbatim && (await writeVerbatim(store, folder, order.verbatim, breathe));
    const { repeats, conflicts, digest, pages } = arrangement;
    const counts = { records: arrangement.order.length, repeats, conflicts, pages };
    const key = manifestKey(slice);
    signal?.throwIfAborted();
    const told = { reportId: order.reportId, reported, redaction, sealedAt, run };
    const whole = { slice, ...counts, parts, digest, verbatim, ...told };
    const { manifest, bytes } = encodeManifest(whole);
    if (await store.putExclusive(key, bytes)) {
      if (slice.revision === 1) await removeStrays(store, key, parts);
      return { manifest, key };
    }
  } finally {
    await closeSegments(segments);
  }
  const winner = await findReceipt(store, slice);
  if (winner === undefined) throw new Error(`the manifest ${manifestKey(slice)} was there and is gone`);
  return winner;
}

/** @param first the number of the first part */
export async function writeParts(
  store: Store,
  folder: string,
  arrangement: Omit<Arrangement, 'digest'>,
  breathe: Breathe,
  first = 0,
): Promise<readonly Part[]> {
  const bytes = arrangement.runs.reduce((sum, run) => sum + run.bytes, 0);
  const parts = partWriter(store, folder, bytes, first);
  try {
    await copyRecords(arrangement, parts, breathe);
    return await parts.finish();
  } finally {
    await parts.abort();
  }
}

/** Copies the lines in their order; those that stand side by side already are copied as one. */
async function copyRecords(
  arrangement: Omit<Arrangement, 'digest'>,
  parts: PartWriter,
  breathe: Breathe,
): Promise<void> {
  const { order, times, lengths } = arrangement;
  const readers = runReaders(arrangement);
  let unbroken = 0;
  for (let place = 0; place < order.length;) {
    // No promise is made here unless there is something to wait for: a million of them would take longer than the copying.
    const record = at(order, place);
    const reader = readers.readerOf(record);
    if (reader.next !== record) await readers.skipTo(reader, record);
    const { context } = reader.run;
    if (!parts.begin(at(lengths, record), at(times, record), context)) {
      await parts.nextPart(context);
      parts.begin(at(lengths, record), at(times, record), context);
    }
    const { count, bytes } = stretchFrom(place, reader, arrangement, parts);
    // A line, and all the more a stretch, may be larger than the buffers that it passes through.
    for (let left = bytes; left > 0;) {
      if (reader.start === reader.end) await refill(reader);
      const taken = parts.put(reader.buffer, reader.start, Math.min(reader.end, reader.start + left));
      if (taken === 0) await parts.flush();
      reader.start += taken;
      left -= taken;
    }
    reader.next += count;
    place += count;
    if (readers.isLast(place - 1)) await readers.end(reader);
    unbroken += count;
    if (unbroken < LONGEST_STRETCH) continue;
    await breathe();
    unbroken = 0;
  }
}

/** So many lines are copied at most before others get their turn. */
const LONGEST_STRETCH = 1024;

/**
 * The record at a place, which the part has begun already, and those that follow on it in its run as well as in the order; the part begins them,
 * too.
 */
function stretchFrom(
  place: number,
  { number, run }: RunReader,
  { order, runOf, times, lengths }: Omit<Arrangement, 'digest'>,
  parts: PartWriter,
): { readonly count: number; readonly bytes: number } {
  const first = at(order, place);
  const most = Math.min(LONGEST_STRETCH, order.length - place);
  let bytes = at(lengths, first);
  let count = 1;
  for (; count < most; count += 1) {
    const record = first + count;
    if (at(order, place + count) !== record || at(runOf, record) !== number) break;
    if (!parts.begin(at(lengths, record), at(times, record), run.context)) break;
    bytes += at(lengths, record);
  }
  return { count, bytes };
}

/**
 * Parts of attempts that died, or lost, and held something else: readers that go by a glob and not by the manifest would see their records
 * as well. Only beside a first manifest, and only just after it was written: no one can be writing parts of a later revision then.
 */
async function removeStrays(store: Store, manifest: string, parts: readonly Part[]): Promise<void> {
  const named = new Set(parts.map(({ file }) => keyBeside(manifest, file)));
  await leniently(async () => {
    for await (const { key } of store.list(keyBeside(manifest, 'part-'))) {
      if (!named.has(key)) await store.remove(key);
    }
  });
}

/** The slice is sealed: what is still staged of it is not needed. */
export async function removeSegments(store: Store, staged: SealOrder['segments']): Promise<void> {
  for (const key of staged) {
    if (typeof key === 'string' && key.startsWith(stagingFolder)) await leniently(() => store.remove(key));
  }
}

/** For tidying up after the commit: the slice is sealed whether or not it works, and sweeping does the rest. */
async function leniently(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch {
    // Nothing is lost by it.
  }
}
