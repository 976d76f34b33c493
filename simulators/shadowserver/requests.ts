import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Body } from './auth.ts';
import type { RequestLogEntry } from './simulator.ts';

const KEPT = 10_000;
const SECRET = new Set(['authorization', 'hmac2', 'cookie', 'proxy-authorization']);

/** Writes a request down; its status follows when the answer's head is out. @returns what adds the body. */
export function logRequest(
  log: RequestLogEntry[],
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  origin: 'api' | 'dl',
  at: number,
): (body: Body) => void {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    SECRET.has(name) ? '[redacted]' : String(value),
  ]);
  const entry: { -readonly [name in keyof RequestLogEntry]: RequestLogEntry[name] } = {
    origin,
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
  return (body) => {
    const { apikey: _, ...rest } = body;
    entry.body = rest;
  };
}
