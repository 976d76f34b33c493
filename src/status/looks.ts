import { createHash } from 'node:crypto';
import type { Config } from '../config/load.ts';
import { readAlarms } from '../ops/alarms.ts';
import { readOverview, type OverviewRow } from '../ops/coverage.ts';
import { SECOND, type Interval } from '../core/time.ts';
import type { AlarmRow } from '../ledger/alarms.ts';
import { listBackfills, type BackfillStatus } from '../ops/backfill-status.ts';

/** Looks at the ledger that all who watch share. */
export interface Looks {
  /** Every stream, over the last so many ms; at most a second old. */
  overview(span: number): Promise<Look>;
  /** The next look is a new one: something was done. */
  forget(): void;
}

interface Look {
  readonly rows: readonly OverviewRow[];
  /** Those that may still go on. */
  readonly backfills: readonly BackfillStatus[];
  /** Those that stand, the latest first. */
  readonly alarms: readonly AlarmRow[];
  /** What a person should hear of the watchdog itself. */
  readonly warnings: readonly string[];
  readonly now: number;
  /** Changes with whatever would look different, but for the time that passes. */
  readonly state: string;
}

/** Columns of a row's axis: some three pixels each on a wide screen. */
const COLUMNS = 240;
const FRESH_FOR = SECOND;
/** Spans are few; those that somebody makes up are not kept for ever. */
const MOST = 20;

/** A wall of screens asks as often as one: thirty days of many streams are 100,000 rows. */
export function openLooks(config: Config, clock: () => number): Looks {
  const kept = new Map<number, { readonly at: number; readonly look: ReturnType<Looks['overview']> }>();
  return {
    overview(span) {
      const now = clock();
      const known = kept.get(span);
      if (known !== undefined && now - known.at < FRESH_FOR && now >= known.at) return known.look;
      if (kept.size >= MOST) kept.clear();
      const within = { from: now - span, until: now };
      const look = lookAnew(config, within);
      kept.set(span, { at: now, look });
      look.catch(() => kept.delete(span));
      return look;
    },
    forget: () => kept.clear(),
  };
}

async function lookAnew(config: Config, within: Interval): Promise<Look> {
  const now = within.until;
  const rows = await readOverview(config, { within, columns: COLUMNS, now });
  const backfills = await listBackfills(config, { isOpen: true }, now);
  const { alarms, warnings } = await readAlarms(config, now);
  const seen = { rows, backfills, alarms, warnings };
  return { ...seen, now, state: digestOf(seen) };
}

function digestOf({ rows, backfills, alarms, warnings }: Omit<Look, 'now' | 'state'>): string {
  const open = backfills.map(({ id, state, sealed, range }) => [id, state, sealed, range?.left]);
  const facts = rows.map((row) =>
    row.shape === 'window'
      ? [row.state, row.watermark, row.gaps.length, row.hourly.at(-1), row.failure?.lastAt]
      : [row.state, row.position, row.ahead, row.hourly.at(-1)],
  );
  const standing = alarms.map(({ kind, source, stream, message }) => [kind, source, stream, message]);
  return createHash('sha256')
    .update(JSON.stringify([facts, open, standing, warnings.length]))
    .digest('base64url')
    .slice(0, 16);
}
