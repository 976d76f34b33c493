import type { ServerResponse } from 'node:http';
import type { Occasion, Strikes } from '../kit/faults.ts';
import { jsonAnswer, length, pause, send, type Answer, type Refusal } from '../kit/http.ts';
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

/** Sends an answer, or as much of it as the faults of the transport let through. */
export async function deliver(
  response: ServerResponse,
  answer: Answer,
  faults: Faults,
  strikes: Strikes,
  occasion: Occasion,
): Promise<void> {
  if (strikes.strike('resetAfterHeaders', faults.resetAfterHeaders, occasion) !== undefined)
    return reset(response, answer);
  const cut = strikes.strike('truncatedBody', faults.truncatedBody, occasion);
  if (cut !== undefined) return truncate(response, answer, cut.how ?? 'content-length');
  const drip = strikes.strike('drip', faults.drip, occasion);
  if (drip !== undefined) return drop(response, answer, drip.bytes ?? 1, drip.everyMs ?? 100);
  send(response, answer);
}

async function reset(response: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  response.writeHead(status, { ...headers, 'Content-Length': length(body) });
  response.flushHeaders();
  // The headers are to arrive before the reset overtakes them.
  await pause(50);
  response.socket?.resetAndDestroy();
}

async function truncate(response: ServerResponse, answer: Answer, how: 'content-length' | 'chunked'): Promise<void> {
  const { status, headers, body } = answer;
  const whole = Buffer.concat(body);
  response.writeHead(status, how === 'chunked' ? headers : { ...headers, 'Content-Length': whole.length });
  await new Promise<void>((resolve) => {
    response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => resolve());
  });
  response.socket?.destroySoon();
}

async function drop(
  response: ServerResponse,
  { status, headers, body }: Answer,
  bytes: number,
  everyMs: number,
): Promise<void> {
  const whole = Buffer.concat(body);
  response.writeHead(status, { ...headers, 'Content-Length': whole.length });
  for (let at = 0; at < whole.length && !response.destroyed; at += bytes) {
    response.write(whole.subarray(at, at + bytes));
    await pause(everyMs);
  }
  if (!response.destroyed) response.end();
}
