import { CredentialsRejected, Failure, RateLimited, Unavailable, UnexpectedAnswer } from '../../core/failures.ts';
import type { HttpResponse } from '../../http/client.ts';
import { excerpt } from '../../http/redaction.ts';
import { sketchOf, withoutMark } from '../../json/page.ts';
import { trimEnd } from '../../json/split.ts';

/** What was asked for, for messages. */
export interface Asked {
  readonly what: string;
  /** Which setting is at fault when the vendor refuses it: `queries.ssl.query`. */
  readonly setting?: string | undefined;
}

const elsewhere = new WeakSet<Failure>();

/** Whether a file may be had in the other way: this one has no such file, or is not served at the time (404, 503). */
export function isElsewhere(error: unknown): error is Failure {
  return error instanceof Failure && elsewhere.has(error);
}

/** What a refusal of a call means. "Any non-200 is an error", with its details in the object; the vendor document names no status. */
export function failureOf(answer: HttpResponse, asked: Asked, place: string): Failure {
  const { status, retryAfterMs, body } = answer;
  const words = wordsOf(body);
  const message = `${asked.what}: status ${status}: ${words}`;
  if (status === 429) return new RateLimited(message, { retryAfterMs });
  if (status === 401 || status === 403) return new CredentialsRejected(message, place);
  if (status >= 500 || status === 408) return mark(new Unavailable(message, { retryAfterMs }), status);
  return mark(new UnexpectedAnswer(message + hintOf(words, asked), { body }), status);
}

/** What a refusal of the download host means; it knows no credentials. */
export function downloadFailure({ status, retryAfterMs, body }: HttpResponse, what: string): Failure {
  const message = `${what}: status ${status}: ${wordsOf(body)}`;
  if (status === 429) return new RateLimited(message, { retryAfterMs });
  if (status >= 500 || status === 408) return mark(new Unavailable(message, { retryAfterMs }), status);
  const hint = status === 404 || status === 410 ? '; the id may be old: it is listed anew by the next run' : '';
  return mark(new UnexpectedAnswer(message + hint, { body }), status);
}

function mark<T extends Failure>(failure: T, status: number): T {
  if ([404, 410, 503].includes(status)) elsewhere.add(failure);
  return failure;
}

/** A query without an attribute of one's own (shadowserver.txt:250) is refused in these words. */
function hintOf(words: string, { setting }: Asked): string {
  if (setting === undefined) return '';
  if (!/no supported report filters/i.test(words)) return `; look at \`${setting}\``;
  return `; \`${setting}\` needs an attribute that matches your own report filters, such as geo, asn, domain or ip`;
}

/**
 * The value of an answer of status 200.
 * @returns the value, as `sketchOf` sees it, and the bytes it was read from
 * @throws UnexpectedAnswer for what is not JSON, and for `{"error": …}`: the vendor sends that with 200 as well
 */
export function readAnswer(body: Buffer, asked: Asked): { readonly value: unknown; readonly bytes: Buffer } {
  const bytes = withoutTrailingComma(withoutMark(body));
  let value: unknown;
  try {
    value = sketchOf(bytes, body);
  } catch (error) {
    throw new UnexpectedAnswer(`${asked.what}: ${(error as Error).message}`, { body, cause: error });
  }
  if (typeof value === 'object' && value !== null && 'error' in value) {
    const words = wordsOf(body);
    throw new UnexpectedAnswer(`${asked.what}: ${words}${hintOf(words, asked)}`, { body });
  }
  return { value, bytes };
}

const COMMA = 0x2c;
const CLOSE = 0x5d;

/** The vendor's own sample ends a list with a comma (shadowserver.txt:35-38): then it is blanked. */
function withoutTrailingComma(body: Buffer): Buffer {
  const end = trimEnd(body, 0, body.length);
  const comma = trimEnd(body, 0, Math.max(0, end - 1)) - 1;
  if (body[end - 1] !== CLOSE || body[comma] !== COMMA) return body;
  const copy = Buffer.from(body);
  copy[comma] = 0x20;
  return copy;
}

/** The vendor's own words, short and redacted. Of other JSON nothing is shown: it may be data. */
export function wordsOf(body: Buffer): string {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return excerpt(body, 200) || 'no words';
  }
  for (const name of ['error', 'message', 'detail']) {
    const words = (value as Record<string, unknown> | null)?.[name];
    if (typeof words === 'string') return excerpt(Buffer.from(words), 200);
  }
  return 'no message';
}
