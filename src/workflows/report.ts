import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  defineSignal,
  getExternalWorkflowHandle,
} from '@temporalio/workflow';
import { describeOutcome, type Outcome } from '../core/outcome.ts';
import type { NamedFailure } from './steps.ts';

/** Asks a running extractor to plan once more before it ends; the workflow named in `tell` hears what came of it. */
export const lookAgain = defineSignal<[{ readonly tell?: string }]>('lookAgain');
/** The answer to {@link lookAgain}. */
export const extracted = defineSignal<[Report]>('extracted');

export interface Report {
  readonly outcome: Outcome;
  /** What ended the run badly, if anything did. */
  readonly failure?: NamedFailure;
}

/** Tells those who asked. One that is gone by now needs no answer. */
export async function report(listeners: readonly string[], news: Report): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    Promise.all(
      listeners.map((listener) =>
        getExternalWorkflowHandle(listener)
          .signal(extracted, news)
          .catch(() => undefined),
      ),
    ),
  );
}

/** Ends a workflow as failed under the failure's own name, so that the Temporal UI shows it; a cancelled one stays cancelled. */
export function asFailure({ outcome, failure }: Required<Report>, error?: unknown): Error {
  if (error instanceof CancelledFailure || failure.name === 'cancelled') {
    return error instanceof Error ? error : new CancelledFailure(failure.message);
  }
  const message = `${failure.message} (${describeOutcome(outcome)})`;
  return ApplicationFailure.create({ message, type: failure.name, nonRetryable: true, details: [outcome] });
}
