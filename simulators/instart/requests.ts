import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestLogEntry } from './simulator.ts';

const KEPT = 10_000;
const SECRET = new Set(['authorization', 'cookie', 'proxy-authorization']);

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
  const entry = {
    method: request.method ?? '',
    path: (request.url ?? '').slice(0, 2000),
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
