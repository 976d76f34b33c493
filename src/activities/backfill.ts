import { getClient } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/common';
import { MOST_WINDOWS, progressOf } from '../core/backfill.ts';
import type { CommonSettings, Stream } from '../core/contract.ts';
import { reachable, windowLength } from '../core/due.ts';
import { failureNames, RangeRefused, UnknownStream } from '../core/failures.ts';
import { extractId, formatStreamId, type StreamId } from '../core/ids.ts';
import { lengthOf, union } from '../core/intervals.ts';
import { ceilTo, DAY, floorTo, fromIso, isoInterval, MINUTE, toIso, type Interval } from '../core/time.ts';
import type { BackfillRow } from '../ledger/backfills.ts';
import type { Coverage } from '../ledger/ledger.ts';
import type { Activities, BackfillLook } from './contract.ts';
import { findSource, type Dependencies } from './dependencies.ts';

type OfBackfills = 'beginBackfill' | 'lookAtBackfill' | 'steerBackfill' | 'pauseBackfills' | 'markBackfilled';

/** What is done to a backfill's row of the ledger: it is what counts, and the workflow shows it. */
export function backfillActivities(deps: Dependencies): Pick<Activities, OfBackfills> {
  const { ledger } = deps;
  return {
    async beginBackfill({ id, workflowId, from, until, source, stream: of }) {
      const found = findStream(deps, { source, stream: of });
      const { stream, settings, now } = found;
      const range = readRange(found, { from, until });
      const row = await ledger.beginBackfill({ id, workflowId, source, stream: of, ...range }, now);
      const { perSource, perStream } = settings.limits;
      return {
        ...isoInterval(row),
        shape: stream.shape,
        connections: { perSource, perStream },
        ...(stream.shape === 'sequence' ? { size: stream.size } : {}),
      };
    },

    async lookAtBackfill({ id }) {
      return await look(deps, await findBackfill(deps, id));
    },

    async steerBackfill({ id, to, failure, now }) {
      const row = await findBackfill(deps, id);
      const steered = await ledger.steerBackfill(id, { state: to, ...(failure && { failure }) }, Date.now());
      // The extractor of a sequence or of reports has no part in it.
      if (findStream(deps, row).stream.shape === 'window') await planAnew(row, now === true);
      return { state: steered?.state ?? to };
    },

    async pauseBackfills({ window, failure, message, times, ...id }) {
      const [from, until] = [fromIso(window.from) ?? 0, fromIso(window.until) ?? 0];
      const concerned = (await ledger.backfills(id)).filter(
        (one) => one.state === 'running' && one.from < until && one.until > from,
      );
      for (const one of concerned) {
        const said = `${times} windows in a row, last [${window.from}, ${window.until}): ${message}`;
        await ledger.steerBackfill(
          one.id,
          { state: 'paused', failure: { name: failure, message: said.slice(0, 1_000) } },
          Date.now(),
        );
      }
    },

    async markBackfilled({ id, upto }) {
      await ledger.moveBackfill(id, upto);
    },
  };
}

/** A backfill that the ledger must know: only meddling makes it forget one. Errors: `unknown-stream`. */
export async function findBackfill({ ledger }: Dependencies, id: string): Promise<BackfillRow> {
  const row = await ledger.backfill(id);
  if (row === undefined) throw new UnknownStream(`the ledger has no backfill ${id}`);
  return row;
}

interface Found {
  readonly id: StreamId;
  readonly stream: Stream;
  readonly settings: CommonSettings;
  /** The vendor's clock. */
  readonly now: number;
}

function findStream(deps: Dependencies, id: StreamId): Found {
  const { source, settings } = findSource(deps, id.source);
  const stream = source.streams.find((one) => one.name === id.stream);
  if (stream === undefined) throw new UnknownStream(`this worker's configuration has no ${formatStreamId(id)}`);
  return { id, stream, settings, now: source.now() };
}

/** Widens a range to the vendor's grain, or to UTC days, and ends it where the vendor's data has settled. Errors: `range-refused`. */
function readRange(found: Found, text: { readonly from: string; readonly until: string }): Interval {
  const { id, stream, now } = found;
  const [from, until] = [fromIso(text.from), fromIso(text.until)];
  if (from === undefined || until === undefined) {
    throw new RangeRefused(
      `[${text.from}, ${text.until}) are no dates or times with a zone, such as 2026-11-21T09:00Z`,
    );
  }
  if (stream.shape === 'sequence' && stream.compare === undefined) {
    throw new RangeRefused(`${formatStreamId(id)} cannot be backfilled: its places cannot be told apart`);
  }
  const isWindow = stream.shape === 'window';
  const grain = isWindow ? stream.limits.grain : DAY;
  const settled = isWindow ? reachable(stream.limits, now).until : ceilTo(now, DAY);
  const range = { from: floorTo(from, grain), until: Math.min(ceilTo(until, grain), settled) };
  const most = isWindow ? MOST_WINDOWS * windowLength(stream, found.settings) : Infinity;
  if (range.until - range.from > most) throw new RangeRefused(`a backfill may have ${MOST_WINDOWS} windows`);
  if (range.from < range.until) return range;
  throw new RangeRefused(
    `nothing of [${text.from}, ${text.until}) can be had yet: the vendor's data is complete up to ${toIso(settled)}`,
  );
}

/** Has the stream's extractor plan anew, if it runs: it has planned with the former wish, and would go on with it for up to a minute. */
async function planAnew(row: BackfillRow, isDropped: boolean): Promise<void> {
  const { source, stream } = row;
  const drop = isDropped ? { drop: isoInterval(row) } : {};
  try {
    await getClient().workflow.getHandle(extractId({ source, stream })).signal('planAnew', drop);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

async function look(deps: Dependencies, row: BackfillRow): Promise<BackfillLook> {
  const { stream, settings } = findStream(deps, row);
  const { state, failure } = row;
  const about = { state, ...(failure && { failure }) };
  if (stream.shape === 'window') {
    const coverage = await deps.ledger.coverage(row, row);
    const sealedSince = { from: row.createdAt, until: Number.MAX_SAFE_INTEGER };
    const sealed = await deps.ledger.countSlices(row, row, sealedSince);
    const { windows, left, failing, lost } = progressOf(row, windowLength(stream, settings), coverage);
    return {
      ...about,
      ...sealed,
      windows,
      left,
      failing,
      lostMinutes: Math.round(lost / MINUTE),
      ...troubleOf(row, coverage),
    };
  }
  const unknown = { windows: null, left: null, failing: 0, lostMinutes: 0 };
  const own = await deps.ledger.countSealedBy(row, row.workflowId);
  return { ...about, ...unknown, ...own, ...(row.cursor && { cursor: row.cursor }) };
}

function troubleOf(range: Interval, { held, lost, failed }: Coverage): Pick<BackfillLook, 'trouble'> {
  const known = union(held, lost);
  const latest = failed
    .filter((one) => one.from < range.until && one.until > range.from)
    .filter((one) => lengthOf(union([one], known)) > lengthOf(known))
    .toSorted((a, b) => b.lastAt - a.lastAt)[0];
  if (latest === undefined) return {};
  const name = failureNames.find((one) => one === latest.name) ?? 'internal-error';
  return { trouble: { name, message: latest.message } };
}
