import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { loadConfig } from '../src/config/load.ts';
import { startWorker } from '../src/worker.ts';

/** The worker of the bench, in a process of its own, so that its memory can be read from outside. */
async function main([configFile, address, taskQueue]: string[]): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const connection = await NativeConnection.connect({ address: address ?? '' });
  const config = loadConfig(configFile ?? '');
  const worker = await startWorker({ config, connection, namespace: 'default', taskQueue: taskQueue ?? '' });
  process.once('SIGTERM', () => void worker.stop());
  process.stdout.write('ready\n');
  await worker.done;
  await connection.close();
}

await main(process.argv.slice(2));
