import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { failureNames, type FailureName } from '../core/failures.ts';

/** How a run on the server ended badly, for a person. */
export interface RunFailure {
  readonly name: FailureName;
  readonly message: string;
}

/** Reads what a workflow's `result()` was rejected with. Anything that is not a failed workflow is thrown on. */
export function failureOfRun(error: unknown): RunFailure {
  if (!(error instanceof WorkflowFailedError)) throw error;
  const { cause } = error;
  if (cause instanceof CancelledFailure || cause instanceof TerminatedFailure) {
    return { name: 'cancelled', message: 'ended by an operator before it was done' };
  }
  const name = cause instanceof ApplicationFailure ? failureNames.find((known) => known === cause.type) : undefined;
  return { name: name ?? 'internal-error', message: cause?.message ?? error.message };
}
