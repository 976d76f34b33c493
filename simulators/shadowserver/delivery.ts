import type { ServerResponse } from 'node:http';
import type { Strikes } from '../kit/faults.ts';
import { pause, type Refusal } from '../kit/http.ts';
import type { Faults, Occasion, RetryAfter } from './faults.ts';

/** An answer whose body is made while it is sent. */
export interface Delivery {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** In bytes; null: chunked. */
  readonly size: number | null;
  readonly chunks: Iterable<Buffer>;
}

const HTML = '<!DOCTYPE html><html><title>Shadowserver</title><body><h1>Please try again later</h1></body></html>';

export function bytesDelivery(status: number, type: string, body: string): Delivery {
  const bytes = Buffer.from(body);
  return { status, headers: { 'Content-Type': type }, size: bytes.length, chunks: [bytes] };
}

export function htmlDelivery(status: number): Delivery {
  return bytesDelivery(status, 'text/html; charset=utf-8', HTML);
}

/** "Any non-200 is an error, details in the object"; what the object looks like is not on the page. */
export function refusalDelivery({ status, message, headers }: Refusal, format: Faults['errorFormat']): Delivery {
  const delivery =
    format === 'text'
      ? bytesDelivery(status, 'text/plain', message)
      : bytesDelivery(status, 'application/json', JSON.stringify({ [format]: message }));
  return { ...delivery, headers: { ...delivery.headers, ...headers } };
}

/** Seconds, or a date two seconds ahead on the vendor's clock. */
export function retryAfterHeader(retryAfter: RetryAfter, now: number): Record<string, string> {
  return { 'Retry-After': retryAfter === 'date' ? new Date(now + 2000).toUTCString() : String(retryAfter) };
}

/** Sends an answer, or as much of it as the faults of the transport let through. Waits for a client that reads slowly. */
export async function deliver(
  response: ServerResponse,
  delivery: Delivery,
  faults: Faults,
  strikes: Strikes<Occasion>,
  occasion: Occasion,
): Promise<void> {
  const { status, headers, size, chunks } = delivery;
  const after = (share: number): number => Math.floor((size ?? 64 * 1024) * share);
  const reset = strikes.strike('reset', faults.reset, occasion);
  const cut = reset === undefined ? strikes.strike('truncatedBody', faults.truncatedBody, occasion) : undefined;
  const stall = reset === undefined && cut === undefined ? strikes.strike('stall', faults.stall, occasion) : undefined;
  if (response.destroyed) return;
  const length = size === null || cut?.how === 'chunked' ? {} : { 'Content-Length': size };
  response.writeHead(status, { ...headers, ...length });
  if (reset !== undefined) return cutOff(response, chunks, after(reset.at ?? 0), 'reset');
  if (cut !== undefined) return cutOff(response, chunks, after(cut.at ?? 0.5), 'end');
  const paced = stall === undefined ? chunks : stalled(chunks, after(stall.at ?? 0.5), stall.ms ?? 30_000);
  if (await writeAll(response, paced)) response.end();
}

/** The bytes from a place on. */
export function* skip(chunks: Iterable<Buffer>, bytes: number): IterableIterator<Buffer> {
  let left = bytes;
  for (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

async function cutOff(
  response: ServerResponse,
  chunks: Iterable<Buffer>,
  at: number,
  how: 'reset' | 'end',
): Promise<void> {
  response.flushHeaders();
  if (!(await writeAll(response, firstBytes(chunks, at)))) return;
  if (how === 'end') {
    response.socket?.destroySoon();
    return;
  }
  // What was sent is to arrive before the reset overtakes it.
  await pause(50);
  response.socket?.resetAndDestroy();
}

/** @returns whether the client was there to the end. */
async function writeAll(response: ServerResponse, chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<boolean> {
  for await (const chunk of chunks) {
    if (response.destroyed) return false;
    if (!response.write(chunk)) await drained(response);
  }
  return !response.destroyed;
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

function* firstBytes(chunks: Iterable<Buffer>, bytes: number): IterableIterator<Buffer> {
  let left = bytes;
  for (const chunk of chunks) {
    if (left <= 0) return;
    yield chunk.subarray(0, left);
    left -= chunk.length;
  }
}

async function* stalled(chunks: Iterable<Buffer>, at: number, ms: number): AsyncIterableIterator<Buffer> {
  let sent = 0;
  for (const chunk of chunks) {
    const here = at - sent;
    sent += chunk.length;
    if (here < 0 || here >= chunk.length) yield chunk;
    else {
      if (here > 0) yield chunk.subarray(0, here);
      await pause(ms);
      yield chunk.subarray(here);
    }
  }
}
