import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CLI, dataOf, deployment, NAME, sluice } from './kit.ts';

const VERBS = [
  ...[
    'init',
    'up',
    'demo',
    'worker',
    'plan',
    'apply',
    'pull',
    'status',
    'slices',
    'records',
    'tap',
    'discover',
    'test',
  ].map((verb) => [verb]),
  ...['verify', 'open', 'replay', 'doctor', 'completion', 'explain'].map((verb) => [verb]),
  ['ledger', 'rebuild'],
  ...['check', 'show', 'schema'].map((verb) => ['config', verb]),
];

describe('help', () => {
  it('names every verb, and every exit code', async () => {
    const { code, stdout } = await sluice(['--help']);
    expect(code).toBe(0);
    for (const [verb = ''] of VERBS) expect(stdout).toMatch(new RegExp(`^  ${verb}\\b`, 'm'));
    for (const exit of [0, 1, 2, 3, 64, 69, 74, 75, 77, 78, 130, 143]) {
      expect(stdout).toMatch(new RegExp(`^ +${exit}  \\S`, 'm'));
    }
  });

  it.each(VERBS.map((verb) => [verb.join(' '), verb] as const))(
    '%s: an example first, then its exit codes',
    async (name, verb) => {
      const { code, stdout } = await sluice([...verb, '--help']);
      expect(code).toBe(0);
      expect(stdout.startsWith(`  sluice ${name}`)).toBe(true);
      expect(stdout).toMatch(/^Exit codes:\n +0 {2}done/m);
      expect(stdout).toContain('--config <file>');
    },
  );

  it('answers at once', async () => {
    const times: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      const began = performance.now();
      await sluice(['--help']);
      times.push(performance.now() - began);
    }
    expect(times.toSorted((a, b) => a - b)[3]).toBeLessThan(400);
  });

  // Times are noisy; what is loaded is not.
  it.each([
    ['--help', /@temporalio|libsql|kysely|zod|undici|\/yaml\//],
    ['explain', /@temporalio|libsql|kysely|zod|undici|\/yaml\//],
    ['config schema', /@temporalio|libsql|kysely/],
  ])('%s loads nothing that it does not need', async (args, heavy) => {
    const loaded = await modulesOf(args.split(' '));
    expect(loaded.length).toBeGreaterThan(3);
    expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
  });
});

/** The modules that a command loads, by a loader hook and, for CommonJS, by the module cache at the end. */
async function modulesOf(args: readonly string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-loads-'));
  const log = join(folder, 'log');
  const hooks = `import { appendFileSync } from 'node:fs';
    export async function load(url, context, next) { appendFileSync(${JSON.stringify(log)}, url + '\\n'); return next(url, context); }`;
  await writeFile(join(folder, 'hooks.mjs'), hooks);
  await writeFile(
    join(folder, 'register.mjs'),
    `import { createRequire, register } from 'node:module';
     import { appendFileSync } from 'node:fs';
     register(${JSON.stringify(pathToFileURL(join(folder, 'hooks.mjs')).href)});
     const { cache } = createRequire(import.meta.url);
     process.on('exit', () => appendFileSync(${JSON.stringify(log)}, Object.keys(cache).join('\\n')));`,
  );
  try {
    const child = spawn(process.execPath, ['--import', join(folder, 'register.mjs'), CLI, ...args], {
      stdio: 'ignore',
    });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    return (await readFile(log, 'utf8')).split('\n').filter((url) => url !== '' && !url.startsWith('node:'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('wrong usage', () => {
  it.each([
    [['stauts'], /Did you mean status\?/],
    [['config', 'shema'], /Did you mean schema\?/],
    [['status', '--chek'], /Did you mean --check\?/],
    [['status', '-o', 'xml'], /choices are text, json/],
    [['slices'], /missing required argument 'stream'/],
    [['status', 'twice'], /too many arguments/],
    [[], /Usage: sluice/],
    [['ledger'], /Usage: sluice ledger/],
  ])('%j exits with 64 and says what would be right', async (args, words) => {
    const { code, stdout, stderr } = await sluice(args);
    expect(code).toBe(64);
    expect(stderr).toMatch(words);
    expect(stdout).toBe('');
  });

  it('names the nearest failure, and lists them all without a name', async () => {
    expect(await sluice(['explain', 'credentials-regected'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('Did you mean credentials-rejected?') as string,
    });
    const { stdout } = await sluice(['explain']);
    expect(stdout).toMatch(/^storage-full +\S/m);
  });
});

describe('global options', () => {
  it.each([
    ['before the verb', ['-o', 'json', '-c', 'other.yaml', 'config', 'check']],
    ['between', ['config', '--output', 'json', 'check', '--config', 'other.yaml']],
    ['after it', ['config', 'check', '--config=other.yaml', '-ojson']],
  ])('are taken %s', async (_where, args) => {
    const { folder } = await deployment();
    await writeFile(join(folder, 'other.yaml'), await readFile(join(folder, 'sluice.yaml')));
    const ended = await sluice(args, { cwd: folder });
    expect(ended.code).toBe(0);
    expect(dataOf(ended)).toEqual({ file: join(folder, 'other.yaml'), sources: 1, streams: 1 });
  });

  it('takes the configuration from SLUICE_CONFIG, unless -c names one', async () => {
    const { folder } = await deployment();
    const env = { SLUICE_CONFIG: join(folder, 'sluice.yaml') };
    expect((await sluice(['config', 'check'], { env })).code).toBe(0);
    expect((await sluice(['config', 'check', '-c', join(folder, 'none.yaml')], { env })).code).toBe(78);
  });

  it('-q leaves only data and errors', async () => {
    const { run, seal } = await deployment();
    await seal({ from: 0, until: 3_600_000 }, 2);
    expect(await run('verify', '-q')).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

it('does not mind a reader that has seen enough', async () => {
  const { folder } = await deployment();
  const pipe = `"${process.execPath}" "${CLI}" slices ${NAME} -o json 2>&1 >&3 | cat`;
  const child = spawn('sh', ['-c', `{ ${pipe}; } 3>&1 | true; exit 0`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(child, 'close');
  expect(said).not.toMatch(/EPIPE|mistake of sluice/);
});
