import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { LookedWindow, LookPlan, ReconciledBatch, SeenWindow } from '../activities/contract.ts';
import type { StreamId } from '../core/ids.ts';
import { addReconciled, describeReconciled, notReconciled, type Reconciled } from '../core/reconciled.ts';
import type { IsoInterval } from '../core/time.ts';
import { openGate, type Gate } from './gate.ts';
import { outcomeKey } from './search-attributes.ts';
import {
  authenticate,
  describeStream,
  nameFailure,
  planLooks,
  reconcileBatch,
  sealLate,
  type NamedFailure,
} from './steps.ts';
import { label, walkPages } from './window.ts';

/** Windows that prove small are looked at several in one step, twice as many each time, up to this. */
const LARGEST_BATCH = 8;
/** A window whose cursor died is opened again this often: it has been extracted once, so it can be. */
const OPENINGS = 3;
/** So many windows that fail in one run: what is wrong concerns them all. */
const MOST_FAILED = 12;
/** Well below Temporal's own limit, so that every history stays readable. */
const HISTORY_LIMIT = 1_500;

export interface ReconcileOrder {
  /** Look at every sealed window in it, whether or not its moment has come. */
  readonly range?: IsoInterval;
}

interface Progress {
  outcome: Reconciled;
  /** When the first plan was made: what was seen since is not looked at once more. */
  since?: string;
  /** The windows that this run has given up, and why. */
  given: string[];
  failures: NamedFailure[];
}

/**
 * Looks at sealed windows again when their moments have come, and adds what the vendor did not hand out before, as a later revision of the slice. It
 * claims its connections without hurry: live windows go first. What could not be looked at stays due for the next run.
 */
export async function reconcile(
  stream: StreamId,
  order: ReconcileOrder = {},
  progress: Progress = { outcome: notReconciled, given: [], failures: [] },
): Promise<Reconciled> {
  const { connections } = await describeStream(stream);
  const gate = openGate(stream, connections, { low: true });
  await lookWhileDue(stream, order, progress, gate);
  await condition(allHandlersFinished);
  const [failure] = progress.failures;
  const { outcome } = progress;
  const verdict =
    failure?.name ?? (outcome.late > 0 ? 'late-records' : outcome.windows > 0 ? 'reconciled' : 'nothing-due');
  upsertSearchAttributes([{ key: outcomeKey, value: verdict }]);
  if (failure === undefined) return outcome;
  const message = `${failure.message} (${describeReconciled(outcome)})`;
  throw ApplicationFailure.create({ message, type: failure.name, nonRetryable: true, details: [outcome] });
}

async function lookWhileDue(stream: StreamId, order: ReconcileOrder, progress: Progress, gate: Gate): Promise<void> {
  const batch = { size: 1 };
  let isIn = false;
  for (;;) {
    const { range } = order;
    const planned = await planLooks({
      ...stream,
      ...(range && { range }),
      ...(progress.since !== undefined && { since: progress.since }),
    });
    progress.since ??= planned.at;
    setCurrentDetails(describe(planned, progress));
    const windows = planned.windows.filter((one) => !progress.given.includes(one.from));
    if (windows.length === 0) return;
    if (!isIn && !(await tryAll(progress, () => authenticate({ source: stream.source })))) return;
    isIn = true;
    await lookAtAll(stream, windows, progress, { gate, batch });
    if (mustStop(progress)) return;
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (historyLength < HISTORY_LIMIT && !continueAsNewSuggested) continue;
    await condition(allHandlersFinished);
    await continueAsNew<typeof reconcile>(stream, order, progress);
  }
}

async function lookAtAll(
  stream: StreamId,
  windows: readonly SeenWindow[],
  progress: Progress,
  { gate, batch }: { readonly gate: Gate; readonly batch: { size: number } },
): Promise<void> {
  const queue = [...windows];
  while (queue.length > 0 && !mustStop(progress)) {
    // Given back after each step: it is somebody else's turn then.
    const permit = await gate.claim();
    try {
      const tried = await lookAtSome(stream, queue.splice(0, batch.size), progress);
      queue.unshift(...tried.left);
      batch.size = tried.small ? Math.min(batch.size * 2, LARGEST_BATCH) : 1;
    } finally {
      await gate.release(permit);
    }
  }
}

/** Several small windows in one step; where one is not simple, that one by itself, and the others are left. */
async function lookAtSome(
  stream: StreamId,
  windows: readonly SeenWindow[],
  progress: Progress,
): Promise<{ readonly small: boolean; readonly left: readonly SeenWindow[] }> {
  const { looked } = await tryBatch(stream, windows);
  for (const one of looked) progress.outcome = addReconciled(progress.outcome, outcomeOf(one));
  const next = windows[looked.length];
  if (next === undefined) return { small: true, left: [] };
  await tryAll(
    progress,
    async () => {
      progress.outcome = addReconciled(progress.outcome, outcomeOf(await lookAtOne(stream, next)));
    },
    next,
  );
  return { small: false, left: windows.slice(looked.length + 1) };
}

async function tryBatch(stream: StreamId, windows: readonly SeenWindow[]): Promise<ReconciledBatch> {
  const whole = { from: windows[0]?.from ?? '', until: windows.at(-1)?.until ?? '' };
  try {
    const summary = `${windows.length} windows again, ${label(whole)}`;
    return await reconcileBatch.executeWithOptions({ summary }, [{ ...stream, windows }]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { looked: [] };
  }
}

async function lookAtOne(stream: StreamId, window: SeenWindow): Promise<LookedWindow> {
  for (let opening = 1; ; opening += 1) {
    try {
      const { from, until } = window;
      const { segments, reported, pages } = await walkPages(stream, { from, until }, { keep: true });
      const summary = `${label(window)} compare ${pages} pages`;
      return await sealLate.executeWithOptions({ summary }, [{ ...stream, window, segments, reported }]);
    } catch (error) {
      const { name } = nameFailure(error);
      if (opening === OPENINGS || (name !== 'cursor-expired' && name !== 'staging-lost')) throw error;
    }
  }
}

/** @returns whether it went well; if not, it is kept for the end of the run */
async function tryAll(progress: Progress, work: () => Promise<unknown>, window?: SeenWindow): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    const failure = nameFailure(error);
    if (window !== undefined) progress.given.push(window.from);
    // What the vendor has forgotten since the plan is held as it was: there is nothing to look at any more.
    if (failure.name === 'retention-passed') return false;
    progress.failures.push(failure);
    progress.outcome = addReconciled(progress.outcome, { failed: 1, failures: { [failure.name]: 1 } });
    return false;
  }
}

const mustStop = ({ failures }: Progress): boolean =>
  failures.length >= MOST_FAILED ||
  failures.some(({ name }) => name === 'credentials-rejected' || name === 'storage-full');

function outcomeOf({ late, changed }: LookedWindow): Partial<Reconciled> {
  return { windows: 1, late, changed, revisions: late > 0 ? 1 : 0 };
}

function describe({ due, at }: LookPlan, { outcome }: Progress): string {
  return [
    `**${due} windows to look at again** by the vendor's clock at ${at}`,
    `- so far: ${describeReconciled(outcome)}`,
  ].join('\n');
}
