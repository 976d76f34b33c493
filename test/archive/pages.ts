import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Archive, SealOrder } from '../../src/archive/archive.ts';
import { createArchive } from '../../src/archive/create.ts';
import { directoryStore } from '../../src/archive/directory.ts';
import type { Store } from '../../src/archive/store.ts';
import type { RecordContext } from '../../src/core/contract.ts';
import type { Receipt, SliceHeader } from '../../src/core/manifest.ts';

/** A record as a test has it: the bytes that the vendor sent, and what the source type reads from them. */
export interface TestRecord {
  readonly bytes: Uint8Array;
  readonly value: { readonly id: string; readonly time: number };
  readonly context?: RecordContext;
}

export const STREAM = { source: 'acme', stream: 'www.example.com' };
export const FROM = Date.parse('2026-11-21T08:00:00Z');
export const SLICE: SliceHeader = {
  ...STREAM,
  type: 'made-up',
  kind: 'window',
  from: '2026-11-21T08:00:00Z',
  until: '2026-11-21T09:00:00Z',
  revision: 1,
};

export function record(id: string, time: number, text = JSON.stringify({ id, time })): TestRecord {
  return { bytes: Buffer.from(text), value: { id, time: FROM + time } };
}

/** A store in a folder of its own, which goes when the test ends. */
export async function makeStore(): Promise<{ store: Store; root: string }> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-archive-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return { store: directoryStore(root), root };
}

/** Stages segments of pages of records; returns their keys. */
export async function stage(
  archive: Archive,
  segments: readonly (readonly (readonly TestRecord[])[])[],
): Promise<string[]> {
  const keys: string[] = [];
  for (const pages of segments) {
    const writer = archive.stage(STREAM);
    for (const page of pages) await writer.page(page, (one) => (one as TestRecord).value);
    keys.push((await writer.finish()).key);
  }
  return keys;
}

export function orderOf(segments: SealOrder['segments'], changes: Partial<SealOrder> = {}): SealOrder {
  const run = { workflowId: 'extract:acme:www.example.com', runId: 'run-1' };
  return { slice: SLICE, segments, reported: null, run, sealedAt: '2026-11-21T10:00:00Z', ...changes };
}

export async function linesOf(store: Store, receipt: Receipt): Promise<string[]> {
  const found: string[] = [];
  for await (const { bytes } of createArchive(store).records(receipt)) found.push(bytes.toString('latin1'));
  return found;
}

/** What the archive must hold, worked out in the plainest way: the last of each id, by time and then by the bytes of the id. */
export function truth(pages: readonly (readonly TestRecord[])[]): { lines: string[]; digest: string } {
  // Text of one byte a character is compared as its bytes are.
  const last = new Map(pages.flat().map((one) => [Buffer.from(one.value.id).toString('latin1'), one]));
  const kept = [...last].sort(([a, first], [b, second]) => first.value.time - second.value.time || (a < b ? -1 : 1));
  const lines = kept.map(([, { bytes }]) =>
    Buffer.from(bytes)
      .toString('latin1')
      .replace(/[\r\n]/g, ' '),
  );
  const hashes = lines.map((line) => createHash('sha256').update(Buffer.from(line, 'latin1')).digest());
  const digest = createHash('sha256')
    .update(Buffer.concat(hashes.sort((a, b) => a.compare(b))))
    .digest('hex');
  return { lines, digest };
}

export async function keysOf(store: Store, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}
