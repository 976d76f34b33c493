import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Starts a script of the build, by its path below it: `bench/worker.js`. */
export function start(script: string, args: readonly string[], flags: readonly string[] = []): ChildProcess {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  return spawn(process.execPath, [...flags, path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Flags of Node for the worker, to try what they change: BENCH_NODE='--cpu-prof'. */
export const workerFlags = (process.env['BENCH_NODE'] ?? '').split(' ').filter((flag) => flag !== '');

export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('a child without output');
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return chunk.toString().split('\n', 1)[0] ?? '';
}

export async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** The kernel's own count of a process's resident memory, MB, read four times a second. */
export function watchMemory({ pid }: ChildProcess): { peak(): number; stop(): void } {
  let peak = 0;
  const timer = setInterval(() => {
    const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'))?.[1];
    peak = Math.max(peak, Number(resident ?? 0) / 1024);
  }, 250);
  return { peak: () => peak, stop: () => clearInterval(timer) };
}
