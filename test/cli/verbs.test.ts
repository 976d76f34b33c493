import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { HOUR } from '../../src/core/time.ts';
import { CANARY, CLI, dataOf, deployment, hour, NAME, sluice, start, STREAM, yaml, type Running } from './kit.ts';

describe('init', () => {
  it('writes a configuration that is good once its variables are set, and does not write over it', async () => {
    const { folder } = await deployment();
    const args = ['init', '--type', 'signal-sciences', '--type', 'instart', '--file', 'new/mine.yaml'];
    const first = await sluice(args, { cwd: folder });
    expect(first).toMatchObject({ code: 0, stdout: 'new/mine.yaml\nnew/.env.example\nnew/sluice.schema.json\n' });
    expect(first.stderr).toContain('SIGSCI_PASSWORD, INSTART_PASSWORD');
    const env = { INSTART_PASSWORD: CANARY };
    expect((await sluice(['config', 'check', '-c', 'new/mine.yaml'], { cwd: folder, env })).code).toBe(0);
    const again = await sluice(args, { cwd: folder });
    expect(again.code).toBe(64);
    expect(again.stderr).toContain('mine.yaml');
  });

  it('says which types there are, rather than ask where nobody can answer', async () => {
    const { folder } = await deployment();
    const { code, stderr } = await sluice(['init', '--file', 'mine.yaml'], { cwd: folder });
    expect(code).toBe(64);
    expect(stderr).toContain('signal-sciences, instart, apptrana, group-ib, shadowserver');
  });
});

const idOf = (line: string): string => (JSON.parse(line) as { id: string }).id;

/** Resolves once these words stand on stdout. */
async function written({ child }: Running, words: string): Promise<void> {
  let stdout = '';
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes(words)) resolve();
    });
  });
}

describe('tap', () => {
  it('writes the records of what is sealed from now on, each slice once, and ends with 0 at Ctrl-C', async () => {
    const { folder, seal } = await deployment();
    await seal(hour(9), 5);
    const running = start(['tap', NAME], { cwd: folder });
    await running.said('Ctrl-C ends it');
    // One of a time long ago is as new as any.
    const manifest = await seal(hour(30), 3, { sealedAt: Date.now() });
    await Promise.all([running.said(manifest), written(running, `"${hour(30).from}-2"`)]);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    const ids = stdout.trimEnd().split('\n').map(idOf);
    expect(ids).toEqual([0, 1, 2].map((i) => `${hour(30).from}-${i}`));
  });

  it('begins earlier with --since, and ends after --limit records', async () => {
    const { run, seal } = await deployment();
    await seal(hour(3), 2, { sealedAt: Date.now() - HOUR / 2 });
    await seal(hour(4), 2, { sealedAt: Date.now() - HOUR / 3 });
    const { code, stdout, stderr } = await run('tap', NAME, '--since', '1h', '--limit', '3');
    expect(code).toBe(0);
    const ids = stdout.trimEnd().split('\n').map(idOf);
    expect(ids).toEqual([`${hour(3).from}-0`, `${hour(3).from}-1`, `${hour(4).from}-0`]);
    expect(stderr).toContain('2 records');
  });

  it('refuses a limit that is none', async () => {
    const { run } = await deployment();
    expect(await run('tap', NAME, '--limit', '0')).toMatchObject({ code: 64, stdout: '' });
  });
});

describe('status --watch', () => {
  it('off a terminal prints what it sees, without anything that a terminal would obey, until Ctrl-C', async () => {
    const { folder, seal } = await deployment();
    await seal(hour(1), 4);
    const running = start(['status', '--watch', '--time-format', 'relative'], { cwd: folder });
    await written(running, NAME);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).toContain(NAME);
    expect(stdout).toMatch(/ ago +\d/);
    expect(stdout).not.toContain('\u001b');
  });

  it('is for people: a program is told what to do instead', async () => {
    const { run } = await deployment();
    expect(await run('status', '--watch', '-o', 'json')).toMatchObject({ code: 64, stdout: '' });
  });
});

describe('open', () => {
  it('prints where a stream, a workflow, a backfill and what failed are to be seen', async () => {
    const { run } = await deployment(yaml([], ['temporal: { uiPort: 9999 }']));
    const ui = 'http://127.0.0.1:9999/namespaces/default';
    const stream = (await run('open', NAME)).stdout;
    expect(stream).toContain(`${ui}/workflows/extract%3Aacme-waf%3Awww.example.com`);
    expect(stream).toContain(`${ui}/schedules/pull%3Aacme-waf%3Awww.example.com`);
    expect((await run('open', 'connections:acme-waf')).stdout).toContain(`${ui}/workflows/connections%3Aacme-waf`);
    expect((await run('open', 'watchdog')).stdout).toContain(`${ui}/schedules/watchdog`);
    expect((await run('open', 'bf-7')).stdout).toContain(`${ui}/workflows/backfill%3Abf-7`);
    const failed = dataOf<{ url: string }[]>(await run('open', NAME, '--failed', '-o', 'json'));
    expect(decodeURIComponent(failed[0]?.url ?? '')).toContain(
      'SluiceStream = "www.example.com" AND ExecutionStatus IN ("Failed"',
    );
    expect((await run('open', 'acme-waf/www.exmple.com')).stderr).toContain(`Did you mean ${NAME}?`);
  });

  it('of a cluster needs its address in the configuration, and says so', async () => {
    const cluster = (ui: string): string => yaml([], [`temporal: { address: "t.example.com:7233"${ui} }`]);
    const without = await deployment(cluster(''));
    expect(await without.run('open', NAME)).toMatchObject({ code: 64, stdout: '' });
    const { run } = await deployment(cluster(', namespace: prod, ui: "https://t.example.com/ui/"'));
    expect((await run('open', NAME)).stdout).toContain('https://t.example.com/ui/namespaces/prod/workflows');
  });
});

describe('replay --file', () => {
  const histories = fileURLToPath(new URL('../histories/0.2.0/', import.meta.url));

  it('takes the histories that older releases recorded', async () => {
    const { folder, run } = await deployment();
    for (const name of ['pull.json', 'extractWindows.json', 'followSequence.json']) {
      expect(await readdir(histories)).toContain(name);
      const { code, stdout } = await run('replay', '--file', join(histories, name));
      expect([name, code]).toEqual([name, 0]);
      expect(stdout).toContain('fits the present code');
    }
    expect(await readdir(folder)).toEqual(['sluice.yaml']);
  });

  it('exits with 1 and names what differs where the code would have gone another way', async () => {
    const { folder, run } = await deployment();
    const history = await readFile(join(histories, 'pull.json'), 'utf8');
    await writeFile(join(folder, 'other.json'), history.replaceAll('"describeStream"', '"somethingElse"'));
    const { code, stdout, stderr } = await run('replay', '--file', 'other.json');
    expect(code).toBe(1);
    expect(stdout).toContain('does not fit');
    expect(stderr).toMatch(/history-mismatch: .*somethingElse/s);
    expect(stderr).toContain('sluice explain history-mismatch');
    expect((await run('explain', 'history-mismatch')).stdout).toContain('patched');
  });

  it.each([
    ['not JSON', 'x'],
    ['no history', '{}'],
  ])('refuses what is %s', async (_what, content) => {
    const { folder, run } = await deployment();
    await writeFile(join(folder, 'other.json'), content);
    const { code, stderr } = await run('replay', '--file', 'other.json');
    expect(code).toBe(64);
    expect(stderr).toContain('other.json is no history');
  });

  it('wants one of the two: a workflow, or a file', async () => {
    const { run } = await deployment();
    expect((await run('replay')).code).toBe(64);
    expect((await run('replay', 'pull:a:b', '--file', 'x')).code).toBe(64);
  });
});

describe('completion', () => {
  const complete = async (folder: string, ...words: readonly string[]): Promise<readonly string[]> => {
    const { code, stdout } = await sluice(['complete', '--', ...words], { cwd: folder, env: { SIGSCI_PASSWORD: '' } });
    expect(code).toBe(0);
    return stdout
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(':'))
      .map((line) => line.split('\t')[0] ?? '');
  };

  it('knows streams and sources from the configuration, though its secrets are not set and no server runs', async () => {
    const { folder } = await deployment();
    expect(await complete(folder, 'slices', '')).toEqual([NAME]);
    expect(await complete(folder, 'slices', 'acme-waf/w')).toEqual([NAME]);
    expect(await complete(folder, 'test', '')).toEqual([STREAM.source]);
    expect(await complete(folder, 'explain', 'credentials')).toEqual(['credentials-rejected']);
    expect(await complete(folder, 'config', 's')).toEqual(['show', 'schema']);
    expect(await complete(folder, 'status', '--ch')).toEqual(['--check']);
  });

  it('takes the configuration that the line names, and does without one that cannot be read', async () => {
    const { folder } = await deployment();
    await writeFile(join(folder, 'other.yaml'), yaml().replace('acme-waf', 'other-waf'));
    expect(await complete(folder, '-c', 'other.yaml', 'test', '')).toEqual(['other-waf']);
    await writeFile(join(folder, 'other.yaml'), yaml().replace('sites', 'sties').replace('acme-waf', 'broken-waf'));
    expect(await complete(folder, '-c', 'other.yaml', 'test', '')).toEqual(['broken-waf']);
    expect(await complete(folder, '-c', 'none.yaml', 'test', '')).toEqual([]);
  });

  it('in bash completes what is typed', async () => {
    const { folder } = await deployment();
    const { stdout: script } = await sluice(['completion', 'bash'], { cwd: folder });
    await writeFile(join(folder, 'completion.sh'), script);
    const asked = `
      sluice() { "${process.execPath}" "${CLI}" "$@"; }
      _get_comp_words_by_ref() { words=(sluice slices acme); cword=2; cur=acme; prev=slices; }
      . ./completion.sh
      COMP_WORDS=(sluice slices acme); COMP_CWORD=2; COMP_LINE='sluice slices acme'; COMP_POINT=18
      __sluice_complete
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const child = spawn('bash', ['-c', asked], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    expect((await text(child.stdout)).trim()).toBe(NAME);
  });

  it.each(['bash', 'zsh', 'fish'])('there is a script for %s', async (shell) => {
    const { code, stdout } = await sluice(['completion', shell]);
    expect(code).toBe(0);
    expect(stdout).toContain('sluice complete');
  });

  it('says which shells there are', async () => {
    expect(await sluice(['completion', 'tcsh'])).toMatchObject({ code: 64, stdout: '' });
  });
});
