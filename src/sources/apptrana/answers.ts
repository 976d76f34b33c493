import { CredentialsRejected, type Failure, RateLimited, Unavailable, UnexpectedAnswer } from '../../core/failures.ts';
import type { HttpResponse } from '../../http/client.ts';
import { excerpt } from '../../http/redaction.ts';
import { isJson, memberOf, messageOf } from '../answers.ts';

/** The vendor's own words in an answer, `{"errorMessages":["Unauthorised"]}` (indusface.txt:57), or else the start of it; redacted and short. */
export function saidBy(answer: HttpResponse): string {
  const messages = isJson(answer) ? memberOf(answer.body, 'errorMessages') : undefined;
  const words = [messages ?? []].flat().filter((one) => typeof one === 'string');
  return words.length === 0 ? messageOf(answer) : excerpt(Buffer.from(words.join('; ')), 300);
}

/**
 * What a refusal means whatever was asked for, or undefined when that depends on it. The document names 400, 401 and 500 and shows no body of the
 * first and the last (indusface.txt:130-136); the rest is HTTP's own meaning.
 */
export function failureOf(answer: HttpResponse, what: string, place: string): Failure | undefined {
  const { status, retryAfterMs } = answer;
  const message = `${what}: status ${status}: ${saidBy(answer)}`;
  const busy = status === 400 && /rate limit|too many requests/i.test(answer.body.toString('utf8', 0, 4096));
  if (status === 429 || busy) return new RateLimited(message, { retryAfterMs });
  if (status >= 500 || status === 408) return new Unavailable(message, { retryAfterMs });
  if (status === 401) return new CredentialsRejected(message, place);
  // A connector can be open to some addresses only, as the vendor's own guide to tokens says.
  if (status === 403)
    return new CredentialsRejected(`${message}; may this machine's address use the connector?`, place);
  return undefined;
}

/** A 200 that says in its body that it failed, or nothing of success. */
function successComplaint(value: Record<string, unknown>): string | undefined {
  const { errorMessages, successMessage } = value;
  const complains = [errorMessages ?? []].flat().length > 0;
  if (complains) return 'the vendor says that it failed';
  if (typeof successMessage === 'string' && successMessage.trim() === 'Success') return undefined;
  return 'the vendor does not say "Success"';
}

/** @throws UnexpectedAnswer with the body for {@link successComplaint}. */
export function requireSuccess(value: Record<string, unknown>, answer: HttpResponse, what: string): void {
  const complaint = successComplaint(value);
  if (complaint === undefined) return;
  throw new UnexpectedAnswer(`${what}: ${complaint}: ${saidBy(answer)}`, { body: answer.body });
}
