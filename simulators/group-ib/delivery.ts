import type { ServerResponse } from 'node:http';
import { drop, reset, truncate } from '../kit/delivery.ts';
import { jsonAnswer, send, type Answer, type Refusal } from '../kit/http.ts';
import type { Occasion, RetryAfter } from './faults.ts';
import type { Parts } from './parts.ts';

const HTML = Buffer.from(
  '<!DOCTYPE html><html><title>Maintenance</title><body><h1>We will be back soon</h1></body></html>',
);
const HTML_TYPE = { 'Content-Type': 'text/html; charset=utf-8' };

/** The vendor's refusals; those of the gateway before it are pages. */
export function refusalAnswer({ status, message, headers }: Refusal): Answer {
  if (status === 502 || status === 504) return htmlAnswer(status, headers);
  return jsonAnswer(status, { message }, headers);
}

export function htmlAnswer(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { ...HTML_TYPE, ...headers }, body: [HTML] };
}

/** Seconds, a date two seconds ahead on the vendor's clock, or nothing. */
export function retryAfterHeader(retryAfter: RetryAfter, now: number): Record<string, string> {
  if (retryAfter === null) return {};
  return { 'Retry-After': retryAfter === 'date' ? new Date(now + 2000).toUTCString() : String(retryAfter) };
}

/** Sends an answer, or as much of it as the faults of the transport let through. */
export async function deliver(
  { faults, strikes }: Parts,
  response: ServerResponse,
  answer: Answer,
  occasion: Occasion,
): Promise<void> {
  if (strikes.strike('reset', faults.reset, occasion) !== undefined) return reset(response, answer);
  const cut = strikes.strike<{ how: 'content-length' | 'chunked' }>('truncated', faults.truncated, occasion);
  if (cut !== undefined) return truncate(response, answer, cut.how ?? 'content-length');
  const drip = strikes.strike<{ bytes: number; everyMs: number }>('drip', faults.drip, occasion);
  if (drip !== undefined) return drop(response, answer, drip.bytes ?? 1, drip.everyMs ?? 100);
  send(response, answer);
}
