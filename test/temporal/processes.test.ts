import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { birthOf } from '../../src/temporal/processes.ts';
import { spawnChild } from './child.ts';
import { buildsOf, createSandbox, writeGo, type Sandbox } from './fake-programs.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox.remove());

it('two processes that need the server at once build it once', async () => {
  await writeGo(sandbox, { seconds: 1 });
  const children = [1, 2].map(() => spawnChild(['find', sandbox.cache], sandbox.env));
  for (const child of children) expect(await child.said).toBe(`${sandbox.cache}/temporal-1.8.2`);
  expect(await buildsOf(sandbox)).toHaveLength(1);
});

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s in the middle of a build ends it and leaves nothing half',
  async (signal) => {
    await writeGo(sandbox, { seconds: 60 });
    const child = spawnChild(['find', sandbox.cache], sandbox.env);
    child.said.catch(() => undefined);
    const go = await begun();
    expect(await readdir(sandbox.cache)).not.toEqual([]);
    child.process.kill(signal);
    expect(await child.ended).toBe(signal);
    expect(birthOf(go)).toBeUndefined();
    expect(await readdir(sandbox.cache)).toEqual([]);
  },
);

it('the next one builds on after a builder was killed outright', async () => {
  await writeGo(sandbox, { seconds: 60 });
  const child = spawnChild(['find', sandbox.cache], sandbox.env);
  child.said.catch(() => undefined);
  const go = await begun();
  child.process.kill('SIGKILL');
  await child.ended;
  await writeGo(sandbox);
  expect(await spawnChild(['find', sandbox.cache], sandbox.env).said).toBe(`${sandbox.cache}/temporal-1.8.2`);
  expect(await readdir(sandbox.cache)).toEqual(['temporal-1.8.2']);
  process.kill(-go, 'SIGKILL');
});

/** The fake build's process, once it has begun. */
async function begun(): Promise<number> {
  const file = sandbox.path('home', 'began');
  await vi.waitUntil(() => existsSync(file), { timeout: 20_000 });
  return Number(await readFile(file, 'utf8'));
}
