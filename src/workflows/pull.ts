import {
  ApplicationFailure,
  ChildWorkflowFailure,
  condition,
  isCancellation,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { extractId, formatStreamId, type StreamId } from '../core/ids.ts';
import type { Outcome } from '../core/outcome.ts';
import { collectReports } from './collect-reports.ts';
import { extractWindows } from './extract-windows.ts';
import { followSequence } from './follow-sequence.ts';
import { asFailure, extracted, lookAgain, type Report } from './report.ts';
import { kindKey, sourceKey, streamKey } from './search-attributes.ts';
import { describeStream, nameFailure } from './steps.ts';

/** How long to wait for a running extractor's word before asking again: it may have been terminated meanwhile. */
const ASK_AGAIN_AFTER = '1m';

/** The loop for each shape of stream. */
const extractors = { window: extractWindows, sequence: followSequence, report: collectReports };

type Extractor = (stream: StreamId) => Promise<Outcome>;

/**
 * One tick of a stream: sees to it that the stream's extractor runs, by starting it or by telling the running one to look again, and
 * returns its outcome. What is due the ledger decides, not the tick: running this twice, by hand, from the UI or as a schedule's
 * backfill is harmless.
 */
export async function pull(stream: StreamId): Promise<Outcome> {
  let answer: Report | undefined;
  setHandler(extracted, (news) => {
    answer = news;
  });
  const { shape } = await describeStream(stream);
  for (;;) {
    const child = await start(stream, extractors[shape]);
    if (child !== undefined) return await outcomeOf(child);
    try {
      await getExternalWorkflowHandle(extractId(stream)).signal(lookAgain, { tell: workflowInfo().workflowId });
    } catch (error) {
      if (isCancellation(error)) throw error;
      continue; // it ended between the two calls: start it
    }
    await condition(() => answer !== undefined, ASK_AGAIN_AFTER);
    if (answer?.failure !== undefined) throw asFailure({ ...answer, failure: answer.failure });
    if (answer !== undefined) return answer.outcome;
  }
}

/** Starts the extractor; `undefined` when it runs already. It outlives this tick: a pull that is terminated stops nothing. */
async function start(stream: StreamId, extractor: Extractor): Promise<ChildWorkflowHandle<Extractor> | undefined> {
  try {
    return await startChild(extractor, {
      workflowId: extractId(stream),
      args: [stream],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `extract ${formatStreamId(stream)}`,
      typedSearchAttributes: [
        { key: sourceKey, value: stream.source },
        { key: streamKey, value: stream.stream },
        { key: kindKey, value: 'extract' },
      ],
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

async function outcomeOf(child: ChildWorkflowHandle<Extractor>): Promise<Outcome> {
  try {
    return await child.result();
  } catch (error) {
    if (isCancellation(error)) throw error;
    const failure = nameFailure(error);
    // The extractor's own message tells the outcome already.
    throw ApplicationFailure.create({
      message: failure.message,
      type: failure.name,
      nonRetryable: true,
      details: detailsOf(error),
    });
  }
}

/** The outcome that a failed extractor carries. */
function detailsOf(error: unknown): unknown[] {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure ? (cause.details ?? []) : [];
}
