import { sql } from 'kysely';
import type { StreamId } from '../core/ids.ts';
import { subtract, union } from '../core/intervals.ts';
import { interval, type Interval } from '../core/time.ts';
import type { Coverage, Ledger } from './ledger.ts';
import {
  backfillOf,
  backfillsOf,
  insertBackfill,
  pathFrom,
  setCursor,
  setState,
  wantedByBackfills,
} from './backfills.ts';
import { insertSlice, isWindow } from './commit.ts';
import { insertLookup, isLookup, lookupsOf } from './lookups.ts';
import {
  countSealedBy,
  countSlices,
  lastSealedAt,
  latestSlices,
  rangesOf,
  recordsByHour,
  rowsOf,
  sealedIn,
} from './queries.ts';
import { sealedSince } from './recent.ts';
import { insertReport, isReport, markSame, reportsOf } from './reports.ts';
import { ALWAYS, toFailure, toLoss, toSlice } from './rows.ts';
import { gapFacts, type GapFacts } from './gap-facts.ts';
import type { Database } from './schema.ts';
import {
  beginAt,
  insertPortion,
  isPortion,
  markEnd,
  markFailure,
  movePosition,
  portionsOf,
  positionOf,
} from './sequences.ts';
import { add, hull, settle, settled } from './settle.ts';

/** Runs a piece of database work, again when it had to give way to another, and turns its errors into the ledger's failures. */
export type Guard = <T>(work: () => Promise<T>) => Promise<T>;

/** The ledger in any SQL database that Kysely speaks to: nothing here is SQLite's own. */
export function sqlLedger(db: Database, guard: Guard): Ledger {
  return { ...readers(db, guard), ...writers(db, guard), ...gapFacts(db, guard), close: () => db.destroy() };
}

type Readers = Pick<
  Ledger,
  | 'streams'
  | 'coverage'
  | 'slices'
  | 'countSlices'
  | 'losses'
  | 'failures'
  | 'position'
  | 'portions'
  | 'countSealedBy'
  | 'reports'
  | 'lookups'
  | 'sealedSince'
  | 'lastSealedAt'
  | 'recordsByHour'
  | 'backfill'
  | 'backfills'
  | 'path'
>;

function readers(db: Database, guard: Guard): Readers {
  // One transaction and one snapshot, so that a slice that is sealed meanwhile is seen everywhere or nowhere.
  const read = <T>(work: (trx: Database) => Promise<T>): Promise<T> =>
    guard(() => db.transaction().setAccessMode('read only').setIsolationLevel('repeatable read').execute(work));
  return {
    streams: () =>
      read(async (trx) => {
        const rows = await trx.selectFrom('streams').selectAll().orderBy('source').orderBy('stream').execute();
        return rows.map(({ source, stream, applied_at }) => ({ source, stream, appliedAt: applied_at }));
      }),
    coverage: (id, within) =>
      read(async (trx) => ({
        ...(await sealedIn(trx, id, within)),
        lost: await rangesOf(trx, 'losses', id, within),
        ...(await wantedIn(trx, id, within)),
        acknowledged: await rangesOf(trx, 'acknowledgements', id, within),
        failed: (await rowsOf(trx, 'failures', id, within)).map(toFailure),
      })),
    slices: (id, within, limit) => read(async (trx) => (await latestSlices(trx, id, within, limit)).map(toSlice)),
    countSlices: (id, within, sealed) => read((trx) => countSlices(trx, id, within, sealed)),
    sealedSince: (id, instant) => read((trx) => sealedSince(trx, id, instant)),
    losses: (id) => read(async (trx) => (await rowsOf(trx, 'losses', id, ALWAYS)).map(toLoss)),
    failures: (id) => read(async (trx) => (await rowsOf(trx, 'failures', id, ALWAYS)).map(toFailure)),
    position: (id) => read((trx) => positionOf(trx, id)),
    reports: (id, days) => read((trx) => reportsOf(trx, id, days)),
    lookups: (source) => read((trx) => lookupsOf(trx, source)),
    backfill: (id) => read((trx) => backfillOf(trx, id)),
    backfills: (id) => read((trx) => backfillsOf(trx, id)),
    path: (id, cursor) => read((trx) => pathFrom(trx, id, cursor)),
    countSealedBy: (id, workflowId) => read((trx) => countSealedBy(trx, id, workflowId)),
    portions: (id, limit) => read((trx) => portionsOf(trx, id, limit)),
    recordsByHour: (id, until) => read((trx) => recordsByHour(trx, id, until)),
    lastSealedAt: (id) => read((trx) => lastSealedAt(trx, id)),
  };
}

type Writers = Omit<Ledger, keyof Readers | keyof GapFacts | 'close'>;

function writers(db: Database, guard: Guard): Writers {
  const write = <T>(work: (trx: Database) => Promise<T>): Promise<T> => guard(() => db.transaction().execute(work));
  return {
    apply: (id, now) => write((trx) => apply(trx, id, now)),
    commit: (receipt) =>
      write(async (trx) => {
        if (isPortion(receipt)) return await insertPortion(trx, receipt);
        if (isReport(receipt)) return await insertReport(trx, receipt);
        if (isLookup(receipt)) return await insertLookup(trx, receipt);
        if (!isWindow(receipt)) throw new TypeError(`a ledger has no place for ${receipt.key}`);
        const outcome = await insertSlice(trx, receipt);
        await settle(trx, receipt.manifest, { held: union([interval(receipt.manifest)]) });
        return outcome;
      }),
    same: (id, report) => write((trx) => markSame(trx, id, report)),
    begin: (id, cursor, now) => write((trx) => beginAt(trx, id, cursor, now)),
    moveTo: (id, from, to, now) => write((trx) => movePosition(trx, id, { from, to }, now)),
    reachEnd: (id, cursor, now) => write((trx) => markEnd(trx, id, cursor, now)),
    stall: (id, failure, now) => write((trx) => markFailure(trx, id, failure, now)),
    want: (id, range, now) =>
      write(async (trx) => {
        const missing = subtract(union([range]), await settled(trx, id, range));
        await add(trx, 'wanted', id, missing, { wanted_at: now });
      }),
    lose: (id, ranges, reason, now) =>
      write(async (trx) => {
        const span = hull(union(ranges));
        if (span === undefined) return;
        const missing = subtract(union(ranges), await rangesOf(trx, 'slices', id, span));
        const lost = await add(trx, 'losses', id, missing, { reason, recorded_at: now });
        await settle(trx, id, { lost });
      }),
    beginBackfill: (backfill, now) => write((trx) => insertBackfill(trx, backfill, now)),
    steerBackfill: (id, to, now) => write((trx) => setState(trx, id, to, now)),
    moveBackfill: (id, cursor) => write((trx) => setCursor(trx, id, cursor)),
    fail: (id, window, failure, now) =>
      write(async (trx) => {
        // A late attempt that fails after another one sealed the window has nothing to say.
        if (subtract(union([window]), await settled(trx, id, window)).length === 0) return;
        await countFailure(trx, id, window, failure, now);
      }),
  };
}

/** What operators asked for by itself, and what running backfills want so far as it is neither held nor lost. */
async function wantedIn(
  db: Database,
  id: StreamId,
  within: Interval,
): Promise<Pick<Coverage, 'wanted' | 'backfilling'>> {
  const ranges = await wantedByBackfills(db, id, within);
  const span = hull(ranges);
  const backfilling = span === undefined ? [] : subtract(ranges, await settled(db, id, span));
  return { wanted: union(await rangesOf(db, 'wanted', id, within), backfilling), backfilling };
}

/** @returns when the stream was first applied */
export async function apply(db: Database, id: StreamId, now: number): Promise<number> {
  const { source, stream } = id;
  await db
    .insertInto('streams')
    .values({ source, stream, applied_at: now })
    .onConflict((conflict) => conflict.columns(['source', 'stream']).doNothing())
    .execute();
  const row = await db
    .selectFrom('streams')
    .select('applied_at')
    .where('source', '=', source)
    .where('stream', '=', stream)
    .executeTakeFirstOrThrow();
  return row.applied_at;
}

async function countFailure(
  db: Database,
  { source, stream }: StreamId,
  { from, until }: Interval,
  { name, message }: { readonly name: string; readonly message: string },
  now: number,
): Promise<void> {
  const first = {
    source,
    stream,
    from_at: from,
    until_at: until,
    name,
    message,
    attempts: 1,
    first_at: now,
    last_at: now,
  };
  await db
    .insertInto('failures')
    .values(first)
    .onConflict((conflict) =>
      conflict
        .columns(['source', 'stream', 'from_at', 'until_at'])
        .doUpdateSet({ name, message, last_at: now, attempts: sql<number>`failures.attempts + 1` }),
    )
    .execute();
}
