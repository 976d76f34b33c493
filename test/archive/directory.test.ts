import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { directoryStore } from '../../src/archive/directory.ts';
import { testStore } from './store.contract.ts';

async function makeDirectory() {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-store-'));
  const root = join(folder, 'made', 'when', 'needed');
  return {
    root,
    store: directoryStore(root),
    leftovers: async () => (await readdir(join(root, '.tmp')).catch(() => [])).length,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

testStore('a directory', makeDirectory);

it('lets others than owner and group see nothing', async () => {
  const { store, root, close } = await makeDirectory();
  await store.putExclusive('a/b', Buffer.from('x'));
  for (const path of ['', 'a', 'a/b', '.tmp']) expect((await stat(join(root, path))).mode & 0o007).toBe(0);
  await close();
});

it('names the path when a file cannot be reached, and says nothing of it when it is not there', async () => {
  const { store, root, close } = await makeDirectory();
  await store.putExclusive('a/b', Buffer.from('x'));
  await symlink('loop', join(root, 'loop'));
  await expect(store.read('loop')).rejects.toMatchObject({
    name: 'unavailable',
    message: expect.stringContaining(root) as string,
  });
  // A file where a folder should be is trouble for every user, root too.
  await expect(store.putExclusive('a/b/c', Buffer.from('x'))).rejects.toMatchObject({ name: 'unavailable' });
  expect(await readdir(join(root, '.tmp'))).toEqual([]);
  await close();
});

it('does not look into foreign folders beside its own', async () => {
  const { store, root, close } = await makeDirectory();
  await store.putExclusive('source=a/x', Buffer.from('x'));
  await mkdir(join(root, 'lost+found'));
  await writeFile(join(root, 'lost+found', 'source=b'), '');
  await chmod(join(root, 'lost+found'), 0);
  const found: string[] = [];
  for await (const { key } of store.list('source=')) found.push(key);
  expect(found).toEqual(['source=a/x']);
  await chmod(join(root, 'lost+found'), 0o700);
  await close();
});
