import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { CommonSettings, ReportRef, ReportStream } from '../core/contract.ts';
import type { StreamId } from '../core/ids.ts';
import { DAY, dayOf, fromIso, SECOND } from '../core/time.ts';
import type { ReportRow } from '../ledger/ledger.ts';
import type { Activities, DueReport } from './contract.ts';
import { findReportStream, type Dependencies } from './dependencies.ts';

/** So many reports are told a workflow at once; the others come with the next list. */
const MOST_REPORTS = 100;
const BEAT_EVERY = 3 * SECOND;

/**
 * Lists the days on which reports may still appear, and those that have not been collected yet. It tells what is not held: files that are new, and
 * files that may have been issued again, for the vendor gives them another id or counts their records otherwise.
 */
export function listReportsActivity(deps: Dependencies): Activities['listReports'] {
  return async ({ source: name, stream: of }) => {
    const id = { source: name, stream: of };
    const { source, stream, settings } = findReportStream(deps, id);
    const beat = setInterval(() => heartbeat(), BEAT_EVERY);
    try {
      const now = source.now();
      const after = await beginning(deps, id, settings, now);
      const days = daysOf(after, stream, now);
      const held = await deps.ledger.reports(id, { first: days[0] ?? after, last: dayOf(now) });
      const due: DueReport[] = [];
      let listed = 0;
      // The youngest first: the oldest can wait, for what is listed once is not forgotten here.
      for (const day of days.toReversed()) {
        const refs = await stream.list(day, cancellationSignal());
        listed += refs.length;
        due.push(...refs.flatMap((ref) => dueOf(ref, held) ?? []));
        heartbeat({ day, listed });
      }
      const settled = dayOf(now - stream.lookBack * DAY);
      return { after, settled, days: days.length, listed, due: due.length, reports: due.slice(0, MOST_REPORTS) };
    } finally {
      clearInterval(beat);
    }
  };
}

/** The UTC day before which everything has been collected; at first the one that `start:` means, by default a day before it was applied. */
export async function beginning(
  deps: Dependencies,
  id: StreamId,
  settings: CommonSettings,
  now: number,
): Promise<string> {
  const { start, limits } = settings;
  const appliedAt = await deps.ledger.apply(id, now);
  const first = typeof start === 'number' ? start : appliedAt - (start === 'all' ? limits.retention : DAY);
  return await deps.ledger.begin(id, dayOf(first), now);
}

/** The days to list, oldest first, the present one included. */
function daysOf(after: string, { lookBack }: ReportStream, now: number): readonly string[] {
  const oldest = Math.min(fromIso(after) ?? now, now - lookBack * DAY);
  const days: string[] = [];
  for (let at = oldest; dayOf(at) <= dayOf(now); at += DAY) days.push(dayOf(at));
  return days;
}

/** What of a listed report is not held: it is new, or may have been issued again. */
export function dueOf(ref: ReportRef, held: readonly ReportRow[]): DueReport | undefined {
  const latest = held.findLast(({ day, file }) => day === ref.day && file === ref.file);
  if (latest === undefined) return { ...ref, revision: 1 };
  const isAsHeld = latest.reportId === ref.id && (ref.reported === undefined || ref.reported === latest.reported);
  return isAsHeld ? undefined : { ...ref, revision: latest.revision + 1, unless: latest.rawSha256 };
}
