import { UnexpectedAnswer } from '../core/failures.ts';
import type { HttpResponse } from '../http/client.ts';
import { excerpt } from '../http/redaction.ts';

/** `application/json` or a relative; a login page or a proxy's apology is not the vendor's answer, whatever its status. */
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

/** @throws UnexpectedAnswer with the body when an answer is not in JSON; `what` names it. */
export function requireJson(answer: HttpResponse, what: string): void {
  if (isJson(answer)) return;
  const type = excerpt(Buffer.from(answer.contentType || 'none'), 100);
  throw new UnexpectedAnswer(`${what}: not JSON but content type ${type}`, { body: answer.body });
}

/** A member of a small JSON object such as a login's answer; `undefined` when there is none. Never throws. */
export function memberOf(body: Buffer, name: string): unknown {
  try {
    return (JSON.parse(body.toString('utf8')) as Record<string, unknown> | null)?.[name];
  } catch {
    return undefined;
  }
}
