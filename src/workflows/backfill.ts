import { ApplicationFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { BackfillLook, BackfillOrder, BegunBackfill } from '../activities/contract.ts';
import { isOpen } from '../core/backfill.ts';
import { backfillOf, formatStreamId, pullId, type StreamId } from '../core/ids.ts';
import type { IsoInterval } from '../core/time.ts';
import { listen, lookAt, toState, type Steering } from './backfill-steering.ts';
import { describeBackfill } from './backfill-words.ts';
import { collectDays, followRange, type Reader } from './backfill-readers.ts';
import { HISTORY_LIMIT } from './pace.ts';
import { pull } from './pull.ts';
import { kindKey, outcomeKey, sourceKey, streamKey } from './search-attributes.ts';
import { beginBackfill, nameFailure, type NamedFailure } from './steps.ts';

/** `{ "source": "acme-waf", "stream": "www.example.com", "from": "2026-11-20T00:00Z", "until": "2026-11-21T12:00Z" }`: a person may type it. */
export interface BackfillRange extends StreamId, IsoInterval {}

export interface BackfillResult extends BackfillLook, IsoInterval {
  readonly id: string;
  readonly stream: string;
}

/** What is handed on when it continues as new. */
interface Memory {
  /** How often the stream's extractor was asked for. */
  rounds: number;
  /** Runs in a row that ended with a failure and brought nothing. */
  vain: number;
  left: number | null;
  size?: number;
}

/** Looks are far enough apart that a backfill of days is a short history. */
const LOOK_EVERY = '1m';
/** A paused backfill is told when it is resumed; this is for a word that was lost. */
const LOOK_WHILE_PAUSED = '10m';
/** After a run that failed, the next waits: an outage passes. */
const WAIT_AFTER_FAILURE = '1m';
const MOST_VAIN = 3;
/** Whatever else there is to do, these need a person first. */
const NEEDS_A_PERSON: ReadonlySet<string> = new Set([
  'credentials-rejected',
  'refused-target',
  'unknown-stream',
  'range-refused',
]);

/**
 * An operator's range of a stream. It is written into the ledger as wanted, where the stream's one extractor finds it; this workflow sees to it that
 * the extractor runs, shows how far it is, takes the operator's word, and ends with what came of it. A sequence and reports are read by the backfill itself,
 * beside the stream's own reader. The ledger's row decides: whoever changes it, here, from the command line or by hand, is heeded.
 */
export async function backfill(
  range: BackfillRange,
  memory: Memory = { rounds: 0, vain: 0, left: null },
): Promise<BackfillResult> {
  const { workflowId } = workflowInfo();
  const id = backfillOf(workflowId);
  const { source, stream } = range;
  const steering = listen(id);
  if (memory.rounds === 0) {
    upsertSearchAttributes([
      { key: sourceKey, value: source },
      { key: streamKey, value: stream },
      { key: kindKey, value: 'backfill' },
    ]);
  }
  const order = { id, workflowId, ...range };
  const begun = await named(() => beginBackfill(order));
  const show = (found: BackfillLook): BackfillLook => {
    steering.shown = { id, stream: formatStreamId(range), from: begun.from, until: begun.until, ...found };
    setCurrentDetails(describeBackfill(steering.shown));
    return found;
  };
  const look = async (): Promise<BackfillLook> => show(await lookAgainAt(order));
  steering.look = look;
  try {
    const last = await named(() => goOn({ id, stream: { source, stream }, range, begun, memory, steering, look }));
    await condition(allHandlersFinished);
    upsertSearchAttributes([{ key: outcomeKey, value: last.state }]);
    return { id, stream: formatStreamId(range), from: begun.from, until: begun.until, ...last };
  } catch (error) {
    if (!isCancellation(error)) throw error;
    // Cancelled as workflows are, in the UI say: that is a cancel like any other.
    await CancellationScope.nonCancellable(() => toState({ id, to: 'cancelled' }));
    upsertSearchAttributes([{ key: outcomeKey, value: 'cancelled' }]);
    throw error;
  }
}

/** What ends it badly does so under the failure's own name, so that the Temporal UI shows it. */
async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isCancellation(error) || error instanceof ContinueAsNew) throw error;
    const { name, message } = nameFailure(error);
    throw ApplicationFailure.nonRetryable(message, name);
  }
}

/** A ledger that was made again from nothing but the archive knows of no backfill: then it is told again. */
async function lookAgainAt(order: BackfillOrder): Promise<BackfillLook> {
  const { id } = order;
  try {
    return await lookAt(id);
  } catch (error) {
    if (nameFailure(error).name !== 'unknown-stream') throw error;
    await beginBackfill(order);
    return await lookAt(id);
  }
}

interface Whole {
  readonly id: string;
  readonly stream: StreamId;
  readonly range: BackfillRange;
  readonly begun: BegunBackfill;
  readonly memory: Memory;
  readonly steering: Steering;
  readonly look: () => Promise<BackfillLook>;
}

/** Until it is over. @returns the last look */
async function goOn(whole: Whole): Promise<BackfillLook> {
  const { id, steering, look, memory, range } = whole;
  for (;;) {
    steering.isStirred = false;
    const found = await look();
    if (!isOpen(found.state)) return found;
    if (found.state === 'paused')
      await condition(() => steering.isStirred, LOOK_WHILE_PAUSED, { summary: 'paused: look again' });
    else if (found.left === 0 || (await work(whole, found)) === 'ended') {
      await toState({ id, to: 'done' });
      return await look();
    }
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (historyLength < HISTORY_LIMIT && !continueAsNewSuggested) continue;
    await condition(allHandlersFinished);
    await continueAsNew<typeof backfill>(range, memory);
  }
}

/** One stretch of work. @returns `ended` when its own reader came to the end of the range */
async function work(whole: Whole, found: BackfillLook): Promise<'ended' | undefined> {
  const { begun, memory, steering } = whole;
  try {
    if (begun.shape === 'window') {
      await extract(whole, found);
      return undefined;
    }
    return await read(whole);
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    // Its own reader was given up: the next look says why.
    if (isCancellation(error) && steering.isStirred) return undefined;
    const failure = nameFailure(error);
    memory.vain += 1;
    if (memory.vain >= MOST_VAIN || NEEDS_A_PERSON.has(failure.name)) await pauseFor(whole, failure);
    else await condition(() => steering.isStirred, WAIT_AFTER_FAILURE, { summary: `after ${failure.name}` });
    return undefined;
  }
}

async function pauseFor({ id, memory }: Whole, failure: NamedFailure): Promise<void> {
  memory.vain = 0;
  await toState({ id, to: 'paused', failure });
}

/** Sees to it that the stream's extractor runs, and looks now and then while it does. Throws what ended it badly, where it brought nothing of the range. */
async function extract({ stream, id, steering, memory, look }: Whole, before: BackfillLook): Promise<void> {
  let ended = false;
  let failure: NamedFailure | undefined;
  const round = (memory.rounds += 1);
  // Whatever becomes of this workflow, the extractor goes on: it is the stream's, not the backfill's.
  const run = CancellationScope.nonCancellable(async () => {
    const child = await startChild(pull, {
      workflowId: `${pullId(stream)}:${id}:${round}`,
      args: [stream],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `pull ${formatStreamId(stream)} for backfill ${id}`,
      typedSearchAttributes: [
        { key: sourceKey, value: stream.source },
        { key: streamKey, value: stream.stream },
        { key: kindKey, value: 'pull' },
      ],
    });
    await child.result();
  }).then(
    () => (ended = true),
    (error: unknown) => {
      failure = nameFailure(error);
      ended = true;
    },
  );
  while (!(await condition(() => ended || steering.isStirred, LOOK_EVERY, { summary: 'look again' }))) {
    await look();
    if (workflowInfo().historyLength > HISTORY_LIMIT) return;
  }
  // Paused, say: the extractor was told by whoever did so.
  if (!ended) return;
  await run;
  const after = await look();
  if (after.state !== 'running' || after.left === 0) return;
  if (after.left !== before.left || after.failing < before.failing) memory.vain = 0;
  const trouble = after.trouble;
  const bad = failure ?? trouble;
  if (bad !== undefined) throw ApplicationFailure.nonRetryable(bad.message, bad.name);
  if (after.left !== before.left) return;
  throw ApplicationFailure.nonRetryable(
    'the vendor does not serve what is left, though by its limits it should',
    'retention-passed',
  );
}

/** Its own reader, beside the stream's. */
async function read(whole: Whole): Promise<'ended' | undefined> {
  const { id, stream, begun, memory, steering } = whole;
  const reader: Reader = {
    id,
    stream,
    begun,
    isStirred: () => steering.isStirred,
    size: memory.size ?? begun.size?.first ?? 100,
    step: async (work_) => {
      const scope = (steering.scope = new CancellationScope());
      try {
        return await scope.run(work_);
      } finally {
        steering.scope = undefined;
      }
    },
  };
  const isEnded = await (begun.shape === 'sequence' ? followRange(reader) : collectDays(reader));
  memory.size = reader.size;
  memory.vain = 0;
  return isEnded ? 'ended' : undefined;
}
