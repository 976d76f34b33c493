import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTemporal, TemporalUnavailable } from '../../src/temporal/binary.ts';
import { CLI_VERSION } from '../../src/temporal/program.ts';
import { buildsOf, createSandbox, temporalBody, writeGo, writeProgram, type Sandbox } from './fake-programs.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox.remove());

const find = (env: NodeJS.ProcessEnv = {}, lines: string[] = []): Promise<string> =>
  findTemporal({ cache: sandbox.cache, env: { ...sandbox.env, ...env }, onProgress: (line) => lines.push(line) });

const refusal = async (env: NodeJS.ProcessEnv = {}): Promise<string> => {
  const error = await find(env).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof TemporalUnavailable)) throw new Error('it was found, or broke', { cause: error });
  return error.message;
};

const onPath = (body = temporalBody()): Promise<string> => writeProgram(`${sandbox.bin}/temporal`, body);
const inCache = (body = temporalBody()): Promise<string> => writeProgram(`${sandbox.cache}/temporal-1.8.2`, body);

describe('the order in which the Temporal CLI is looked for', () => {
  it('takes $SLUICE_TEMPORAL_CLI before all else', async () => {
    const chosen = await writeProgram(sandbox.path('mine'), temporalBody());
    await onPath();
    await inCache();
    expect(await find({ SLUICE_TEMPORAL_CLI: chosen })).toBe(chosen);
  });

  it('puts nothing else in the place of a $SLUICE_TEMPORAL_CLI that does not work', async () => {
    await onPath();
    expect(await refusal({ SLUICE_TEMPORAL_CLI: '/nowhere/temporal' })).toContain('/nowhere/temporal');
  });

  it('takes the one on PATH before the cache', async () => {
    const expected = await onPath();
    await inCache();
    expect(await find()).toBe(expected);
  });

  it('takes the cache before it builds', async () => {
    await writeGo(sandbox);
    const expected = await inCache();
    expect(await find()).toBe(expected);
    expect(await buildsOf(sandbox)).toEqual([]);
  });

  it('builds with Go when there is none, once, and keeps it in the cache', async () => {
    await writeGo(sandbox);
    const lines: string[] = [];
    expect(await find({}, lines)).toBe(`${sandbox.cache}/temporal-1.8.2`);
    expect(await find()).toBe(`${sandbox.cache}/temporal-1.8.2`);
    expect(await buildsOf(sandbox)).toHaveLength(1);
    expect(await readdir(sandbox.cache)).toEqual(['temporal-1.8.2']);
    expect(lines[0]).toContain('building the Temporal server 1.8.2 with Go 1.26.8');
  });

  it('keeps its cache where $XDG_CACHE_HOME says, or below the home', async () => {
    await writeGo(sandbox);
    const { env } = sandbox;
    expect(await findTemporal({ env: { ...env, XDG_CACHE_HOME: sandbox.path('xdg') } })).toBe(
      sandbox.path('xdg', 'sluice', 'temporal-1.8.2'),
    );
    expect(await findTemporal({ env })).toBe(sandbox.path('home', '.cache', 'sluice', 'temporal-1.8.2'));
  });
});

describe('what is passed over', () => {
  it.each([
    ['is another program of that name', 'echo a calendar', 'does not say that it is a Temporal CLI'],
    ['holds too old a server', temporalBody('1.22.4'), 'holds server 1.22.4'],
    ['crashes', 'echo "wrong ELF class" >&2; exit 126', 'wrong ELF class'],
    [
      'does not know what is needed',
      'case $1 in --version) echo "temporal version 1 (Server 1.31.2)";; esac',
      '--db-filename',
    ],
  ])('a `temporal` on PATH that %s', async (_, body, reason) => {
    await onPath(body);
    expect(await refusal()).toContain(reason);
    const expected = await inCache();
    expect(await find()).toBe(expected);
  });

  it('a broken program in the cache, which a build then replaces', async () => {
    await inCache('exit 1');
    await writeGo(sandbox);
    expect(await find()).toBe(`${sandbox.cache}/temporal-1.8.2`);
    expect(await buildsOf(sandbox)).toHaveLength(1);
  });
});

describe('a build with Go', () => {
  it.each([
    ['1.26.4', ''],
    ['1.27.0', ''],
    ['1.26.3', 'auto'],
    ['1.21.0', 'auto'],
  ])('with Go %s runs with GOTOOLCHAIN=%s', async (version, toolchain) => {
    await writeGo(sandbox, { version });
    await find();
    expect(await buildsOf(sandbox)).toEqual([toolchain]);
  });

  it('is not tried with a Go that cannot fetch a newer one', async () => {
    await writeGo(sandbox, { version: '1.19.8' });
    expect(await refusal()).toContain('Go 1.19.8 is too old');
    expect(await buildsOf(sandbox)).toEqual([]);
  });

  it('that fails says what the compiler said, and leaves nothing', async () => {
    await writeProgram(
      `${sandbox.bin}/go`,
      `[ "$1" = version ] && echo 'go version go1.26.8 linux/amd64' || { echo 'no required module provides it' >&2; exit 1; }`,
    );
    expect(await refusal()).toContain('`go build` failed: no required module provides it');
    expect(await readdir(sandbox.cache)).toEqual([]);
  });

  it('is begun by one of several who want it at once', async () => {
    await writeGo(sandbox, { seconds: 0.5 });
    const lines: string[] = [];
    const found = await Promise.all([find({}, lines), find({}, lines), find({}, lines)]);
    expect(new Set(found)).toEqual(new Set([`${sandbox.cache}/temporal-1.8.2`]));
    expect(await buildsOf(sandbox)).toHaveLength(1);
    expect(lines.join('\n')).toContain('is getting the Temporal server; waiting for it');
  });

  it('clears away what killed builds left, and does not wait for the dead', async () => {
    await mkdir(sandbox.cache);
    await writeFile(`${sandbox.cache}/temporal-1.8.2.4194999.building`, 'half');
    await writeFile(`${sandbox.cache}/temporal-1.8.2.lock.4194999-1-1`, '');
    await writeGo(sandbox);
    await find();
    expect(await readdir(sandbox.cache)).toEqual(['temporal-1.8.2']);
  });
});

it('says once what was tried, each with its reason, and what a person can do', async () => {
  const message = await refusal();
  for (const tried of [
    '$SLUICE_TEMPORAL_CLI: is not set',
    '`temporal` on PATH: there is none',
    `the cache (${sandbox.cache}/temporal-1.8.2): there is none`,
    'a download by the Temporal SDK: is switched off by SLUICE_TEMPORAL_DOWNLOAD',
    'a build with Go: there is no working `go` on PATH',
  ]) {
    expect(message).toContain(`  - ${tried}\n`);
  }
  expect(message).toContain('install the Temporal CLI');
  expect(message).toContain('temporal: { address: host:7233 }');
});

it('says so when the cache cannot be written', async () => {
  await writeFile(sandbox.cache, 'a file is in the way');
  expect(await refusal()).toMatch(/the cache: .*(EEXIST|ENOTDIR)/);
});

it('builds the version that it says it does', async () => {
  const module = await readFile(new URL('../../tools/temporal/go.mod', import.meta.url), 'utf8');
  expect(module).toContain(`github.com/temporalio/cli v${CLI_VERSION}`);
});
