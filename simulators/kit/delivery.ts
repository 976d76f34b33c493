import type { ServerResponse } from 'node:http';
import type { Strikes, Switch } from './faults.ts';
import { length, pause, send, type Answer } from './http.ts';

/** What can happen to an answer on its way. */
export interface TransportFaults<Of extends object> {
  /** Headers arrive, then the connection is reset. */
  resetAfterHeaders: Switch<object, Of>;
  /** The body ends half-way: shorter than its Content-Length, or chunked without the last chunk. */
  truncatedBody: Switch<{ how: 'content-length' | 'chunked' }, Of>;
  /** The body comes in drops: a byte each 100 ms unless told. */
  drip: Switch<{ bytes: number; everyMs: number }, Of>;
}

/** Sends an answer, or as much of it as the faults of the transport let through. */
export async function deliver<Of extends object>(
  response: ServerResponse,
  answer: Answer,
  faults: TransportFaults<Of>,
  strikes: Strikes<Of>,
  occasion: Of,
): Promise<void> {
  if (strikes.strike('resetAfterHeaders', faults.resetAfterHeaders, occasion) !== undefined)
    return reset(response, answer);
  const cut = strikes.strike('truncatedBody', faults.truncatedBody, occasion);
  if (cut !== undefined) return truncate(response, answer, cut.how ?? 'content-length');
  const drip = strikes.strike('drip', faults.drip, occasion);
  if (drip !== undefined) return drop(response, answer, drip.bytes ?? 1, drip.everyMs ?? 100);
  send(response, answer);
}

/** Headers, and then a reset. */
export async function reset(response: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  response.writeHead(status, { ...headers, 'Content-Length': length(body) });
  response.flushHeaders();
  // The headers are to arrive before the reset overtakes them.
  await pause(50);
  response.socket?.resetAndDestroy();
}

/** Half of the body. */
export async function truncate(
  response: ServerResponse,
  answer: Answer,
  how: 'content-length' | 'chunked',
): Promise<void> {
  const { status, headers, body } = answer;
  const whole = Buffer.concat(body);
  response.writeHead(status, how === 'chunked' ? headers : { ...headers, 'Content-Length': whole.length });
  await new Promise<void>((resolve) => {
    response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => resolve());
  });
  response.socket?.destroySoon();
}

/** So many bytes at a time. */
export async function drop(
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
