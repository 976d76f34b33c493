import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { downloadProgram } from './download.ts';
import { buildProgram } from './go-build.ts';
import { withLock } from './lock.ts';
import { Interrupted } from './processes.ts';
import { CLI_VERSION, inspectProgram } from './program.ts';

export interface FindOptions {
  /** The folder that fetched programs are kept in; `$XDG_CACHE_HOME/sluice` or `~/.cache/sluice` without it. */
  readonly cache?: string;
  /** Hears a line every few seconds while something takes long. */
  readonly onProgress?: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/** One place that was looked in, and why it gave nothing. */
export interface Attempt {
  readonly where: string;
  readonly reason: string;
}

/** No Temporal server program is to be had. The message lists what was tried and what a person can do. */
export class TemporalUnavailable extends Error {
  override readonly name = 'TemporalUnavailable';
  readonly tried: readonly Attempt[];

  constructor(tried: readonly Attempt[]) {
    super(
      [
        'sluice needs a Temporal server, and found no program for one. It tried:',
        ...tried.map(({ where, reason }) => `  - ${where}: ${reason}`),
        'Any one of these helps:',
        '  - install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH',
        '  - set SLUICE_TEMPORAL_CLI to the path of a Temporal CLI',
        '  - install Go 1.21 or newer (https://go.dev/dl); sluice then builds the server, which takes some minutes once',
        '  - use a Temporal server that already runs somewhere: `temporal: { address: host:7233 }` in the configuration',
      ].join('\n'),
    );
    this.tried = tried;
  }
}

/**
 * The path of a Temporal CLI that was seen to run (DESIGN §8). Looked for in this order: `$SLUICE_TEMPORAL_CLI`, `temporal` on PATH, the
 * user's cache, the SDK's own download (left out with `SLUICE_TEMPORAL_DOWNLOAD=off`), a build of tools/temporal with Go. What is named by
 * `$SLUICE_TEMPORAL_CLI` is taken or refused: nothing else is put in its place.
 *
 * Errors: {@link TemporalUnavailable}. A signal while it fetches or builds first ends that and clears up, and then ends us as it would
 * have, unless somebody else listens for it: then the error is `Interrupted`.
 */
export async function findTemporal(options: FindOptions = {}): Promise<string> {
  const { env = process.env, onProgress = () => undefined } = options;
  const tried: Attempt[] = [];
  const fits = (where: string, path: string): Promise<boolean> =>
    attempt(tried, where, async () => void (await inspectProgram(path, env)));

  const chosen = env['SLUICE_TEMPORAL_CLI'];
  if (chosen !== undefined && chosen !== '') {
    if (await fits(`$SLUICE_TEMPORAL_CLI (${chosen})`, resolve(chosen))) return resolve(chosen);
    throw new TemporalUnavailable(tried);
  }
  tried.push({ where: '$SLUICE_TEMPORAL_CLI', reason: 'is not set' });

  const onPath = await searchPath('temporal', env['PATH'] ?? '');
  if (onPath === undefined) tried.push({ where: '`temporal` on PATH', reason: 'there is none' });
  else if (await fits('`temporal` on PATH', onPath)) return onPath;

  return await fromCache(options.cache ?? cacheFolder(env), { env, onProgress, tried });
}

async function fromCache(
  cache: string,
  { env, onProgress, tried }: { env: NodeJS.ProcessEnv; onProgress: (line: string) => void; tried: Attempt[] },
): Promise<string> {
  const target = join(cache, `temporal-${CLI_VERSION}`);
  const cached = (): Promise<boolean> => isFit(target, env);
  if (await cached()) return target;
  tried.push({ where: `the cache (${target})`, reason: await whyUnfit(target, env) });
  try {
    await mkdir(cache, { recursive: true });
    const wait = (pid: number): void =>
      onProgress(`another process (${pid}) is getting the Temporal server; waiting for it`);
    return await withLock(
      `${target}.lock`,
      async () => {
        if (
          (await cached()) ||
          (await download(target, env, onProgress, tried)) ||
          (await build(target, env, onProgress, tried))
        ) {
          return target;
        }
        throw new TemporalUnavailable(tried);
      },
      wait,
    );
  } catch (error) {
    if (error instanceof Interrupted && process.listenerCount(error.signal) === 0)
      process.kill(process.pid, error.signal);
    if (error instanceof Interrupted || error instanceof TemporalUnavailable) throw error;
    throw new TemporalUnavailable([...tried, { where: 'the cache', reason: reasonOf(error) }]);
  }
}

function download(
  target: string,
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
  tried: Attempt[],
): Promise<boolean> {
  return attempt(tried, 'a download by the Temporal SDK', async () => {
    if (env['SLUICE_TEMPORAL_DOWNLOAD'] === 'off') throw new Error('is switched off by SLUICE_TEMPORAL_DOWNLOAD');
    onProgress(`looking for the Temporal server ${CLI_VERSION} on the internet`);
    await downloadProgram(target, env);
  });
}

function build(
  target: string,
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
  tried: Attempt[],
): Promise<boolean> {
  return attempt(tried, 'a build with Go', () => buildProgram(target, env, onProgress));
}

/** Runs one way to get it; a failure is written down as a reason. An interruption is not a reason, it goes on. */
async function attempt(tried: Attempt[], where: string, way: () => Promise<void>): Promise<boolean> {
  try {
    await way();
    return true;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    tried.push({ where, reason: reasonOf(error) });
    return false;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function isFit(path: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  return (await whyUnfit(path, env)) === '';
}

async function whyUnfit(path: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (!(await isExecutable(path))) return 'there is none';
  return await inspectProgram(path, env).then(() => '', reasonOf);
}

async function searchPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const candidate = resolve(folder, name);
    if (folder !== '' && (await isExecutable(candidate))) return candidate;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(env['HOME'] ?? homedir(), '.cache') : base, 'sluice');
}
