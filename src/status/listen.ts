import { createServer } from 'node:http';
import { once } from 'node:events';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { PortInUse } from '../temporal/ports.ts';

export interface Listening {
  /** `http://127.0.0.1:9464` */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Serves an app at `host:port`; port 0 takes any. @throws PortInUse, or the system's error */
export async function listen(app: Hono, address: string, purpose: string): Promise<Listening> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const port = Number(address.slice(colon + 1));
  const handle = getRequestListener(app.fetch);
  const server = createServer((request, response) => void handle(request, response));
  server.listen({ host, port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new PortInUse(port, purpose, 'Choose another one in the configuration: `metrics: { listen: … }`.');
  }
  const bound = server.address();
  const actual = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      // A scraper keeps its connection open between two scrapes.
      server.closeAllConnections();
      await closed;
    },
  };
}
