import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Occasion } from './faults.ts';
import type { RequestLogEntry } from './simulator.ts';

const KEPT = 10_000;
const SECRET = new Set(['authorization', 'authorisation', 'cookie', 'proxy-authorization']);

/** Below the origin. */
export const BASE = '/wafportal/rest';

const KINDS: ReadonlyMap<string, Occasion['kind']> = new Map([
  [`${BASE}/siem/v1/authorize`, 'authorize'],
  [`${BASE}/siem/v1/getAuthToken`, 'token'],
  [`${BASE}/siem/v1/getAttackInfo`, 'attacks'],
  // Named by another of the vendor's guides.
  [`${BASE}/v2/website/get-websites`, 'websites'],
]);

/** What a path is for; null for one that the vendor does not have. */
export function kindOf(path: string): Occasion['kind'] | null {
  return KINDS.get(path) ?? null;
}

/** Writes a request down; its status follows when the answer's head is out. Keeps the last 10,000. */
export function logRequest(
  log: RequestLogEntry[],
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  at: number,
): void {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    SECRET.has(name) ? '[redacted]' : String(value),
  ]);
  const path = (request.url ?? '').slice(0, 2000).replace(/(code|client_secret)=[^&]*/g, '$1=[redacted]');
  const entry = {
    method: request.method ?? '',
    path,
    kind: kindOf(path.replace(/\?.*/, '')),
    status: 0,
    at,
    headers: Object.fromEntries(headers) as Record<string, string>,
  };
  if (log.length >= KEPT) log.splice(0, KEPT / 10);
  log.push(entry);
  response.once('close', () => {
    if (response.headersSent) entry.status = response.statusCode;
  });
}
