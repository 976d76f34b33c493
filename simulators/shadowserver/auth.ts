import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from '../kit/http.ts';
import type { Faults } from './faults.ts';
import type { Report } from './violations.ts';

/** What a customer was given. */
export interface Key {
  readonly apiKey: string;
  readonly secret: string;
}

export type Body = Readonly<Record<string, unknown>>;

/** Reads a call's body. Throws a {@link Refusal} (400) unless it is a JSON object. */
export function readObject(raw: Buffer, report: Report): Body {
  let body: unknown;
  try {
    body = JSON.parse(raw.toString('utf8'));
  } catch {
    body = undefined;
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Body;
  report('not-json', `a body of ${raw.length} bytes is no JSON object`);
  throw new Refusal(400, 'request body must be a JSON object');
}

/**
 * Each call carries the key in its body, and `HMAC2`: the hex HMAC-SHA256 of the body's bytes as they were sent, under the key's secret.
 * Throws a {@link Refusal} (401) otherwise.
 */
export function authorise(
  request: IncomingMessage,
  raw: Buffer,
  body: Body,
  { keys, faults, report }: { keys: readonly Key[]; faults: Faults; report: Report },
): Key {
  const key = keys.find(({ apiKey }) => apiKey === body['apikey']);
  if (key === undefined) {
    report('unknown-key', body['apikey'] === undefined ? 'no apikey' : 'an apikey that nobody was given');
    throw new Refusal(401, 'unknown API key');
  }
  if (faults.hmac === 'off') return key;
  const given = String(request.headers['hmac2'] ?? '');
  const signature = createHmac('sha256', key.secret).update(raw).digest('hex');
  if ((faults.hmac === 'any-case' ? given.toLowerCase() : given) === signature) return key;
  report('signature', given === '' ? 'no HMAC2' : 'HMAC2 is not of these bytes');
  throw new Refusal(401, 'invalid HMAC signature');
}
