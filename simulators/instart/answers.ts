import type { Strikes } from '../kit/faults.ts';
import { jsonAnswer, type Answer, type Refusal } from '../kit/http.ts';
import { METRICS, type Resource } from './catalogue.ts';
import type { Faults, Occasion } from './faults.ts';

const HTML = Buffer.from('<!DOCTYPE html><html><title>Instart</title><body>Please try again later</body></html>');
const JSON_TYPE = { 'Content-Type': 'application/json' };
const HTML_TYPE = { 'Content-Type': 'text/html; charset=utf-8' };

/** The page describes no error: a client can rely on the status alone. */
export function refusalAnswer({ status, message, headers }: Refusal): Answer {
  return jsonAnswer(status, { error: message }, headers);
}

/** Seconds, or a date two seconds ahead on the vendor's clock. */
export function busyAnswer(retryAfter: number | 'date', now: number): Answer {
  const after = retryAfter === 'date' ? new Date(now + 2000).toUTCString() : String(retryAfter);
  return jsonAnswer(429, { error: 'too many requests' }, { 'Retry-After': after });
}

/** What a gateway says whose patience ended: HTML, for it knows nothing of the API. */
export const GATEWAY_TIMEOUT: Answer = { status: 504, headers: HTML_TYPE, body: [HTML] };

/** The body that HEAD of a resource has not (instart.txt:112). */
export const BARE: Answer = { status: 200, headers: JSON_TYPE, body: [] };

/** What stands in for the answer when a fault strikes; `undefined` when none does. */
export function wrongAnswer(faults: Faults, strikes: Strikes<Occasion>, occasion: Occasion): Answer | undefined {
  const error = strikes.strike('serverError', faults.serverError, occasion);
  if (error !== undefined) return jsonAnswer(error.status ?? 500, { error: 'internal error' });
  const redirect = strikes.strike('redirect', faults.redirect, occasion);
  if (redirect !== undefined)
    return { status: 302, headers: { ...HTML_TYPE, Location: redirect.location ?? '/login' }, body: [HTML] };
  if (strikes.strike('htmlWith200', faults.htmlWith200, occasion) !== undefined)
    return { status: 200, headers: HTML_TYPE, body: [HTML] };
  if (strikes.strike('emptyBody', faults.emptyBody, occasion) !== undefined) return BARE;
  return undefined;
}

/** Half of an answer, under a Content-Length that is right. */
export function halved(answer: Answer): Answer {
  const whole = Buffer.concat(answer.body);
  return { ...answer, body: [whole.subarray(0, Math.floor(whole.length / 2))] };
}

/** What `/dimensions`, `/groupings` and `/metrics` answer; the page shows none of them. */
export function listAnswer(
  resource: Resource,
  action: 'dimensions' | 'groupings' | 'metrics',
  shape: Faults['listShape'],
): Answer {
  const lists = { dimensions: resource.dimensions, groupings: resource.groupings ?? [], metrics: METRICS };
  if (shape === 'object') return jsonAnswer(200, { [action]: lists[action] });
  if (shape === 'array') return jsonAnswer(200, lists[action]);
  const all = action === 'groupings' ? lists.groupings.map((names) => names.map(named)) : lists[action].map(named);
  return jsonAnswer(200, all);
}

function named(name: string): object {
  return { name };
}
