import { deadlineOf, plan as planWindows, startOf, windowLength } from '../core/due.ts';
import { intersect, subtract, union, type IntervalSet } from '../core/intervals.ts';
import { fromIso, isoInterval, toIso, type Interval } from '../core/time.ts';
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
    const due = planWindows({ now, limits, window: windowLength(stream, settings), start, ...coverage });
    await recordLosses(deps, id, due.lost, coverage, now);
    const windows = due.windows.filter((window) => !failedLately(window, coverage, notFailedSince));
    return {
      at: toIso(now),
      windows: windows.slice(0, MOST_WINDOWS).map(isoInterval),
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

/** Writes losses with the reason that is known: the failure that stood in the way, or that nobody asked in time. */
async function recordLosses(
  { ledger }: Dependencies,
  id: { source: string; stream: string },
  lost: IntervalSet,
  { failed }: Coverage,
  now: number,
): Promise<void> {
  let rest = lost;
  for (const failure of failed) {
    const because = intersect(rest, [failure]);
    if (because.length > 0) await ledger.lose(id, because, `${failure.name} until the vendor forgot it`, now);
    rest = subtract(rest, because);
  }
  if (rest.length > 0) await ledger.lose(id, rest, 'not asked for before the vendor forgot it', now);
}
