import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { DAY, dayOf, fromIso, SECOND } from '../core/time.ts';
import { findBackfill } from './backfill.ts';
import type { Activities, DueReport } from './contract.ts';
import { findReportStream, type Dependencies } from './dependencies.ts';
import { beginning, dueOf } from './reports.ts';

/** So many days are listed in one step, and so many reports told at once. */
const MOST_DAYS = 7;
const MOST_REPORTS = 100;
const BEAT_EVERY = 3 * SECOND;

/**
 * Lists the next days of a backfill, oldest first, and tells what is not held. Days that the stream's own extractor lists anyway are left to it: the
 * range ends where these begin.
 */
export function listBackfillActivity(deps: Dependencies): Activities['listBackfill'] {
  return async ({ id }) => {
    const row = await findBackfill(deps, id);
    const of = { source: row.source, stream: row.stream };
    const { source, stream, settings } = findReportStream(deps, of);
    const beat = setInterval(() => heartbeat(), BEAT_EVERY);
    try {
      const now = source.now();
      const own = fromIso(await beginning(deps, of, settings, now)) ?? now;
      const end = Math.min(row.until, own, fromIso(dayOf(now - stream.lookBack * DAY)) ?? now);
      const first = fromIso(row.cursor ?? dayOf(row.from)) ?? row.from;
      const upto = Math.min(end, first + MOST_DAYS * DAY);
      const held = await deps.ledger.reports(of, { first: dayOf(first), last: dayOf(upto) });
      const due: DueReport[] = [];
      let listed = 0;
      for (let at = first; at < upto; at += DAY) {
        const refs = await stream.list(dayOf(at), cancellationSignal());
        listed += refs.length;
        due.push(...refs.flatMap((ref) => dueOf(ref, held) ?? []));
        heartbeat({ day: dayOf(at), listed });
      }
      const reports = due.slice(0, MOST_REPORTS);
      return { listed, due: due.length, reports, upto: dayOf(Math.max(first, upto)), isLast: upto >= end };
    } finally {
      clearInterval(beat);
    }
  };
}
