import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { Unavailable, UnexpectedAnswer } from '../core/failures.ts';
import type { HttpRequest, HttpResponse } from './client.ts';
import { startDeadline, type Deadline } from './deadline.ts';
import { printable } from './redaction.ts';

/** A request whose answer may be of any size. */
export interface StreamRequest extends HttpRequest {
  /** Whether the answer may come packed, by default it may. With a `range` header it must not: the range would be one of the packed bytes. */
  readonly packed?: boolean;
}

/** An answer of status 200 or 206 whose body is still on its way. */
export interface HttpStream extends Omit<HttpResponse, 'body' | 'retryAfterMs'> {
  /** How many bytes the body has, where the server says so and does not pack it. */
  readonly length: number | undefined;
  /** The body, unpacked, piece by piece as it comes; to be read once. Errors: as for `request`. */
  readonly body: AsyncIterable<Buffer>;
  /** Lets go of the connection; must be called, also after the body was read to its end. */
  close(): void;
}

/** What an answer that is streamed shares with one that is read whole. */
export interface Exchange {
  /** How long to wait for an answer to begin, ms; inside it, silence is the connection's own limit. */
  readonly patience: number;
  readonly maxRatio: number;
  send(signal: AbortSignal): Promise<Dispatcher.ResponseData>;
  /** Everything about an answer but its body. */
  head(answer: Dispatcher.ResponseData): Omit<HttpResponse, 'body'>;
  /** The whole answer, within the caps. Throws for a redirect. */
  read(answer: Dispatcher.ResponseData): Promise<HttpResponse>;
  encodingOf(answer: Dispatcher.ResponseData): string;
  /** Names what went wrong. */
  explain(error: unknown, state: { readonly answered: boolean; readonly expired: boolean }): unknown;
}

/** Resolves once the headers of an answer that can be streamed are there. @param refusal what to throw for an answer of another status */
export async function openStream(
  { signal }: StreamRequest,
  refusal: (answer: HttpResponse) => Error,
  exchange: Exchange,
): Promise<HttpStream> {
  signal.throwIfAborted();
  const deadline = startDeadline(signal, exchange.patience);
  let answered = false;
  let refused: HttpResponse;
  try {
    const answer = await Promise.race([exchange.send(deadline.signal), deadline.aborted]);
    answered = true;
    if (answer.statusCode === 200 || answer.statusCode === 206) {
      deadline.lift();
      return streamOf(answer, deadline, exchange);
    }
    refused = await Promise.race([exchange.read(answer), deadline.aborted]);
  } catch (error) {
    deadline.stop();
    throw exchange.explain(error, { answered, expired: deadline.expired() });
  }
  deadline.stop();
  throw refusal(refused);
}

function streamOf(answer: Dispatcher.ResponseData, deadline: Deadline, exchange: Exchange): HttpStream {
  const { body } = answer;
  const encoding = exchange.encodingOf(answer);
  const length = Number(answer.headers['content-length'] ?? NaN);
  const close = (): void => {
    deadline.stop();
    // Unread, it would hold its connection; broken off, it has an error that is nobody's.
    if (!body.destroyed) body.on('error', () => undefined).destroy();
  };
  async function* chunks(): AsyncGenerator<Buffer, void, undefined> {
    try {
      yield* unpacked(body, encoding, exchange.maxRatio);
    } catch (error) {
      throw exchange.explain(error, { answered: true, expired: false });
    } finally {
      close();
    }
  }
  const isPlain = encoding === '' || encoding === 'identity';
  return {
    ...exchange.head(answer),
    length: isPlain && Number.isSafeInteger(length) ? length : undefined,
    body: chunks(),
    close,
  };
}

/** Below this the ratio does not count: a short answer of one repeated line packs very well. */
const ALWAYS_ALLOWED = 1024 * 1024;

async function* unpacked(
  body: Dispatcher.ResponseData['body'],
  encoding: string,
  maxRatio: number,
): AsyncGenerator<Buffer, void, undefined> {
  if (encoding === '' || encoding === 'identity') {
    for await (const chunk of body) yield chunk as Buffer;
    return;
  }
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new UnexpectedAnswer(`packed as ${printable(encoding.slice(0, 40))}, which was not offered`);
  }
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  // What goes wrong in the body comes out of the other end; it needs no second handler.
  pipeline(body, gunzip, () => undefined);
  let length = 0;
  try {
    for await (const chunk of gunzip) {
      length += (chunk as Buffer).length;
      if (length > ALWAYS_ALLOWED && length > gunzip.bytesWritten * maxRatio) {
        throw new UnexpectedAnswer(`${gunzip.bytesWritten} bytes of gzip unpack to more than ${length}`);
      }
      yield chunk as Buffer;
    }
  } catch (error) {
    // No body at all has nothing that could end early.
    if (gunzip.bytesWritten > 0 || (error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR') throw gzipTrouble(error);
  }
}

function gzipTrouble(error: unknown): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return new Unavailable('the gzip ends early');
  return code.startsWith('Z_') ? new Unavailable(`the gzip is damaged (${code})`) : error;
}
