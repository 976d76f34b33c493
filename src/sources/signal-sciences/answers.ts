import {
  CredentialsRejected,
  CursorExpired,
  type Failure,
  RateLimited,
  Unavailable,
  UnexpectedAnswer,
} from '../../core/failures.ts';
import type { WindowLimits } from '../../core/contract.ts';
import { SECOND, type Interval } from '../../core/time.ts';
import type { HttpResponse } from '../../http/client.ts';
import { messageOf } from '../answers.ts';
import { windowFailure } from '../window-bounds.ts';

/**
 * What a refusal means whatever was asked for, or undefined when that depends on it. The vendor document names no status but 401
 * (signal-sciences.txt:78-83); the rest is what its own clients see, a 400 for "Rate limit exceeded" among it.
 */
export function failureOf(answer: HttpResponse, what: string, place: string): Failure | undefined {
  const { status, retryAfterMs } = answer;
  const message = `${what}: status ${status}: ${messageOf(answer)}`;
  if (status === 429 || (status === 400 && /rate limit exceeded/i.test(startOf(answer.body)))) {
    return new RateLimited(message, { retryAfterMs });
  }
  if (status >= 500 || status === 408) return new Unavailable(message, { retryAfterMs });
  if (status === 403) return new CredentialsRejected(message, place);
  return undefined;
}

function startOf(body: Buffer): string {
  return body.toString('utf8', 0, 4096);
}

/** A refused next page: what the vendor answers to a link older than a minute is not documented, so any refusal is taken for that. */
export function nextPageFailure(answer: HttpResponse, what: string): Failure {
  const message = `${what}: status ${answer.status}: ${messageOf(answer)}`;
  return answer.status >= 400 ? new CursorExpired(message) : new UnexpectedAnswer(message, { body: answer.body });
}

/** A refused first page. A 400 is the vendor's word on the bounds of the window, judged by its clock and not by ours. */
export function firstPageFailure(
  answer: HttpResponse,
  what: string,
  window: Interval,
  limits: WindowLimits,
  now: number,
): Failure {
  const { status, body } = answer;
  if (status === 400) {
    // The refusal stands on the very bound: its clock may have read up to two seconds less, or more, than we think.
    const outside = windowFailure(window, limits, now - SLACK) ?? windowFailure(window, limits, now + SLACK);
    if (outside) return outside;
  }
  const unknown = status === 404 ? 'the vendor does not know this corp or site: ' : '';
  return new UnexpectedAnswer(`${what}: ${unknown}status ${status}: ${messageOf(answer)}`, { body });
}

const SLACK = 2 * SECOND;
