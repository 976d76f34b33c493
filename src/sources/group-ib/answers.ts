import {
  CredentialsRejected,
  Failure,
  RateLimited,
  RefusedTarget,
  Unavailable,
  UnexpectedAnswer,
} from '../../core/failures.ts';
import type { HttpResponse } from '../../http/client.ts';
import { excerpt } from '../../http/redaction.ts';
import { originOf } from '../../http/target.ts';
import { isJson, memberOf } from '../answers.ts';

const tooMuch = new WeakSet<Failure>();

/**
 * Marks a failure that asking for less may help, as in "504 response code or timeout: try setting a smaller limit" (group-ib.txt:502-503).
 * To all others it is what it is.
 */
export function markTooMuch<T extends Failure>(failure: T): T {
  tooMuch.add(failure);
  return failure;
}

export function isTooMuch(error: unknown): error is Failure {
  return error instanceof Failure && tooMuch.has(error);
}

const refusals = new WeakSet<Failure>();

/** Whether the vendor refused the request itself: it is not there, or not legal. */
export function isRefusal(error: unknown): error is Failure {
  return error instanceof Failure && refusals.has(error);
}

/** What was asked for. */
export interface Asked {
  /** Names it in messages. */
  readonly what: string;
  /** The collection, where it is one. */
  readonly collection?: string | undefined;
}

/** What a refusal means; the statuses are those of the document (group-ib.txt:494-503) and of the vendor's own client. */
export function failureOf(answer: HttpResponse, { what, collection }: Asked, place: string): Failure {
  const { status, retryAfterMs, body } = answer;
  const message = `${what}: status ${status}: ${wordsOf(answer)}`;
  if (status >= 300 && status < 400) return redirection(answer, what);
  if (status === 429) return new RateLimited(message, { retryAfterMs });
  if (status === 504) return markTooMuch(new Unavailable(message, { retryAfterMs }));
  if (status >= 500 || status === 408) return new Unavailable(message, { retryAfterMs });
  if (status === 401) return new CredentialsRejected(message, place);
  if (status === 403) return forbidden(message, collection, place);
  const hint = HINTS[status];
  const setting = collection === undefined ? '' : `; look at \`${collection}\` in \`collections\``;
  const refusal = new UnexpectedAnswer(hint === undefined ? message : `${message}; ${hint}${setting}`, { body });
  refusals.add(refusal);
  return refusal;
}

const HINTS: Readonly<Record<number, string>> = {
  400: 'so the vendor answers bad credentials, a wrong parameter or a wrong searchable tag',
  404: 'the vendor has nothing of that name',
};

/** "IP limitation", "API KEY issue", "No access to the feed" (group-ib.txt:497-501): which one, it does not say. */
function forbidden(message: string, collection: string | undefined, place: string): Failure {
  const account = 'the address is not on the access list, or the API key is not active';
  if (collection === undefined) return new CredentialsRejected(`${message}; ${account}`, place);
  const access = `no access to this collection, if \`user/granted_collections\` does not list \`${collection}\` (\`sluice discover\`)`;
  return new CredentialsRejected(`${message}; ${access}; else ${account}`, place);
}

/** "Verify that your public IP is added to access list", says the vendor's own client of 301 and 302. */
function redirection({ status, headers }: HttpResponse, what: string): Failure {
  const location = [headers['location']].flat()[0];
  const target = location !== undefined && URL.canParse(location) ? ` to ${originOf(new URL(location))}` : '';
  const why = "so the vendor answers an address that is not on the account's access list";
  return new RefusedTarget(`${what}: status ${status} redirects${target}; not followed: ${why}`);
}

/** The vendor's own words, short and redacted. Of other JSON nothing is shown: it may be data, and data holds secrets. */
function wordsOf(answer: HttpResponse): string {
  if (!isJson(answer)) return excerpt(answer.body, 200) || 'no words';
  for (const name of ['message', 'error', 'detail']) {
    const words = memberOf(answer.body, name);
    if (typeof words === 'string') return excerpt(Buffer.from(words), 200);
  }
  return 'no message';
}
