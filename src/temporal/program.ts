import { outputOf } from './processes.ts';

/** A Temporal CLI that was seen to run, and what it holds. */
export interface TemporalProgram {
  readonly path: string;
  /** The command line's version, `0.0.0-DEV` for some builds. */
  readonly cli: string;
  /** The server's version: it decides what its data file looks like. */
  readonly server: string;
}

/** The version that sluice fetches or builds when there is none; keep it in step with tools/temporal/go.mod. */
export const CLI_VERSION = '1.8.2';

const OLDEST_SERVER = '1.29.0';
const NEEDED_FLAGS = ['--db-filename', '--search-attribute', '--ui-port', '--headless', '--log-level'];
/** A program of 140 MB from a cold disk is not quick. */
const PATIENCE = 20_000;

/** Runs the program at `path` for its version and its options. Errors: one line that says why it will not do. */
export async function inspectProgram(path: string, env: NodeJS.ProcessEnv): Promise<TemporalProgram> {
  const [version, help] = await Promise.all([
    outputOf(path, ['--version'], { env, timeoutMs: PATIENCE }),
    outputOf(path, ['server', 'start-dev', '--help'], { env, timeoutMs: PATIENCE }),
  ]);
  const [, cli, server] = /^temporal version (\S+) \(Server (\d[\w.-]*)/m.exec(version) ?? [];
  if (cli === undefined || server === undefined) throw new Error(`${path} does not say that it is a Temporal CLI`);
  if (!isAtLeast(server, OLDEST_SERVER))
    throw new Error(`${path} holds server ${server}; ${OLDEST_SERVER} or newer is needed`);
  const missing = NEEDED_FLAGS.filter((flag) => !help.includes(flag));
  if (missing.length > 0) throw new Error(`${path} does not know ${missing.join(', ')}`);
  return { path, cli, server };
}

/** Whether a dotted version is the other one or newer; a suffix such as `rc1` is not looked at. */
export function isAtLeast(version: string, other: string): boolean {
  const [left, right] = [version, other].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
