import { CredentialsRejected, Failure, RateLimited, Unavailable, UnexpectedAnswer } from '../../core/failures.ts';
import type { HttpResponse } from '../../http/client.ts';
import { messageOf } from '../answers.ts';

const tooMuch = new WeakSet<Failure>();

/**
 * Marks a failure that asking for less may help: a gateway's timeout (504), a deadline of ours, an answer over the caps. To all others it
 * is what it is.
 */
export function markTooMuch<T extends Failure>(failure: T): T {
  tooMuch.add(failure);
  return failure;
}

export function isTooMuch(error: unknown): boolean {
  return error instanceof Failure && tooMuch.has(error);
}

/**
 * What a refusal means; the vendor document names no status at all, so these are HTTP's own meanings.
 * @param what names the request in messages
 * @param look which settings a refused query (400) is made of
 */
export function failureOf(answer: HttpResponse, what: string, place: string, look = ''): Failure {
  const { status, retryAfterMs, body } = answer;
  const message = `${what}: status ${status}: ${messageOf(answer)}`;
  if (status === 429) return new RateLimited(message, { retryAfterMs });
  if (status === 504) return markTooMuch(new Unavailable(message, { retryAfterMs }));
  if (status >= 500 || status === 408) return new Unavailable(message, { retryAfterMs });
  if (status === 401 || status === 403) return new CredentialsRejected(message, place);
  const hint = HINTS[status] ?? '';
  return new UnexpectedAnswer(`${what}: ${hint}status ${status}: ${messageOf(answer)}${look}`, { body });
}

const HINTS: Readonly<Record<number, string>> = {
  400: 'the vendor refuses the query: ',
  404: 'the vendor does not know this address; is `customer` right? ',
};

/** Whether a list or a method is simply not offered: what is asked for then is something else, or nothing. */
export function isNotOffered({ status }: HttpResponse): boolean {
  return [400, 404, 405, 501].includes(status);
}
