import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CANARY, dataOf, deployment, sluice, yaml } from './kit.ts';

it('says that a configuration is good, and what it holds', async () => {
  const { run } = await deployment();
  expect(await run('config', 'check')).toEqual({
    code: 0,
    stdout: 'sluice.yaml: ok, 1 source, 1 stream\n',
    stderr: '',
  });
});

it('names an unknown key with its line and column and the nearest one, and exits with 78', async () => {
  const { run } = await deployment(yaml(['windw: 1h']));
  const { code, stdout, stderr } = await run('config', 'check');
  expect(code).toBe(78);
  expect(stderr).toMatch(/^sluice\.yaml:11:5 /m);
  expect(stderr).toContain('window');
  expect(stdout).toBe('');
});

it('gives programs the mistakes as data, on stdout alone', async () => {
  const { run } = await deployment(yaml(['windw: 1h']));
  const ended = await run('config', 'check', '-o', 'json');
  expect(ended).toMatchObject({ code: 78, stderr: '' });
  expect(dataOf(ended)).toMatchObject({ error: 'config-invalid', findings: [{ line: 11, column: 5 }] });
});

it.each([
  'status',
  'verify',
  'worker',
  'apply',
  'up --once',
  'ledger rebuild',
  'config show',
  'slices x/y',
  'pull x/y',
])('%s starts nothing with a configuration that is not valid', async (verb) => {
  const { run } = await deployment('version: 2\n');
  const { code, stderr } = await run(...verb.split(' '));
  expect(code).toBe(78);
  expect(stderr).toContain('version: 1');
  expect(stderr).not.toMatch(/^\s+at /m);
});

it('names the place of a secret that cannot be read', async () => {
  const { folder, run } = await deployment(yaml().replace('${env:SIGSCI_PASSWORD}', '${file:./secret}'));
  const { code, stderr } = await run('config', 'check');
  expect(code).toBe(78);
  expect(stderr).toContain('secret');
  await writeFile(join(folder, 'secret'), CANARY);
  expect((await run('config', 'check')).code).toBe(0);
});

it('says which file is missing or may not be read', async () => {
  const { folder, run } = await deployment();
  const { code, stderr } = await run('status', '-c', 'none.yaml');
  expect(code).toBe(78);
  expect(stderr).toContain('none.yaml there is no such file');
  if (process.getuid?.() === 0) return; // root may read everything
  await chmod(join(folder, 'sluice.yaml'), 0);
  expect((await run('status')).code).toBe(78);
});

it('shows every default, and of a secret only its place', async () => {
  const { run } = await deployment();
  for (const args of [
    ['config', 'show'],
    ['config', 'show', '-o', 'json'],
  ]) {
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(0);
    expect(stdout).toContain('${env:SIGSCI_PASSWORD}');
    expect(stdout).toMatch(/offset"?: "?6m/);
    expect(stdout + stderr).not.toContain(CANARY);
  }
});

it('shows what loads again', async () => {
  const { folder, run } = await deployment();
  const { stdout } = await run('config', 'show');
  await writeFile(join(folder, 'again.yaml'), stdout);
  expect((await run('config', 'show', '-c', 'again.yaml')).stdout.split('\n').slice(1)).toEqual(
    stdout.split('\n').slice(1),
  );
});

it('prints a JSON schema without a configuration', async () => {
  const { code, stdout } = await sluice(['config', 'schema']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ title: 'sluice.yaml', type: 'object' });
});
