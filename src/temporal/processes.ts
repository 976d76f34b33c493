import { execFile, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** A signal asked us to end while a child of ours was at work; the child has ended, what it left is for the caller's `finally`. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

export interface GroupRun {
  readonly code: number | null;
  readonly timedOut: boolean;
  /** The last lines that it wrote, at most 20. */
  readonly lastLines: readonly string[];
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const KILL_AFTER = 3_000;

/**
 * Runs a command in a process group of its own, and never leaves one of the group behind: not after a time-out, not after a signal to
 * us, not when we end. Errors: {@link Interrupted}; `ENOENT` and the like when it cannot be started.
 */
export async function runInGroup(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env: NodeJS.ProcessEnv; timeoutMs: number; onLine?: (line: string) => void },
): Promise<GroupRun> {
  const { cwd, env, timeoutMs, onLine } = options;
  const child = spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
      onLine?.(line);
    });
  }
  const guard = guardGroup(child.pid, timeoutMs);
  try {
    const code = await ended;
    if (guard.interruptedBy() !== undefined) throw new Interrupted(guard.interruptedBy() ?? 'SIGTERM');
    return { code, timedOut: guard.timedOut(), lastLines };
  } finally {
    guard.release();
  }
}

/** Ends the group after `timeoutMs`, when a signal reaches us, and when our process ends. */
function guardGroup(
  pid: number | undefined,
  timeoutMs: number,
): {
  interruptedBy(): NodeJS.Signals | undefined;
  timedOut(): boolean;
  release(): void;
} {
  let interruptedBy: NodeJS.Signals | undefined;
  let timedOut = false;
  let killTimer: NodeJS.Timeout | undefined;
  const kill = (): void => signalGroup(pid, 'SIGKILL');
  // SIGINT, because that is the one on which `go build` clears its temporary files; the second time there is no more waiting.
  const interrupt = (): void => {
    signalGroup(pid, killTimer === undefined ? 'SIGINT' : 'SIGKILL');
    killTimer ??= setTimeout(kill, KILL_AFTER);
  };
  const timer = setTimeout(() => {
    timedOut = true;
    interrupt();
  }, timeoutMs);
  const onSignal = (signal: NodeJS.Signals): void => {
    interruptedBy = signal;
    interrupt();
  };
  process.on('exit', kill);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    interruptedBy: () => interruptedBy,
    timedOut: () => timedOut,
    release() {
      clearTimeout(timer);
      clearTimeout(killTimer);
      process.off('exit', kill);
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

/** Sends a signal to a process and all of its group; one that has ended already is no error. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** What a short command writes to standard output. Errors: says in one line why there is none; it is killed after `timeoutMs`. */
export async function outputOf(
  command: string,
  args: readonly string[],
  { env, timeoutMs }: { env: NodeJS.ProcessEnv; timeoutMs: number },
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { env, timeout: timeoutMs, killSignal: 'SIGKILL' });
    return stdout;
  } catch (error) {
    throw new Error(`\`${[command, ...args].join(' ')}\` ${whyFailed(error)}`, { cause: error });
  }
}

function whyFailed(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if ('killed' in error && error.killed === true) return 'did not end in time';
  const stderr = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim().split('\n').at(-1) : '';
  const code = 'code' in error ? String(error.code) : 'unknown';
  return `failed (${code})${stderr === undefined || stderr === '' ? '' : `: ${stderr.slice(0, 200)}`}`;
}

/**
 * When a process was born, as opaque text; `undefined` when no such process runs. Numbers of processes are used again, so a number
 * alone does not tell that it is still the same process.
 */
export function birthOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return undefined;
  }
  return birthFromProc(pid) ?? birthFromPs(pid);
}

let bootId: string | undefined;

function birthFromProc(pid: number): string | undefined {
  try {
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    // proc(5): field 2 may hold spaces and brackets; the state is the first field after it, the start time the twentieth.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${bootId}${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
}

function birthFromPs(pid: number): string | undefined {
  if (process.platform === 'linux') return undefined;
  try {
    const [state, ...start] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return state === undefined || state.startsWith('Z') ? undefined : start.join('').replace(/\W/g, '');
  } catch {
    return undefined;
  }
}
