import type { Config } from '../config/load.ts';
import { connectWorker } from '../temporal/connect.ts';
import { startWorker } from '../worker.ts';
import { taskQueue, temporalAddress } from './connection.ts';
import type { Talk } from './talk.ts';

/**
 * Runs one worker until it is interrupted. As many as wanted may run, on as many machines as share ledger and archive.
 * Errors: `TemporalUnreachable`, `ledger-damaged`.
 */
export async function runWorker(config: Config, talk: Talk, interrupted: AbortSignal): Promise<void> {
  const target = temporalAddress(config);
  const connection = await connectWorker(target);
  try {
    const worker = await startWorker({ config, connection, namespace: target.namespace, taskQueue });
    talk.say(`worker: polling ${target.address}, task queue ${taskQueue}`);
    const stop = (): void => {
      talk.say('worker: stopping, running walks hand over their cursors');
      worker.stop().catch(() => undefined); // `done` rejects with the same reason
    };
    if (interrupted.aborted) stop();
    else interrupted.addEventListener('abort', stop, { once: true });
    await worker.done;
  } finally {
    await connection.close();
  }
}
