import type { Dispatcher } from 'undici';
import type { Secret } from '../core/contract.ts';
import { RefusedTarget, UnexpectedAnswer } from '../core/failures.ts';
import { SECOND } from '../core/time.ts';
import { readBody, type BodyLimits } from './body.ts';
import { openConnections, type Connections } from './connections.ts';
import { startDeadline } from './deadline.ts';
import { printable } from './redaction.ts';
import { httpDate, retryAfter } from './retry-after.ts';
import { openStream, type HttpStream, type StreamRequest } from './stream.ts';
import { openTarget, originOf, type Target } from './target.ts';
import { beginTraffic } from './traffic.ts';
import { troubleOf } from './trouble.ts';

/** What one source may use of the network. */
export interface HttpOptions {
  /** Origin and optional path; http(s), without a user name, query or fragment. */
  readonly baseUrl: string;
  /** How many at once. */
  readonly connections: number;
  /** `http://user:password@proxy:3128`; read anew at every request. */
  readonly proxy?: Secret | undefined;
  /** PEM text of further certificate authorities, beside the system's. Verification itself has no switch. */
  readonly ca?: string | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
}

export interface HttpLimits extends BodyLimits {
  /** From the call to the last byte, waiting for a free connection included: the one limit that a dripping body cannot outwit. */
  readonly deadlineMs: number;
  /** Silence before an answer, or inside its body. A request with a longer deadline of its own waits as long as that for the answer. */
  readonly headersTimeoutMs: number;
  readonly connectTimeoutMs: number;
}

const LIMITS: HttpLimits = {
  deadlineMs: 45 * SECOND,
  headersTimeoutMs: 20 * SECOND,
  connectTimeoutMs: 10 * SECOND,
  maxWireBytes: 64 * 1024 * 1024,
  maxBytes: 64 * 1024 * 1024,
  maxRatio: 200,
};

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'HEAD';
  /** Path and query below the base URL's own path: made by the client, or what `follow` returned. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly signal: AbortSignal;
  /** Instead of the limit's, ms. */
  readonly deadlineMs?: number;
  /** `report` resolves with a redirect too, its headers and no body; it is never followed. For logins that answer with one. */
  readonly redirect?: 'refuse' | 'report';
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Lower case, without parameters; '' where there is none. */
  readonly contentType: string;
  /** Unpacked. */
  readonly body: Buffer;
  /** The answer's `Date`, ms since the epoch. */
  readonly vendorTime: number | undefined;
  /** Our own clock when the headers came, ms since the epoch. */
  readonly receivedAt: number;
  /** At most 1 h. */
  readonly retryAfterMs: number | undefined;
}

/** One source's way to its vendor. Tries once: attempts belong to Temporal, where they are seen. */
export interface Http {
  /**
   * Resolves for every status but a redirect that was not asked for: what an answer means is decided by its status, content type and body together.
   *
   * @throws RefusedTarget for a redirect (nothing was sent there), and for a path that leads out of the base URL.
   * @throws Unavailable for trouble on the network, a deadline, and an answer that was cut short.
   * @throws UnexpectedAnswer for an answer over the caps, or packed in another way than gzip.
   * @throws CredentialsRejected when the proxy wants other credentials.
   * @throws the signal's reason when the caller stops it.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /**
   * The body of an answer of status 200, piece by piece as it comes, so that memory stays flat; ends early only with an error.
   * @param refusal what to throw for an answer of any other status, a redirect among them
   * Errors: as for `request`.
   */
  download(request: HttpRequest, refusal: (answer: HttpResponse) => Error): AsyncIterable<Buffer>;
  /**
   * An answer of status 200 or 206 whose body is read as it comes, so that memory stays flat. There is no limit to the whole of it: only to how
   * long the answer takes to begin, and to silence inside it.
   * @param refusal what to throw for an answer of any other status
   * Errors: as for `request`.
   */
  stream(request: StreamRequest, refusal: (answer: HttpResponse) => Error): Promise<HttpStream>;
  /**
   * A vendor's next link, path or whole URL, as path and query for `request`.
   * @throws RefusedTarget when it leads anywhere but below the base URL.
   */
  follow(next: string): string;
  /** Ends all connections; requests under way fail. */
  close(): Promise<void>;
}

/** @throws Error when an option is not usable, or the verification of certificates was switched off in the environment. */
export function createHttp(options: HttpOptions): Http {
  const limits = { ...LIMITS, ...options.limits };
  const target = openTarget(options.baseUrl);
  const connections = openConnections({ ...options, connectTimeoutMs: limits.connectTimeoutMs });
  const proxyPlace = options.proxy?.place;
  return {
    request: (request) => exchange(request, { limits, target, connections, proxyPlace }),
    download: (request, refusal) => download(request, refusal, { limits, target, connections, proxyPlace }),
    stream: (request, refusal) => stream(request, refusal, { limits, target, connections, proxyPlace }),
    follow: (next) => target.follow(next),
    close: () => connections.close(),
  };
}

interface Means {
  readonly limits: HttpLimits;
  readonly target: Target;
  readonly connections: Connections;
  readonly proxyPlace: string | undefined;
}

async function exchange(request: HttpRequest, means: Means): Promise<HttpResponse> {
  const { signal } = request;
  const { target, limits } = means;
  signal.throwIfAborted();
  const path = target.full(request.path);
  const deadline = startDeadline(signal, request.deadlineMs ?? limits.deadlineMs);
  let answered = false;
  const work = async (): Promise<HttpResponse> => {
    const answer = await send(request, path, patience(limits, request.deadlineMs), deadline.signal, means);
    answered = true;
    return read(answer, limits, target.origin, request.redirect ?? 'refuse');
  };
  try {
    return await Promise.race([work(), deadline.aborted]);
  } catch (error) {
    throw explained(error, request, path, { answered, expired: deadline.expired() }, means);
  } finally {
    deadline.stop();
  }
}

/** Not packed: what is unpacked in one piece would not be streamed. */
async function* download(
  request: HttpRequest,
  refusal: (answer: HttpResponse) => Error,
  means: Means,
): AsyncGenerator<Buffer, void, undefined> {
  const { signal } = request;
  const { target, limits } = means;
  signal.throwIfAborted();
  const path = target.full(request.path);
  const deadline = startDeadline(signal, request.deadlineMs ?? limits.deadlineMs);
  let answered = false;
  let refused: HttpResponse | undefined;
  try {
    const sent = send(request, path, patience(limits, request.deadlineMs), deadline.signal, means, 'identity');
    const answer = await Promise.race([sent, deadline.aborted]);
    answered = true;
    if (answer.statusCode === 200) yield* pieces(answer);
    else refused = await read(answer, limits, target.origin, 'report');
  } catch (error) {
    throw explained(error, request, path, { answered, expired: deadline.expired() }, means);
  } finally {
    deadline.stop();
  }
  if (refused !== undefined) throw refusal(refused);
}

async function stream(
  request: StreamRequest,
  refusal: (answer: HttpResponse) => Error,
  means: Means,
): Promise<HttpStream> {
  const { limits, target } = means;
  const path = target.full(request.path);
  const waits = patience(limits, request.deadlineMs);
  return openStream(request, refusal, {
    patience: request.deadlineMs ?? limits.deadlineMs,
    maxRatio: limits.maxRatio,
    send: (signal) => send(request, path, waits, signal, means, request.packed === false ? 'identity' : 'gzip'),
    head: headOf,
    read: (answer) => read(answer, limits, target.origin, request.redirect ?? 'refuse'),
    encodingOf: ({ headers }) => list(headers['content-encoding']),
    explain: (error, state) => explained(error, request, path, state, means),
  });
}

async function* pieces({ headers, body }: Dispatcher.ResponseData): AsyncGenerator<Buffer, void, undefined> {
  const packed = list(headers['content-encoding']);
  if (packed !== '' && packed !== 'identity') {
    body.on('error', () => undefined).destroy();
    throw new UnexpectedAnswer(`packed as ${printable(packed.slice(0, 40))}, though that was not offered`);
  }
  for await (const piece of body) yield piece as Buffer;
}

function explained(
  error: unknown,
  { method, signal, deadlineMs: own }: HttpRequest,
  path: string,
  { answered, expired }: { readonly answered: boolean; readonly expired: boolean },
  { limits, proxyPlace }: Means,
): unknown {
  if (signal.aborted) return signal.reason;
  const deadlineMs = own ?? limits.deadlineMs;
  const what = `${method} ${path.replace(/\?.*/, '').slice(0, 300)}`;
  const silenceMs = answered ? limits.headersTimeoutMs : patience(limits, own);
  const { connectTimeoutMs } = limits;
  return troubleOf(error, { what, deadlineMs, expired, answered, connectTimeoutMs, silenceMs, proxyPlace });
}

/** How long to wait for an answer to begin. */
function patience({ headersTimeoutMs }: HttpLimits, deadlineMs = 0): number {
  return Math.max(headersTimeoutMs, deadlineMs);
}

async function send(
  { method, headers, body }: HttpRequest,
  path: string,
  headersTimeout: number,
  signal: AbortSignal,
  { target, limits, connections }: Means,
  encoding = 'gzip',
): Promise<Dispatcher.ResponseData> {
  const dispatcher = connections.dispatcher();
  const end = beginTraffic();
  try {
    const answer = await dispatcher.request({
      origin: target.origin,
      path,
      method,
      headers: { 'user-agent': 'sluice', ...headers, 'accept-encoding': encoding },
      body: body ?? null,
      signal,
      headersTimeout,
      bodyTimeout: limits.headersTimeoutMs,
    });
    answer.body.once('close', () => end(answer.statusCode));
    return answer;
  } catch (error) {
    end(undefined);
    throw error;
  }
}

async function read(
  answer: Dispatcher.ResponseData,
  limits: BodyLimits,
  origin: string,
  redirect: 'refuse' | 'report',
): Promise<HttpResponse> {
  const { statusCode: status, headers, body } = answer;
  if (status >= 300 && status < 400 && redirect === 'refuse') {
    body.on('error', () => undefined).destroy();
    throw new RefusedTarget(
      `status ${status} redirects to ${locationOf(first(headers['location']), origin)}; not followed`,
    );
  }
  const head = headOf(answer);
  return { ...head, body: await readBody(body, list(headers['content-encoding']), limits) };
}

function headOf({ statusCode: status, headers }: Dispatcher.ResponseData): Omit<HttpResponse, 'body'> {
  const receivedAt = Date.now();
  const vendorTime = httpDate(first(headers['date']));
  return {
    status,
    headers,
    contentType: mediaType(first(headers['content-type'])),
    vendorTime,
    receivedAt,
    retryAfterMs: retryAfter(first(headers['retry-after']), vendorTime, receivedAt),
  };
}

function locationOf(location: string | undefined, origin: string): string {
  if (location === undefined || !URL.canParse(location, origin)) return 'nowhere';
  return originOf(new URL(location, origin));
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** A header that is a list, however it was sent. */
function list(value: string | string[] | undefined): string {
  return [value ?? ''].flat().join(', ').trim().toLowerCase();
}

function mediaType(value: string | undefined): string {
  return (value ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
