import { existsSync, linkSync, openSync, closeSync, fsyncSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DamagedManifest } from '../archive/archive.ts';
import { LedgerDamaged } from '../core/failures.ts';
import { formatStreamId, type StreamId } from '../core/ids.ts';
import type { Receipt } from '../core/manifest.ts';
import { interval, toIso } from '../core/time.ts';
import type { Ledger } from './ledger.ts';
import { ALWAYS } from './rows.ts';
import { openSqliteLedger } from './sqlite.ts';

export interface Rebuilt {
  /** Slices written from manifests. */
  readonly slices: number;
  readonly damaged: readonly DamagedManifest[];
  /** Where the former file is kept; `undefined` when there was none. */
  readonly former: string | undefined;
  /** Whether the former ledger could be read, and its starts, wishes, losses and failures were taken over. */
  readonly tookOver: boolean;
}

/**
 * Makes the ledger again from the archive's manifests, in a new file that takes the old one's place in one step: whenever this is broken off there is a
 * ledger, the old one or the new one. What manifests cannot tell (starts, wishes, losses, failures) is taken over from the old one, if it can be read.
 * No worker should run meanwhile: what it commits to the old file would be found again only by the next rebuild.
 */
export async function rebuildSqliteLedger(
  file: string,
  manifests: AsyncIterable<Receipt | DamagedManifest>,
  now = Date.now(),
): Promise<Rebuilt> {
  const fresh = `${file}.rebuilding`;
  for (const leftover of withJournals(fresh)) rmSync(leftover, { force: true });
  const target = await openSqliteLedger(fresh);
  let filled: { slices: number; damaged: DamagedManifest[] };
  let tookOver = false;
  try {
    tookOver = existsSync(file) && (await takeOver(file, target));
    filled = await fill(target, manifests);
  } finally {
    await target.close();
  }
  const former = existsSync(file) ? `${file}.replaced-${toIso(now).replaceAll(':', '')}` : undefined;
  if (former !== undefined) putAside(file, former);
  renameSync(fresh, file);
  syncFolder(dirname(file));
  return { ...filled, former, tookOver };
}

async function fill(
  target: Ledger,
  manifests: AsyncIterable<Receipt | DamagedManifest>,
): Promise<{ slices: number; damaged: DamagedManifest[] }> {
  const damaged: DamagedManifest[] = [];
  const earliest = new Map<string, { id: StreamId; from: number }>();
  let slices = 0;
  for await (const found of manifests) {
    if ('damage' in found) {
      damaged.push(found);
      continue;
    }
    await target.commit(found);
    slices += 1;
    const { source, stream } = found.manifest;
    const { from } = interval(found.manifest);
    const known = earliest.get(formatStreamId({ source, stream }))?.from ?? Infinity;
    if (from < known) earliest.set(formatStreamId({ source, stream }), { id: { source, stream }, from });
  }
  // A stream that only the archive knows was applied no later than the first thing it holds.
  for (const { id, from } of earliest.values()) await target.apply(id, from);
  return { slices, damaged };
}

/** Copies what manifests cannot tell. False when the old ledger cannot be read. */
async function takeOver(file: string, target: Ledger): Promise<boolean> {
  let old: Ledger;
  try {
    old = await openSqliteLedger(file);
  } catch (error) {
    if (error instanceof LedgerDamaged) return false;
    throw error;
  }
  try {
    for (const { source, stream, appliedAt } of await old.streams()) {
      const id = { source, stream };
      await target.apply(id, appliedAt);
      for (const loss of await old.losses(id)) await target.lose(id, [loss], loss.reason, loss.recordedAt);
      const { wanted } = await old.coverage(id, ALWAYS);
      for (const range of wanted) await target.want(id, range, appliedAt);
      for (const failure of await old.failures(id)) await target.fail(id, failure, failure, failure.lastAt);
    }
    return true;
  } finally {
    await old.close();
  }
}

/** Keeps the old file under a second name; its journals must go, or SQLite would play them into the new file. */
function putAside(file: string, former: string): void {
  linkSync(file, former);
  for (const suffix of ['-wal', '-shm']) if (existsSync(file + suffix)) renameSync(file + suffix, former + suffix);
}

const withJournals = (file: string): readonly string[] => [file, `${file}-wal`, `${file}-shm`, `${file}-journal`];

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
