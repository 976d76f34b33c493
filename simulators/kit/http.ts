import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** What a handler throws to refuse a request: the status and the vendor's words for it. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Buffer[];
}

export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = [Buffer.from(JSON.stringify(value))];
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body };
}

/** Sends the whole answer in as few packets as the system likes. Does nothing when the client is gone. */
export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed) return;
  response.writeHead(status, { ...headers, 'Content-Length': length(body) });
  response.cork();
  for (const piece of body) response.write(piece);
  response.end();
  response.uncork();
}

export function length(body: readonly Buffer[]): number {
  return body.reduce((sum, piece) => sum + piece.length, 0);
}

/** Reads a request's body. Throws a {@link Refusal} (413) above `limit` bytes. */
export async function readBody(request: IncomingMessage, limit = 1024 * 1024): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > limit) throw new Refusal(413, 'Request entity too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Waits without keeping the process alive. */
export async function pause(ms: number): Promise<void> {
  if (ms > 0) await wait(ms, undefined, { ref: false });
}

export interface HttpServer {
  /** `http://127.0.0.1:34567` */
  readonly url: string;
  /** Cuts what is open and frees the port. */
  close(): Promise<void>;
}

/**
 * Listens on a real socket. `now` is the vendor's clock, for the `Date` header. Long header lines are let in, so that it is the handler who
 * refuses a URL for its length.
 */
export async function listen(
  address: { readonly host: string; readonly port: number },
  now: () => number,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<HttpServer> {
  const server = createServer({ maxHeaderSize: 256 * 1024, keepAliveTimeout: 60_000 }, (request, response) => {
    response.sendDate = false;
    response.setHeader('Date', new Date(now()).toUTCString());
    // A client that goes away in the middle is everyday here.
    response.on('error', () => undefined);
    handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
