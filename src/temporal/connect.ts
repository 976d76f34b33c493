import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';

/** Where the Temporal server is. */
export interface TemporalAddress {
  readonly address: string;
  readonly namespace: string;
  readonly tls?: boolean;
  readonly apiKey?: string;
}

/** The Temporal server cannot be reached, or refuses us. Exit code 69. */
export class TemporalUnreachable extends Error {
  override readonly name = 'TemporalUnreachable';
}

const CONNECT_TIMEOUT = 10_000;

export interface OwnClient extends Client {
  readonly connection: Connection;
  close(): Promise<void>;
}

/** A client; `close` ends its connection. Errors: {@link TemporalUnreachable}, which says what to do. */
export async function connectClient(target: TemporalAddress): Promise<OwnClient> {
  try {
    const connection = await Connection.connect({ ...connectionOptions(target), connectTimeout: CONNECT_TIMEOUT });
    const client = new Client({ connection, namespace: target.namespace });
    return Object.assign(client, { connection, close: () => connection.close() });
  } catch (error) {
    throw unreachable(target, error);
  }
}

/** The connection that a worker polls with. Errors: {@link TemporalUnreachable}. */
export async function connectWorker(target: TemporalAddress): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(connectionOptions(target));
  } catch (error) {
    throw unreachable(target, error);
  }
}

function connectionOptions({ address, tls, apiKey }: TemporalAddress): {
  address: string;
  tls?: boolean;
  apiKey?: string;
} {
  return {
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
  };
}

function unreachable({ address, namespace }: TemporalAddress, cause: unknown): TemporalUnreachable {
  return new TemporalUnreachable(
    `no Temporal server answers at ${address} (namespace ${namespace}). ` +
      'Is it running, and is `temporal.address` in the configuration right? Without an address, `sluice up` brings one of its own.',
    { cause },
  );
}
