import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { HeldSegment } from '../archive/archive.ts';
import { Failure } from '../core/failures.ts';
import type { StreamId } from '../core/ids.ts';
import { dueLooks, isServed } from '../core/looks.ts';
import { fromIso, interval, isoInterval, SECOND, toIso, type Interval } from '../core/time.ts';
import { redact } from '../http/redaction.ts';
import type { Activities, LookedWindow, SealLateOrder } from './contract.ts';
import { findWindowStream, type Dependencies } from './dependencies.ts';
import { fetchSmall } from './fetch-pages.ts';

/** So many windows are told a workflow at once: some 20 kB of its history. */
const MOST_WINDOWS = 200;
const BEAT_EVERY = 3 * SECOND;
/** A batch shows in the history when it is over: that should not take long. */
const MOST_TIME = 10 * SECOND;

/** Which sealed windows are to be looked at: core/looks decides, the ledger knows when each was last seen. */
export function planLooksActivity(deps: Dependencies): Activities['planLooks'] {
  return async ({ range, since, ...id }) => {
    const { source, stream } = findWindowStream(deps, id);
    const now = source.now();
    const within = range === undefined ? { from: 0, until: now } : interval(range);
    const windows = await seenWindows(deps, id, within);
    const due =
      range === undefined
        ? dueLooks(windows, stream.limits, now)
        : windows.filter((window) => isServed(window, stream.limits, now));
    const before = since === undefined ? undefined : fromIso(since);
    const left = before === undefined ? due : due.filter(({ seenAt }) => seenAt < before);
    return {
      at: toIso(now),
      windows: left.slice(0, MOST_WINDOWS).map((one) => ({ ...isoInterval(one), seenAt: toIso(one.seenAt) })),
      due: left.length,
    };
  };
}

const nameOf = ({ from, until }: Interval): string => `${from}-${until}`;

async function seenWindows({ ledger }: Dependencies, id: StreamId, within: Interval) {
  const seen = new Map<string, number>();
  for (const look of await ledger.looks(id, within)) seen.set(nameOf(look), look.lookedAt);
  return (await ledger.slices(id, within)).map(({ from, until, sealedAt }) => ({
    from,
    until,
    seenAt: Math.max(sealedAt, seen.get(nameOf({ from, until })) ?? 0),
  }));
}

/** As `extractBatch` does with windows that are due: any trouble ends the batch, and is met again by that window alone. May be repeated. */
export function reconcileBatchActivity(deps: Dependencies): Activities['reconcileBatch'] {
  return async ({ windows, ...id }) => {
    const looked: LookedWindow[] = [];
    const beat = setInterval(() => heartbeat({ looked: looked.length }), BEAT_EVERY);
    const startedAt = Date.now();
    try {
      for (const window of windows) {
        if (deps.stopping.aborted) return { looked, stoppedBecause: 'this worker is shutting down' };
        if (Date.now() - startedAt > MOST_TIME) return { looked, stoppedBecause: 'it takes long' };
        const { from, until } = window;
        const order = { ...id, window: { from, until }, cursor: null };
        const one = await fetchSmall(deps, order, (held) => lookAt(deps, { ...id, window, ...held }));
        if (one === undefined) return { looked, stoppedBecause: 'the next window is larger' };
        looked.push(one);
      }
      return { looked };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { looked, stoppedBecause: redact(`${error.name}: ${error.message}`).slice(0, 1_000) };
    } finally {
      clearInterval(beat);
    }
  };
}

export function sealLateActivity(deps: Dependencies): Activities['sealLate'] {
  return async (order) => {
    const beat = setInterval(() => heartbeat(), BEAT_EVERY);
    try {
      return await lookAt(deps, order);
    } finally {
      clearInterval(beat);
    }
  };
}

/**
 * Compares a chain of pages with the sealed window and adds what is new: the archive's manifest first, then the ledger's row, which is made from it. A
 * crash between the two leaves a revision that the next look finds in the archive and commits.
 */
async function lookAt(
  deps: Dependencies,
  {
    window,
    segments,
    reported,
    source: name,
    stream: of,
  }: Omit<SealLateOrder, 'segments'> & {
    readonly segments: readonly (string | HeldSegment)[];
  },
): Promise<LookedWindow> {
  const id = { source: name, stream: of };
  const { source, stream } = findWindowStream(deps, id);
  const lookedAt = source.now();
  const { workflowId = '', runId = '' } = activityInfo().workflowExecution ?? {};
  const { from, until } = window;
  const looked = await deps.archive.sealLate(
    {
      slice: { ...id, type: source.type, kind: 'window', from, until, revision: 1 },
      segments,
      reported,
      likeness: (record) => stream.likeness?.(record) ?? stream.identify(record).id,
      missedAt: fromIso(window.seenAt) ?? 0,
      lookedAt,
      run: { workflowId, runId },
      sealedAt: toIso(Date.now()),
    },
    cancellationSignal(),
  );
  const { receipt, found, held, late, changed, lateness } = looked;
  await deps.ledger.commit(receipt);
  if (late === 0) {
    await deps.ledger.look(id, { ...interval(window), lookedAt, found, held, late, changed, reported, lateness });
  }
  return { found, late, changed, manifest: receipt.key };
}
