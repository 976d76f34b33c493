import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { createArchive } from '../../src/archive/create.ts';
import { directoryStore } from '../../src/archive/directory.ts';
import type { Archive } from '../../src/archive/archive.ts';
import type { Store } from '../../src/archive/store.ts';
import { loadConfig } from '../../src/config/load.ts';
import { locations } from '../../src/config/locations.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { startWorker } from '../../src/worker.ts';

/** Where a worker of a test dies, as if by a power cut: SIGKILL, no clean-up. */
export type Trap = 'none' | 'while-staging' | 'before-manifest' | 'before-ledger';

export interface WorkerProcessOrder {
  readonly config: string;
  readonly address: string;
  readonly taskQueue: string;
  readonly trap: Trap;
}

/** A worker in a process of its own, so that a test can kill it. Prints `ready` once it polls. */
async function main(order: WorkerProcessOrder): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const config = loadConfig(order.config);
  const { ledger: ledgerFile, archive: root } = locations(config);
  const connection = await NativeConnection.connect({ address: order.address });
  const ledger = trapLedger(await openLedger(ledgerFile), order.trap);
  const archive = trapStaging(createArchive(trapStore(directoryStore(root), order.trap)), order.trap);
  const { taskQueue } = order;
  const worker = await startWorker({ config, connection, namespace: 'default', taskQueue, ledger, archive });
  process.once('SIGTERM', () => void worker.stop());
  process.stdout.write('ready\n');
  await worker.done;
  await ledger.close();
  await connection.close();
}

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  for (;;); // the signal is on its way
};

function trapStaging(archive: Archive, trap: Trap): Archive {
  if (trap !== 'while-staging') return archive;
  return {
    ...archive,
    stage(stream) {
      const writer = archive.stage(stream);
      return {
        ...writer,
        async page(records, identify) {
          await writer.page(records.slice(0, records.length / 2), identify);
          die();
        },
      };
    },
  };
}

function trapStore(store: Store, trap: Trap): Store {
  if (trap !== 'before-manifest') return store;
  return { ...store, putExclusive: async () => die() };
}

function trapLedger(ledger: Ledger, trap: Trap): Ledger {
  if (trap !== 'before-ledger') return ledger;
  return { ...ledger, commit: async () => die() };
}

const order = process.argv[2];
if (order !== undefined && process.argv[1] === import.meta.filename) {
  await main(JSON.parse(order) as WorkerProcessOrder);
}
