import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { WorkerProcessOrder } from './worker-process.ts';

/** A worker in a process of its own, which may have to die. Resolves when it polls. */
export async function spawnWorker(order: WorkerProcessOrder): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('../../dist/test/support/worker-process.js', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const died = once(child, 'exit').then(() => Promise.reject(new Error('the worker ended before it polled')));
  await Promise.race([once(child.stdout, 'data'), died]);
  died.catch(() => undefined); // from now on its end is the test's affair
  return child;
}

/** Ends a process that may have ended already. */
export function killOff(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
}
