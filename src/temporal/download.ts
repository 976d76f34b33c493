import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CLI_VERSION, inspectProgram } from './program.ts';
import { runInGroup } from './processes.ts';

const TIMEOUT = 60_000;

/**
 * The SDK downloads the Temporal CLI only on the way to starting a server, cannot be told to stop, and lets that server write to our
 * standard output: so it is asked by a process of its own, which may be killed.
 */
const SCRIPT = `
  const [testing, downloadDir, version] = process.argv.slice(1);
  require(testing).TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir, version }, log: { format: 'json', level: 'error' } },
  }).then((environment) => environment.teardown()).then(
    () => process.exit(0),
    (error) => { console.error(String(error && error.cause || error)); process.exit(1); },
  );
`;

/**
 * Gets the Temporal CLI by the SDK's own download and moves it to `target`, whole or not at all. Without internet it fails within a second.
 * Errors: one line that says why there is none.
 */
export async function downloadProgram(target: string, env: NodeJS.ProcessEnv): Promise<void> {
  const folder = await mkdtemp(join(dirname(target), 'download-'));
  try {
    const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
    // The download's versions are the names of releases, which begin with a v.
    const args = ['-e', SCRIPT, testing, folder, `v${CLI_VERSION}`];
    const { code, timedOut, lastLines } = await runInGroup(process.execPath, args, { env, timeoutMs: TIMEOUT });
    if (timedOut) throw new Error(`took longer than ${TIMEOUT / 1000} s`);
    const downloaded = join(folder, `temporal-v${CLI_VERSION}`);
    // Once it is there it counts, even when the server that the SDK went on to start was too slow for it.
    await inspectProgram(downloaded, env).catch((error: unknown) => {
      throw code === 0 ? error : new Error(complaint(lastLines) ?? `ended with code ${code}`);
    });
    await rename(downloaded, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The SDK wraps the cause in what it was about to do, and repeats it. */
function complaint(lastLines: readonly string[]): string | undefined {
  return lastLines
    .at(-1)
    ?.replace(/^.*executable: /, '')
    .split(': ')[0]
    ?.slice(0, 200);
}
