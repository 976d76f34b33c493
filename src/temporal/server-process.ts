import { spawn } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { birthOf, signalGroup } from './processes.ts';
import { NAMESPACE } from './namespace.ts';
import type { SearchAttributes } from './search-attributes.ts';
import type { ServerRecord } from './server-record.ts';

export interface ServerExit {
  /** Both `null` when it was not our child, and nobody told us. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A Temporal server process: one that we started, or one that we found. */
export interface ServerProcess {
  readonly pid: number;
  readonly exited: Promise<ServerExit>;
}

export interface LaunchPlan {
  readonly program: string;
  /** `undefined` keeps everything in memory. */
  readonly dataFile: string | undefined;
  readonly logFile: string;
  readonly ip: string;
  readonly port: number;
  readonly uiPort: number | null;
  readonly searchAttributes: SearchAttributes;
}

const STOP_GRACE = 10_000;
const LOOK_EVERY = 500;
const LONGEST_LOG = 10_000_000;

/**
 * Starts the server in a process group of its own: Ctrl-C in a terminal reaches the worker, which finishes first and then stops the server. It
 * writes to a file and not to a pipe of ours, for a Go program dies when it writes to a pipe whose reader was killed.
 */
export function launch(plan: LaunchPlan): ServerProcess {
  const log = openSync(plan.logFile, 'a', 0o600);
  try {
    if (fstatSync(log).size > LONGEST_LOG) ftruncateSync(log);
    // The server takes its file's name for part of a URL, in which #, ? and % of a folder's name would mean something else.
    const cwd = plan.dataFile === undefined ? undefined : dirname(plan.dataFile);
    const child = spawn(plan.program, launchArguments(plan), { stdio: ['ignore', log, log], detached: true, cwd });
    const exited = new Promise<ServerExit>((resolve) => {
      child.once('error', () => resolve({ code: null, signal: null }));
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    if (child.pid === undefined) throw new Error(`${plan.program} cannot be started`);
    running.add(child.pid);
    return { pid: child.pid, exited: exited.finally(() => running.delete(child.pid ?? 0)) };
  } finally {
    closeSync(log);
  }
}

/** Takes over a server that another process of ours left behind. */
export function adopt({ pid, birth }: ServerRecord['server']): ServerProcess {
  running.add(pid);
  return { pid, exited: gone(pid, birth).finally(() => running.delete(pid)) };
}

async function gone(pid: number, birth: string): Promise<ServerExit> {
  while (birthOf(pid) === birth) await sleep(LOOK_EVERY, undefined, { ref: false });
  return { code: null, signal: null };
}

/** Asks the server to end, and makes it end after ten seconds. */
export async function terminate({ pid, exited }: ServerProcess): Promise<void> {
  // One that has ended is not signalled: its number may be somebody else's by now.
  const signal = (name: NodeJS.Signals): void => (running.has(pid) ? signalGroup(pid, name) : undefined);
  signal('SIGTERM');
  const force = setTimeout(() => signal('SIGKILL'), STOP_GRACE);
  // A server that was adopted is looked at on a timer that alone would not keep us here.
  const wait = setInterval(() => undefined, LOOK_EVERY);
  await exited;
  clearTimeout(force);
  clearInterval(wait);
}

/** The last lines of its log, long ones cut in the middle: the cause stands at the end. None when there is no log to read. */
export function lastLines(logFile: string, count = 4): readonly string[] {
  try {
    const lines = readFileSync(logFile, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    return lines
      .slice(-count)
      .map((line) => (line.length <= 400 ? line : `${line.slice(0, 120)} … ${line.slice(-260)}`));
  } catch {
    return [];
  }
}

function launchArguments({ dataFile, ip, port, uiPort, searchAttributes }: LaunchPlan): readonly string[] {
  return [
    'server',
    'start-dev',
    `--namespace=${NAMESPACE}`,
    `--ip=${ip}`,
    `--port=${port}`,
    '--log-level=error',
    ...(uiPort === null ? ['--headless'] : [`--ui-port=${uiPort}`]),
    ...(dataFile === undefined ? [] : [`--db-filename=${basename(dataFile)}`]),
    ...Object.entries(searchAttributes).map(([name, type]) => `--search-attribute=${name}=${type}`),
  ];
}

/** Servers of ours, which must not outlive us. A kill of us is the one end that this does not see: then the next start adopts the server. */
const running = new Set<number>();
process.on('exit', () => {
  for (const pid of running) signalGroup(pid, 'SIGTERM');
});
