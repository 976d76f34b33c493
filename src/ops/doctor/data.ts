import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, link, open, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { locations } from '../../config/locations.ts';
import type { Config } from '../../config/load.ts';
import { openLedger } from '../../ledger/open.ts';
import { fail, ok, warn, wordsOf, type Finding, type Verdict } from './checkup.ts';

const MB = 1024 * 1024;
const LOW = 1024 * MB;
const FULL = 100 * MB;
/** A seal syncs a few times; slower than this each, ms, and the disk decides how fast windows are sealed. */
const SLOW_SYNC = 500;
/** One may meet a busy moment: the fastest says what the disk can do. */
const SYNCS = 3;

/** The data folder: room, and whether it keeps what the archive needs kept; the ledger. Leaves nothing behind. */
export async function dataFindings(config: Config): Promise<readonly Finding[]> {
  const { ledger, archive } = locations(config);
  const folder = nearestFolder(archive);
  return [
    { about: 'disk', area: 'data', ...(await roomVerdict(folder)) },
    { about: 'archive', area: 'data', ...(await writingVerdict(folder, archive)) },
    { about: 'ledger', area: 'data', ...(await ledgerVerdict(ledger)) },
  ];
}

/** The folder itself, or the nearest one above that is there: where it would be made. */
function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

async function roomVerdict(folder: string): Promise<Verdict> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const found = `${(free / LOW).toFixed(1)} GiB free at ${folder}`;
    const fix =
      'Make room, or move `data:` to a larger disk: what cannot be written is not sealed, and the vendor goes on forgetting.';
    if (free < FULL) return fail(found, fix);
    return free < LOW ? warn(found, fix) : ok(found);
  } catch (error) {
    return fail(wordsOf(error), 'Check the path of `data:` in the configuration, and who may read it.');
  }
}

/** Writes, syncs, and links exclusively: a manifest is the commit only because a second link of the same name fails. */
async function writingVerdict(folder: string, archive: string): Promise<Verdict> {
  const probe = join(folder, `.doctor-${randomUUID()}`);
  try {
    const fastest = await syncedIn(probe);
    await link(probe, `${probe}.linked`);
    const isExclusive = await link(probe, `${probe}.linked`).then(
      () => false,
      () => true,
    );
    if (!isExclusive) return fail(`${folder} lets one name be linked twice`, 'Use a local file system for `data:`.');
    const found = `${archive}: written, synced in ${fastest} ms, linked`;
    if (fastest <= SLOW_SYNC) return ok(found);
    return warn(found, 'The disk is slow or busy: move `data:` to a faster one.');
  } catch (error) {
    return fail(
      `${folder}: ${wordsOf(error)}`,
      'The worker has to be able to write, sync and link there: check owner, mode, and whether the disk is mounted read-only.',
    );
  } finally {
    await Promise.all([probe, `${probe}.linked`].map((path) => rm(path, { force: true }).catch(() => undefined)));
  }
}

/** @returns how long file and folder take to sync, ms */
async function syncedIn(probe: string): Promise<number> {
  const file = await open(probe, 'wx', 0o600);
  try {
    let fastest = Infinity;
    for (let i = 0; i < SYNCS; i += 1) {
      await file.write(Buffer.alloc(4096));
      const began = performance.now();
      await file.sync();
      await syncFolder(dirname(probe));
      fastest = Math.min(fastest, performance.now() - began);
    }
    return Math.round(fastest);
  } finally {
    await file.close();
  }
}

/** What makes a new name last. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A look makes no ledger. */
async function ledgerVerdict(file: string): Promise<Verdict> {
  if (!existsSync(file))
    return warn(
      `there is none at ${file} yet`,
      '`sluice up` or `sluice apply` begins it; if the archive holds slices, `sluice ledger rebuild`.',
    );
  try {
    await access(file, constants.W_OK);
    await access(dirname(file), constants.W_OK);
    const ledger = await openLedger(file);
    try {
      return ok(`${file}: ${(await ledger.streams()).length} streams`);
    } finally {
      await ledger.close();
    }
  } catch (error) {
    return fail(
      `${file}: ${wordsOf(error)}`,
      'Check owner and mode of the file and its folder; if it is damaged: sluice ledger rebuild.',
    );
  }
}
