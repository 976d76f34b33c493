import { deadlineOf, divide, plan as planWindows, reachable, startOf, windowLength } from '../core/due.ts';
import { intersect, subtract, union, type IntervalSet } from '../core/intervals.ts';
import { fromIso, isoInterval, toIso, type Interval } from '../core/time.ts';
import type { WindowLimits } from '../core/contract.ts';
import type { StreamId } from '../core/ids.ts';
import type { BackfillRow } from '../ledger/backfills.ts';
import type { Coverage } from '../ledger/ledger.ts';
import type { Activities } from './contract.ts';
import { findWindowStream, type Dependencies } from './dependencies.ts';

/** So many windows are told a workflow at once: some 20 kB of its history. */
const MOST_WINDOWS = 320;

/**
 * Asks the ledger what is due (core/due.ts decides) and records as lost what the vendor has forgotten since. May be repeated: what
 * is lost once is not lost again.
 */
export function planActivity(deps: Dependencies): Activities['plan'] {
  return async ({ notFailedSince, ...id }) => {
    const { source, stream, settings } = findWindowStream(deps, id);
    const now = source.now();
    const limits = stream.limits;
    const start = startOf(settings.start, await deps.ledger.apply(id, now), limits);
    const coverage = await deps.ledger.coverage(id, { from: 0, until: now });
    const window = windowLength(stream, settings);
    const due = planWindows({ now, limits, window, start, ...coverage });
    const reasons = due.lost.length === 0 ? [] : await reasonsFor(deps, id, limits, coverage);
    await recordLosses(deps, id, due.lost, reasons, now);
    const windows = due.windows.filter((one) => !failedLately(one, coverage, notFailedSince));
    const { own, wanted } = divide(windows, { start, limits, window, now });
    return {
      at: toIso(now),
      windows: own.slice(0, MOST_WINDOWS).map(isoInterval),
      ...(wanted.length === 0 ? {} : { wanted: wanted.slice(0, MOST_WINDOWS).map(isoInterval) }),
      due: windows.length,
      deadline: deadlineOfFirst(due.windows, (window) => deadlineOf(limits, window)),
      lost: due.lost.map(isoInterval),
    };
  };
}

function deadlineOfFirst(windows: readonly Interval[], deadline: (window: Interval) => number): string | null {
  return windows.length === 0 ? null : toIso(Math.min(...windows.map(deadline)));
}

/** Inside one run a window that failed is not tried again: it would keep the run from ever ending. */
function failedLately(window: Interval, { failed }: Coverage, since: string | undefined): boolean {
  const from = since === undefined ? undefined : fromIso(since);
  if (from === undefined) return false;
  const lately = union(failed.filter((one) => one.lastAt >= from));
  return subtract([window], lately).length === 0;
}

interface Reason extends Interval {
  readonly reason: string;
}

/** Why something that was asked for was not had, the nearest cause first: the failure that stood in the way, or the backfill that wanted it. */
async function reasonsFor(
  { ledger }: Dependencies,
  id: StreamId,
  limits: WindowLimits,
  { failed }: Coverage,
): Promise<readonly Reason[]> {
  const failures = failed.map((one) => ({ ...one, reason: `${one.name} until the vendor forgot it` }));
  const backfills = (await ledger.backfills(id)).filter(({ state }) => state === 'running');
  return [...failures, ...backfills.flatMap((one) => becauseOf(one, reachable(limits, one.createdAt).from))];
}

/** @param kept how far back the vendor served when the backfill began, ms */
function becauseOf({ id, from, until }: BackfillRow, kept: number): readonly Reason[] {
  return [
    { from, until: Math.min(until, kept), reason: `the vendor had forgotten it before backfill ${id} asked for it` },
    { from: Math.max(from, kept), until, reason: `the vendor forgot it while backfill ${id} waited for its turn` },
  ];
}

/** Writes losses with the reason that is known, or that nobody asked in time. */
async function recordLosses(
  { ledger }: Dependencies,
  id: StreamId,
  lost: IntervalSet,
  reasons: readonly Reason[],
  now: number,
): Promise<void> {
  let rest = lost;
  for (const { reason, ...range } of reasons) {
    const because = intersect(rest, union([range]));
    if (because.length > 0) await ledger.lose(id, because, reason, now);
    rest = subtract(rest, because);
  }
  if (rest.length > 0) await ledger.lose(id, rest, 'not asked for before the vendor forgot it', now);
}
