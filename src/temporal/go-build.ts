import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CLI_VERSION, inspectProgram, isAtLeast } from './program.ts';
import { outputOf, runInGroup } from './processes.ts';

const PACKAGE = 'github.com/temporalio/cli/cmd/temporal';
/** What the CLI's own go.mod asks for. */
const NEEDED_GO = '1.26.4';
/** The first Go that can fetch a newer one by itself. */
const FETCHING_GO = '1.21';
const TIMEOUT = 40 * 60_000;
const PROGRESS_EVERY = 10_000;

/**
 * Builds the Temporal CLI out of tools/temporal and moves it to `target`, whole or not at all; call it under a lock. `onProgress` hears
 * about it every ten seconds: cold, it takes minutes. Errors: one line that says why there is none; `Interrupted`.
 */
export async function buildProgram(
  target: string,
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
): Promise<void> {
  const module = toolModule();
  const go = await goVersion(env);
  await sweep(target);
  const partial = `${target}.${process.pid}.building`;
  onProgress(`building the Temporal server ${CLI_VERSION} with Go ${go}: once, about 5 minutes on 2 cores`);
  const progress = followProgress(onProgress);
  try {
    const args = ['build', '-v', '-trimpath', '-buildvcs=false', '-ldflags', linkerFlags(), '-o', partial, PACKAGE];
    const run = await runInGroup('go', args, {
      cwd: module,
      env: goEnvironment(env, go),
      timeoutMs: TIMEOUT,
      onLine: (line) => progress.hear(line),
    });
    if (run.timedOut) throw new Error(`\`go build\` took longer than ${TIMEOUT / 60_000} minutes`);
    if (run.code !== 0) throw new Error(`\`go build\` failed: ${complaint(run.lastLines)}`);
    await inspectProgram(partial, env);
    await rename(partial, target);
    onProgress(`built the Temporal server in ${progress.elapsed()}: ${target}`);
  } finally {
    progress.stop();
    await rm(partial, { force: true });
  }
}

/** The module lies beside src, and so one level further up from where the build puts this file. */
function toolModule(): string {
  const found = ['../../tools/temporal/', '../../../tools/temporal/']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((folder) => existsSync(join(folder, 'go.mod')));
  if (found === undefined) throw new Error('this copy of sluice has no tools/temporal to build from');
  return found;
}

async function goVersion(env: NodeJS.ProcessEnv): Promise<string> {
  const text = await outputOf('go', ['version'], { env: { ...env, GOTOOLCHAIN: 'local' }, timeoutMs: 20_000 }).catch(
    (error: unknown) => {
      throw new Error('there is no working `go` on PATH', { cause: error });
    },
  );
  const version = /go version go(\d[\w.]*)/.exec(text)?.[1] ?? '0';
  if (isAtLeast(version, FETCHING_GO)) return version;
  throw new Error(
    `Go ${version} is too old: ${NEEDED_GO} is needed, and ${FETCHING_GO} or newer can fetch that by itself`,
  );
}

/** A stranger's workspace, target platform or pinned toolchain must not leak into the build. */
function goEnvironment(env: NodeJS.ProcessEnv, go: string): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, GOFLAGS: _flags, ...rest } = env;
  return { ...rest, CGO_ENABLED: '0', GOWORK: 'off', ...(isAtLeast(go, NEEDED_GO) ? {} : { GOTOOLCHAIN: 'auto' }) };
}

function linkerFlags(): string {
  return `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${CLI_VERSION}`;
}

/** What killed builds left; nobody else builds now. */
async function sweep(target: string): Promise<void> {
  for (const name of await readdir(dirname(target))) {
    if (name.startsWith(`${basename(target)}.`) && name.endsWith('.building'))
      await rm(join(dirname(target), name), { force: true });
  }
}

/** `go build -v` names each module that it downloads and each package that it compiles; people want to know that it goes on. */
function followProgress(onProgress: (line: string) => void): {
  hear(line: string): void;
  elapsed(): string;
  stop(): void;
} {
  const started = Date.now();
  let [downloaded, compiled] = [0, 0];
  const elapsed = (): string => {
    const seconds = Math.round((Date.now() - started) / 1000);
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  };
  const timer = setInterval(() => {
    onProgress(
      `building the Temporal server: ${elapsed()}, ${downloaded} modules fetched, ${compiled} packages compiled`,
    );
  }, PROGRESS_EVERY);
  return {
    hear(line) {
      if (line.startsWith('go: downloading ')) downloaded += 1;
      else if (/^[\w.-]+(\/[\w.~-]+)*$/.test(line)) compiled += 1;
    },
    elapsed,
    stop: () => clearInterval(timer),
  };
}

function complaint(lastLines: readonly string[]): string {
  const telling = lastLines.filter(
    (line) => line.includes(' ') && !line.startsWith('go: downloading ') && !line.startsWith('#'),
  );
  return (telling.slice(-2).join('; ') || 'it said nothing').slice(0, 400);
}
