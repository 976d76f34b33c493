import type { Occasion, Strikes } from '../kit/faults.ts';
import { jsonAnswer, type Answer, type Refusal } from '../kit/http.ts';
import type { EndOfChain, Faults, RetryAfter } from './faults.ts';

const HTML = Buffer.from('<!DOCTYPE html><html><title>Sign in</title><body><form method="post"></form></body></html>');

/** The words of the vendor's refusals are `{"message": ...}`. */
export function refusalAnswer({ status, message, headers }: Refusal): Answer {
  return jsonAnswer(status, { message }, headers);
}

/** Seconds, or a date two seconds ahead on the vendor's clock. */
export function retryAfterHeader(retryAfter: RetryAfter, now: number): Record<string, string> {
  return { 'Retry-After': retryAfter === 'date' ? new Date(now + 2000).toUTCString() : String(retryAfter) };
}

/** The body of a page: what the window gave, and how the vendor says what comes next. */
export function pageAnswer(head: Buffer, uri: string | null, end: EndOfChain): Answer {
  const headers = { 'Content-Type': 'application/json' };
  return {
    status: 200,
    headers,
    body: [head, Buffer.from(uri === null ? ENDS[end] : `,"next":{"uri":${JSON.stringify(uri)}}}`)],
  };
}

const ENDS: Readonly<Record<EndOfChain, string>> = {
  'empty-uri': ',"next":{"uri":""}}',
  'empty-object': ',"next":{}}',
  null: ',"next":null}',
  absent: '}',
  'null-uri': ',"next":{"uri":null}}',
};

/** What stands in for the page when a fault strikes; `undefined` when none does. */
export function wrongAnswer(
  faults: Faults,
  strikes: Strikes,
  occasion: Occasion,
  chance: () => number,
): Answer | undefined {
  const struck = (name: 'badGateway' | 'htmlWith200' | 'emptyBody' | 'dataMissing'): boolean =>
    strikes.strike(name, faults[name], occasion) !== undefined;
  const html = { 'Content-Type': 'text/html; charset=utf-8' };
  if (chance() < probability(faults.badGateway) && struck('badGateway'))
    return { status: 502, headers: html, body: [HTML] };
  const redirect = strikes.strike('redirect302', faults.redirect302, occasion);
  if (redirect !== undefined)
    return { status: 302, headers: { ...html, Location: redirect.location ?? '/login' }, body: [HTML] };
  if (struck('htmlWith200')) return { status: 200, headers: html, body: [HTML] };
  if (struck('emptyBody')) return { status: 200, headers: { 'Content-Type': 'application/json' }, body: [] };
  if (struck('dataMissing')) return jsonAnswer(200, { next: { uri: '' } });
  return undefined;
}

function probability(setting: Faults['badGateway']): number {
  return typeof setting === 'object' ? (setting.probability ?? 1) : 1;
}
