import {
  CredentialsRejected,
  CursorExpired,
  type Failure,
  RateLimited,
  RetentionPassed,
  Unavailable,
  UnexpectedAnswer,
} from '../../core/failures.ts';
import type { WindowLimits } from '../../core/contract.ts';
import { SECOND, formatDuration, isoInterval, type Interval } from '../../core/time.ts';
import type { HttpResponse } from '../../http/client.ts';
import { excerpt } from '../../http/redaction.ts';

/** `application/json` or a relative; a login page or a proxy's apology is not an answer of the feed, whatever its status. */
export function isJson(answer: HttpResponse): boolean {
  return /^application\/(?:[\w.+-]+\+)?json$/.test(answer.contentType);
}

/** What the vendor says in the body of a refusal, `{message}`, or else the start of the body; redacted and short. */
export function messageOf(answer: HttpResponse): string {
  const text = excerpt(answer.body, 300);
  if (!isJson(answer)) return text;
  try {
    const message = (JSON.parse(answer.body.toString('utf8')) as Record<string, unknown> | null)?.['message'];
    return typeof message === 'string' ? excerpt(Buffer.from(message), 300) : text;
  } catch {
    return text;
  }
}

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

/**
 * Whether the vendor will serve a window at `now` (its clock): not before it has settled (signal-sciences.txt:25), nor once its
 * start has been forgotten (signal-sciences.txt:26).
 */
export function windowFailure(window: Interval, limits: WindowLimits, now: number): Failure | undefined {
  const { from, until } = isoInterval(window);
  const wait = window.until + limits.settling - now;
  if (wait > 0) {
    return new Unavailable(
      `[${from}, ${until}) has not settled at the vendor; it will have in ${formatDuration(wait)}`,
      {
        retryAfterMs: wait,
      },
    );
  }
  if (window.from < now - limits.retention) {
    return new RetentionPassed(`the vendor no longer serves ${from}: it keeps ${formatDuration(limits.retention)}`);
  }
  return undefined;
}
