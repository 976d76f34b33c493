import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createArchive } from '../../src/archive/create.ts';
import { directoryStore } from '../../src/archive/directory.ts';
import type { Store } from '../../src/archive/store.ts';
import { StorageFull } from '../../src/core/failures.ts';
import { keysOf, makeStore, orderOf, record, SLICE, stage, type TestRecord } from './pages.ts';

const pages = Array.from({ length: 3 }, (_, p) =>
  Array.from({ length: 30 }, (_, i) => record(`${p}-${i % 25}`, i * 3 + p)),
);

/** A store that dies at its nth call, before or after the call has done its work, and does nothing at all from then on. */
function mortal(
  store: Store,
  dieAt: number,
  when: 'before' | 'after',
): { store: Store; died: () => boolean; bury: () => Promise<void> } {
  let calls = 0;
  const abandoned: (() => Promise<void>)[] = [];
  async function call<T>(action: () => Promise<T>): Promise<T> {
    calls += 1;
    if (calls > dieAt || (calls === dieAt && when === 'before')) throw new Error('killed');
    const result = await action();
    if (calls >= dieAt) throw new Error('killed');
    return result;
  }
  const dying: Store = {
    ...store,
    writer: () =>
      call(async () => {
        const writer = await store.writer();
        abandoned.push(() => writer.abort());
        return {
          write: (bytes) => call(() => writer.write(bytes)),
          finish: (key) => call(() => writer.finish(key)),
          // The dead clean nothing up.
          abort: () => Promise.resolve(),
        };
      }),
    putExclusive: (key, bytes) => call(() => store.putExclusive(key, bytes)),
    read: (key) => call(() => store.read(key)),
    open: (key) =>
      call(async () => {
        const reader = await store.open(key);
        if (reader === undefined) return undefined;
        let open = true;
        const close = async (): Promise<void> => {
          if (open) await reader.close();
          open = false;
        };
        abandoned.push(close);
        return { ...reader, close };
      }),
    remove: (key) => call(() => store.remove(key)),
  };
  // Closes the files that a dead process would no longer hold open.
  const bury = async (): Promise<void> => {
    for (const close of abandoned) await close();
  };
  return { store: dying, died: () => calls >= dieAt, bury };
}

describe('an attempt that dies at its nth step', () => {
  it.each(['before', 'after'] as const)('%s the step: the next one ends with the same receipt', async (when) => {
    const { store: untouched } = await makeStore();
    const undisturbed = createArchive(untouched);
    const expected = await undisturbed.seal(orderOf(await stage(undisturbed, [pages.slice(0, 1), pages.slice(1)])));
    let deaths = 0;
    for (let n = 1, died = true; died; n += 1) {
      const { store } = await makeStore();
      const archive = createArchive(store);
      const segments = await stage(archive, [pages.slice(0, 1), pages.slice(1)]);
      const killed = mortal(store, n, when);
      await createArchive(killed.store)
        .seal(orderOf(segments))
        .catch(() => undefined);
      died = killed.died();
      deaths += 1;
      const halfway: unknown[] = [];
      for await (const one of archive.manifests()) halfway.push(one);
      expect(halfway.length === 0 || JSON.stringify(halfway) === JSON.stringify([expected])).toBe(true);
      expect(await archive.seal(orderOf(segments)), `death at step ${n}`).toEqual(expected);
      expect(await archive.verify(expected)).toEqual([]);
      expect(await keysOf(store)).toEqual(await keysOf(untouched));
      await killed.bury();
    }
    expect(deaths).toBeGreaterThan(8);
  });
});

describe('a disk that is full', () => {
  /** A file system of one MiB where we may mount one, otherwise a store with a budget. Returns what makes room. */
  async function smallDisk(): Promise<{ store: Store; makeRoom: () => Promise<void> }> {
    const root = await mkdtemp(join(tmpdir(), 'sluice-small-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root], { stdio: 'ignore' });
    } catch {
      onTestFinished(() => rm(root, { recursive: true, force: true }));
      return budgeted(directoryStore(root), 1024 * 1024);
    }
    onTestFinished(async () => {
      execFileSync('umount', [root]);
      await rmdir(root);
    });
    const makeRoom = async (): Promise<void> => {
      execFileSync('mount', ['-o', 'remount,size=16m', root]);
    };
    return { store: directoryStore(root), makeRoom };
  }

  function budgeted(store: Store, most: number): { store: Store; makeRoom: () => Promise<void> } {
    let left = most;
    const spend = (bytes: number): void => {
      if (bytes > left) throw new StorageFull('the budget is spent');
      left -= bytes;
    };
    const limited: Store = {
      ...store,
      async writer() {
        const writer = await store.writer();
        return {
          ...writer,
          async write(bytes) {
            spend(bytes.length);
            await writer.write(bytes);
          },
        };
      },
      async putExclusive(key, bytes) {
        spend(bytes.length);
        return await store.putExclusive(key, bytes);
      },
    };
    return {
      store: limited,
      makeRoom: async () => {
        left = Infinity;
      },
    };
  }

  /** Bytes that do not compress, so that the part is about as large as the segment. */
  const large = [Array.from({ length: 700 }, (_, i) => record(`${i}`, i, JSON.stringify(noise(i, 900))))];

  it('while sealing holds it up, shows nothing half-written, and sealing goes on once there is room', async () => {
    const { store, makeRoom } = await smallDisk();
    const archive = createArchive(store);
    const segments = await stage(archive, [large]);
    const sealing = archive.seal(orderOf(segments));
    await expect(sealing).rejects.toMatchObject({ name: 'storage-full' });
    expect(await keysOf(store)).toEqual(segments);
    expect(await store.removeLeftovers(Date.now() + 60_000)).toBe(0);
    expect(await archive.find(SLICE)).toBeUndefined();
    await makeRoom();
    const receipt = await archive.seal(orderOf(segments));
    expect(receipt.manifest.records).toBe(700);
    expect(await archive.verify(receipt)).toEqual([]);
  });

  it('while staging gives no segment, and leaves nothing behind', async () => {
    const { store } = await smallDisk();
    const writer = createArchive(store).stage(SLICE);
    const staging = async (): Promise<void> => {
      for (let i = 0; i < 5; i += 1) await writer.page(large[0] ?? [], (one) => (one as TestRecord).value);
      await writer.finish();
    };
    await expect(staging()).rejects.toMatchObject({ name: 'storage-full' });
    await expect(writer.finish()).rejects.toMatchObject({ name: 'storage-full' });
    await writer.abort();
    expect(await keysOf(store)).toEqual([]);
    expect(await store.removeLeftovers(Date.now() + 60_000)).toBe(0);
  });
});

function noise(seed: number, length: number): string {
  let state = seed + 1;
  let text = '';
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += (state >>> 4).toString(36);
  }
  return text.slice(0, length);
}
