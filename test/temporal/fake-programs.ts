import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of its own for programs and a cache, removed by `remove`. */
export interface Sandbox {
  readonly bin: string;
  readonly cache: string;
  /** An environment in which only what lies in `bin` is on PATH, and nothing is downloaded. */
  readonly env: NodeJS.ProcessEnv;
  path(...names: string[]): string;
  remove(): Promise<void>;
}

export async function createSandbox(): Promise<Sandbox> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-programs-'));
  const bin = join(root, 'bin');
  await mkdir(bin);
  return {
    bin,
    cache: join(root, 'cache'),
    env: { PATH: bin, HOME: join(root, 'home'), SLUICE_TEMPORAL_DOWNLOAD: 'off' },
    path: (...names) => join(root, ...names),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

export async function writeProgram(path: string, body: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

/** What of a Temporal CLI is looked at before it is taken. */
export function temporalBody(server = '1.31.2'): string {
  return [
    'case "$1" in',
    `  --version) echo 'temporal version 1.8.2 (Server ${server}, UI 2.50.1)' ;;`,
    "  *) echo '--db-filename --search-attribute --ui-port --headless --log-level' ;;",
    'esac',
  ].join('\n');
}

/**
 * A `go` whose build counts itself in `builds`, tells that it has begun in `began`, takes `seconds`, and writes a Temporal CLI to where it was
 * told to.
 */
export async function writeGo(sandbox: Sandbox, { version = '1.26.8', seconds = 0 } = {}): Promise<void> {
  const body = [
    'PATH=/usr/bin:/bin',
    `if [ "$1" = version ]; then echo 'go version go${version} linux/amd64'; exit; fi`,
    'while [ "$1" != -o ]; do shift; done',
    'echo "$GOTOOLCHAIN" >> "$HOME/builds"',
    'echo half > "$2"',
    'echo $$ > "$HOME/began.new" && mv "$HOME/began.new" "$HOME/began"',
    `sleep ${seconds}`,
    'cp "$HOME/product" "$2.new" && chmod 755 "$2.new" && mv "$2.new" "$2"',
  ].join('\n');
  await writeProgram(join(sandbox.bin, 'go'), body);
  await writeProgram(sandbox.path('home', 'product'), temporalBody());
}

/** One line for each build that was begun: the GOTOOLCHAIN that it was given. */
export async function buildsOf(sandbox: Sandbox): Promise<readonly string[]> {
  const text = await readFile(sandbox.path('home', 'builds'), 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1);
}
