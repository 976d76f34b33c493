import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { prepareNamespace } from './namespace.ts';
import type { SearchAttributes } from './search-attributes.ts';

const READY_WITHIN = 60_000;
const ANSWER_WITHIN = 5_000;

/**
 * Waits until the server at `address` answers and its namespace can be used. Errors: the last one met within a minute; `signal`'s reason
 * at once when that is aborted, because the server has died.
 */
export async function whenReady(
  address: string,
  searchAttributes: SearchAttributes,
  signal: AbortSignal,
): Promise<void> {
  const until = Date.now() + READY_WITHIN;
  for (;;) {
    try {
      await whenListening(address, signal);
      signal.throwIfAborted();
      await withConnection(address, (connection) => prepareNamespace(connection, searchAttributes));
      signal.throwIfAborted();
      return;
    } catch (error) {
      if (signal.aborted || Date.now() > until) throw signal.aborted ? signal.reason : error;
      await sleep(100);
    }
  }
}

/** Whether a Temporal server answers at `address`. */
export async function answers(address: string): Promise<boolean> {
  return await withConnection(address, async ({ workflowService }) => {
    await workflowService.getSystemInfo({});
    return true;
  }).catch(() => false);
}

async function withConnection<T>(address: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: ANSWER_WITHIN });
  try {
    return await connection.withDeadline(Date.now() + 4 * ANSWER_WITHIN, () => use(connection));
  } finally {
    await connection.close();
  }
}

/** gRPC waits a second and longer after a refused connection: a plain one says sooner when it is worth while. */
async function whenListening(address: string, signal: AbortSignal): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  for (let tries = 0; tries < 200 && !signal.aborted; tries += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ host: hostname, port: Number(port) });
      socket.once('connect', () => resolve(socket.destroy() === socket)).once('error', () => resolve(false));
    });
    if (open) return;
    await sleep(50);
  }
}
