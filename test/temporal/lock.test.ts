import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from '../../src/temporal/lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('lets one in at a time, all in the end, and leaves nothing', async () => {
  let [inside, most, done] = [0, 0, 0];
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    for (let turn = 0; turn < 3; turn += 1) await breathe();
    inside -= 1;
    done += 1;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(join(folder, 'lock'), work)));
  expect([most, done, await readdir(folder)]).toEqual([1, 8, []]);
});

it('opens again after work that failed', async () => {
  const path = join(folder, 'lock');
  await expect(withLock(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await withLock(path, () => Promise.resolve('in'))).toBe('in');
});

it('does not take a later process with the same number for the holder', async () => {
  await writeFile(join(folder, `lock.${process.pid}-another1birth-1`), '');
  expect(await withLock(join(folder, 'lock'), () => Promise.resolve('in'))).toBe('in');
  expect(await readdir(folder)).toEqual([]);
});

it('does not confuse locks whose names begin alike', async () => {
  const inner = (): Promise<string> => withLock(join(folder, 'lock-two'), () => Promise.resolve('in'));
  expect(await withLock(join(folder, 'lock'), inner)).toBe('in');
});
