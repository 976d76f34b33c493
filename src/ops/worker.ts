import type { Config } from '../config/load.ts';
import { connectWorker } from '../temporal/connect.ts';
import { startWorker } from '../worker.ts';
import { taskQueue, temporalAddress } from './connection.ts';
import type { Monitor } from './monitor.ts';
import type { Talk } from './talk.ts';

/**
 * Runs one worker until it is interrupted. As many as wanted may run, on as many machines as share ledger and archive.
 * Errors: `TemporalUnreachable`, `ledger-damaged`; with a monitor, `PortInUse`.
 */
export async function runWorker(
  config: Config,
  talk: Talk,
  interrupted: AbortSignal,
  monitor?: Monitor,
): Promise<void> {
  const target = temporalAddress(config);
  const connection = await connectWorker(target);
  try {
    const { namespace } = target;
    const worker = await startWorker({ config, connection, namespace, taskQueue, work: monitor?.work });
    const served = await monitor?.start({ connection, target, worker }).catch(
      // Nothing runs that was meant to be looked at, and cannot be.
      async (error: unknown) => {
        await worker.stop();
        throw error;
      },
    );
    talk.say(`worker: polling ${target.address}, task queue ${taskQueue}`);
    if (served !== undefined) talk.say(`metrics and health: ${served.url}/metrics, /livez, /readyz`);
    const stop = (): void => {
      talk.say('worker: stopping, running walks hand over their cursors');
      worker.stop().catch(() => undefined); // `done` rejects with the same reason
    };
    if (interrupted.aborted) stop();
    else interrupted.addEventListener('abort', stop, { once: true });
    try {
      await worker.done;
    } finally {
      await served?.close();
    }
  } finally {
    await connection.close();
  }
}
