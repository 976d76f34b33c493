import { alarmKinds, type Alarm, type AlarmKind } from '../core/alarms.ts';
import type { StreamId } from '../core/ids.ts';
import type { Database } from './schema.ts';

export interface AlarmRow extends Alarm {
  readonly since: number;
  /** When the watchdog last found it so. */
  readonly seenAt: number;
  /** Since when it is so no more. */
  readonly clearedAt: number | null;
}

/** A stream as the watchdog found it. */
export interface Watched extends StreamId {
  /** How many ticks its schedule has left out altogether, by Temporal's count. */
  readonly missed: number;
}

export interface AlarmFacts {
  /** Records what one look of the watchdog found: alarms that are new begin, those that stand go on, and those that are no more are cleared. */
  watch(found: { readonly alarms: readonly Alarm[]; readonly streams: readonly Watched[] }, now: number): Promise<void>;
  /** Alarms that stand, and those that were cleared after an instant (none without one); the latest first. */
  alarms(clearedAfter?: number): Promise<readonly AlarmRow[]>;
  /** The streams as the watchdog last found them. */
  watches(): Promise<readonly (Watched & { readonly at: number })[]>;
  /** When the watchdog last looked. */
  watchedAt(): Promise<number | undefined>;
}

export async function recordWatch(
  db: Database,
  { alarms, streams }: { readonly alarms: readonly Alarm[]; readonly streams: readonly Watched[] },
  now: number,
): Promise<void> {
  const standing = await alarmsOf(db);
  const names = new Set(alarms.map(nameOf));
  for (const one of standing) if (!names.has(nameOf(one))) await update(db, one, { cleared_at: now });
  for (const { kind, source, stream, message } of alarms) {
    const known = standing.find((one) => nameOf(one) === nameOf({ kind, source, stream }));
    if (known !== undefined) await update(db, known, { message, seen_at: now });
    else await begin(db, { source, stream, kind, message }, now);
  }
  await db.deleteFrom('watches').execute();
  for (const { source, stream, missed } of [{ source: '', stream: '', missed: 0 }, ...streams]) {
    await db.insertInto('watches').values({ source, stream, missed, watched_at: now }).execute();
  }
}

async function begin(db: Database, { source, stream, kind, message }: Alarm, now: number): Promise<void> {
  await db
    .insertInto('alarms')
    .values({ source, stream, kind, message, since_at: now, seen_at: now, cleared_at: null })
    // Cleared and raised again in one millisecond: it went on.
    .onConflict((conflict) =>
      conflict.columns(['source', 'stream', 'kind', 'since_at']).doUpdateSet({ message, cleared_at: null }),
    )
    .execute();
}

async function update(
  db: Database,
  { source, stream, kind, since }: AlarmRow,
  facts: { readonly cleared_at: number } | { readonly message: string; readonly seen_at: number },
): Promise<void> {
  await db
    .updateTable('alarms')
    .set(facts)
    .where('source', '=', source)
    .where('stream', '=', stream)
    .where('kind', '=', kind)
    .where('since_at', '=', since)
    .execute();
}

const nameOf = ({ kind, source, stream }: Omit<Alarm, 'message'>): string => JSON.stringify([kind, source, stream]);

export async function alarmsOf(db: Database, clearedAfter?: number): Promise<readonly AlarmRow[]> {
  const rows = await db
    .selectFrom('alarms')
    .selectAll()
    .where((is) =>
      clearedAfter === undefined
        ? is('cleared_at', 'is', null)
        : is.or([is('cleared_at', 'is', null), is('cleared_at', '>', clearedAfter)]),
    )
    .orderBy('since_at', 'desc')
    .orderBy('source')
    .orderBy('stream')
    .orderBy('kind')
    .execute();
  return rows.flatMap((row) => {
    // One that only a later version knows is left to that version.
    const kind: AlarmKind | undefined = alarmKinds.find((one) => one === row.kind);
    const { source, stream, message, since_at: since, seen_at: seenAt, cleared_at: clearedAt } = row;
    return kind === undefined ? [] : [{ kind, source, stream, message, since, seenAt, clearedAt }];
  });
}

export async function watchesOf(db: Database): Promise<readonly (Watched & { readonly at: number })[]> {
  const rows = await db.selectFrom('watches').selectAll().orderBy('source').orderBy('stream').execute();
  return rows.map(({ source, stream, missed, watched_at: at }) => ({ source, stream, missed, at }));
}
