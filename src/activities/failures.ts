import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { Failure, RateLimited, StorageFull, Unavailable, type FailureName } from '../core/failures.ts';
import { SECOND } from '../core/time.ts';
import { redact } from '../http/redaction.ts';

/** Failures that no repetition of the same call heals: the workflow decides what to do instead. */
const FINAL: ReadonlySet<FailureName> = new Set([
  'credentials-rejected',
  'cursor-expired',
  'window-too-large',
  'cursor-stuck',
  'retention-passed',
  'refused-target',
  'staging-lost',
  'archive-damaged',
  'ledger-damaged',
  'unknown-stream',
  'range-refused',
]);

/** An answer that makes no sense may be one of a moment; asked for more often than this, it is what the vendor says. */
const MOST_UNEXPECTED = 3;
/** Long enough that a person can make room on the disk between two tries. */
const STORAGE_DELAY = 30 * SECOND;
/** Without a Retry-After, a vendor that counts connections or requests is left alone for this long. */
const RATE_LIMIT_DELAY = 10 * SECOND;
/** The failure travels in histories: keep it short. */
const LONGEST_MESSAGE = 1_000;

/**
 * The one place that knows both sides: turns what an activity threw into the failure that Temporal sees, with its name as the type,
 * redacted, without a cause (the causes of HTTP errors carry URLs and headers).
 */
export function toApplicationFailure(error: unknown, attempt = 1): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const failure = error instanceof Failure ? error : undefined;
  const name = failure?.name ?? 'internal-error';
  const message = redact(error instanceof Error ? error.message : String(error)).slice(0, LONGEST_MESSAGE);
  const delay = delayOf(failure);
  return ApplicationFailure.create({
    message,
    type: name,
    nonRetryable: FINAL.has(name) || (name === 'unexpected-answer' && attempt >= MOST_UNEXPECTED),
    ...(delay === undefined ? {} : { nextRetryDelay: delay }),
  });
}

function delayOf(failure: Failure | undefined): number | undefined {
  if (failure instanceof RateLimited) return failure.retryAfterMs ?? RATE_LIMIT_DELAY;
  if (failure instanceof Unavailable) return failure.retryAfterMs;
  return failure instanceof StorageFull ? STORAGE_DELAY : undefined;
}

/** Wraps every activity of a set, so that whatever they throw is named. */
export function named<T extends object>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: unknown[]): Promise<unknown> => {
      try {
        return await (activity as (...args: unknown[]) => Promise<unknown>)(...args);
      } catch (error) {
        throw toApplicationFailure(error, activityInfo().attempt);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}
