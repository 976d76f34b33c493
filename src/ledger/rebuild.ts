import { existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { sql } from 'kysely';
import { LedgerDamaged, Unavailable } from '../core/failures.ts';
import { toIso } from '../core/time.ts';
import { makeFolderOf, openFile, sync } from './connection.ts';
import { damaged, isBusy, ledgerFailure, LedgerFromLaterVersion } from './errors.ts';
import { fill, type Filled, type Manifests } from './fill.ts';
import { salvage } from './salvage.ts';
import { openDatabase, type OpenDatabase } from './sqlite.ts';

export interface Rebuilt extends Filled {
  /** Where the former file is kept; `undefined` when there was none. */
  readonly former: string | undefined;
  /** Whether the former ledger could be read, and all its starts, wishes, losses, failures and backfills were taken over. */
  readonly tookOver: boolean;
}

/**
 * Makes the ledger again from the archive's manifests; what they cannot tell (starts, wishes, losses, failures, backfills) is kept, so far as it can be read. The
 * former ledger is kept beside, as `<file>.replaced-<time>`. Whenever this is broken off there is a ledger, the former one or the new one.
 *
 * A sound file is filled anew in one transaction, so workers may go on: they wait, or try again later. A damaged one is replaced by a new file; a worker
 * that has it open uses the new one from its next call on, but what it writes into the damaged one while this runs is known only to the archive.
 * Errors: `unavailable` when another rebuild is running, `storage-full`, `ledger-damaged` for a file of a newer sluice, and what the manifests throw; the
 * ledger stays as it was then.
 */
export async function rebuildSqliteLedger(file: string, manifests: Manifests, now = Date.now()): Promise<Rebuilt> {
  const former = `${file}.replaced-${toIso(now).replaceAll(':', '')}`;
  try {
    return await alone(file, async () => {
      if (!existsSync(file)) return { ...(await anew(file, once(manifests))), former: undefined, tookOver: false };
      if (existsSync(former)) throw new Unavailable(`${former} exists already`);
      const sound = await openSound(file);
      if (sound === undefined) return await replace(file, former, once(manifests));
      return { ...(await refill(file, sound, former, once(manifests))), former, tookOver: true };
    });
  } catch (error) {
    throw ledgerFailure(error, file);
  }
}

async function anew(file: string, manifests: Manifests): Promise<Filled> {
  const { db, guard } = await openDatabase(file);
  try {
    return await guard(() => db.transaction().execute((trx) => fill(trx, manifests)));
  } finally {
    await db.destroy();
  }
}

/** The ledger, when every page and index of it is sound; `undefined` when it cannot be read. */
async function openSound(file: string): Promise<OpenDatabase | undefined> {
  let opened: OpenDatabase | undefined;
  try {
    const { db, guard } = (opened = await openDatabase(file));
    const { rows } = await guard(() => sql<{ integrity_check: string }>`pragma integrity_check(1)`.execute(db));
    const verdict = rows[0]?.integrity_check ?? '';
    if (verdict !== 'ok') throw damaged(file, verdict);
    return opened;
  } catch (error) {
    await opened?.db.destroy();
    if (error instanceof LedgerDamaged && !(error instanceof LedgerFromLaterVersion)) return undefined;
    throw error;
  }
}

async function refill(
  file: string,
  { db, guard }: OpenDatabase,
  former: string,
  manifests: Manifests,
): Promise<Filled> {
  try {
    await guard(() => copy(db, former));
    sync(dirname(resolve(file)));
    return await guard(() =>
      db.transaction().execute(async (trx) => {
        await trx.deleteFrom('slices').execute();
        await trx.deleteFrom('portions').execute();
        await trx.deleteFrom('reports').execute();
        await trx.deleteFrom('lookups').execute();
        return fill(trx, manifests);
      }),
    );
  } finally {
    await db.destroy();
  }
}

async function copy(db: OpenDatabase['db'], former: string): Promise<void> {
  try {
    await sql`vacuum into ${former}`.execute(db);
    sync(former);
  } catch (error) {
    rmSync(former, { force: true });
    throw error;
  }
}

async function replace(file: string, former: string, manifests: Manifests): Promise<Rebuilt> {
  const fresh = `${file}.rebuilding`;
  for (const suffix of ['', '-journal']) rmSync(fresh + suffix, { force: true });
  const { db, guard } = await openDatabase(fresh, 'delete');
  try {
    const rebuilt = await guard(() =>
      db.transaction().execute(async (trx) => {
        const tookOver = await salvage(file, trx);
        return { ...(await fill(trx, manifests)), tookOver };
      }),
    );
    await db.destroy();
    putAside(file, former);
    renameSync(fresh, file);
    sync(dirname(resolve(file)));
    return { ...rebuilt, former };
  } finally {
    await db.destroy();
    rmSync(fresh, { force: true });
  }
}

/**
 * Keeps the damaged file under a second name, so that the new one takes its place in one step. Its journals must go before, or SQLite would play them into
 * the new file; should this end right after, the file is as damaged as it was.
 */
function putAside(file: string, former: string): void {
  if (statSync(file).isDirectory()) renameSync(file, former);
  else linkSync(file, former);
  for (const suffix of ['-wal', '-shm', '-journal']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, former + suffix);
  }
}

/** One rebuild of a ledger at a time. The lock is one of the system's, so that it ends with the process; its empty file stays. */
async function alone<T>(file: string, work: () => Promise<T>): Promise<T> {
  makeFolderOf(file);
  const { db } = openFile(`${file}.rebuild-lock`);
  try {
    db.exec('begin exclusive');
  } catch (error) {
    db.close();
    if (isBusy(error)) throw new Unavailable(`another rebuild of ${file} is running`, { cause: error });
    throw error;
  }
  try {
    return await work();
  } finally {
    db.exec('rollback');
    db.close();
  }
}

/** Manifests come once. Should the database ask for another try after it began to read them, the rest must not pass for the whole. */
function once(manifests: Manifests): Manifests {
  let begun = false;
  return {
    [Symbol.asyncIterator]() {
      if (begun) throw new Unavailable('the rebuild was interrupted by another process: run it again');
      begun = true;
      return manifests[Symbol.asyncIterator]();
    },
  };
}
