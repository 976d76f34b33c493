import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the vendor saw it. */
export interface Seen {
  readonly method: string;
  /** Path and query, undecoded. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  /** Sent as JSON unless it is text. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ScriptedVendor {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** Connections that were opened, whether a request came or not. */
  connections(): number;
  /** Resolves with the first request that nobody waited for to be answered. */
  readonly givenUp: Promise<Seen>;
  close(): Promise<void>;
}

/** A vendor that answers whatever the test says, for answers that no decent simulator gives; over real HTTP on the loopback. */
export async function startScriptedVendor(answer: (request: Seen) => Reply | Promise<Reply>): Promise<ScriptedVendor> {
  const seen: Seen[] = [];
  let connections = 0;
  let giveUp: (request: Seen) => void;
  const givenUp = new Promise<Seen>((resolve) => {
    giveUp = resolve;
  });
  const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      response.on('close', () => {
        if (!response.writableEnded) giveUp(one);
      });
      void Promise.resolve(answer(one)).then(({ status = 200, body: reply = {}, headers = {} }) => {
        const text = typeof reply === 'string' ? reply : JSON.stringify(reply);
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
      });
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    connections: () => connections,
    givenUp,
    async close() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeAllConnections();
      await closed;
    },
  };
}
