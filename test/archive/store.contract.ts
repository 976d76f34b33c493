import { afterEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/archive/store.ts';

export interface StoreUnderTest {
  readonly store: Store;
  /** How many files, parts of uploads and the like exist that no key leads to. */
  readonly leftovers: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** What every store promises; `make` gives an empty one. */
export function testStore(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store`, () => {
    const open: StoreUnderTest[] = [];
    const fresh = async (): Promise<StoreUnderTest> => {
      const one = await make();
      open.push(one);
      return one;
    };
    afterEach(async () => {
      for (const one of open.splice(0)) await one.close();
    });

    it('shows an object once it is finished, whole, and not before', async () => {
      const { store, leftovers } = await fresh();
      const writer = await store.writer();
      const block = Buffer.from('first ');
      await writer.write(block);
      block.fill(0);
      await writer.write(Buffer.from('second'));
      expect(await store.read('a/b')).toBeUndefined();
      expect(await keys(store, '')).toEqual([]);
      await writer.finish('a/b');
      expect(String(await store.read('a/b'))).toBe('first second');
      expect(await keys(store, '')).toEqual(['a/b']);
      expect(await leftovers()).toBe(0);
    });

    it('keeps nothing of an object that is given up, and giving it up twice, or after its end, does no harm', async () => {
      const { store, leftovers } = await fresh();
      const writer = await store.writer();
      await writer.write(Buffer.alloc(100_000));
      await writer.abort();
      await writer.abort();
      const finished = await store.writer();
      await finished.finish('kept');
      await finished.abort();
      expect(await keys(store, '')).toEqual(['kept']);
      expect(await leftovers()).toBe(0);
    });

    it('never replaces an object', async () => {
      const { store, leftovers } = await fresh();
      expect(await store.putExclusive('a', Buffer.from('one'))).toBe(true);
      expect(await store.putExclusive('a', Buffer.from('two'))).toBe(false);
      const writer = await store.writer();
      await writer.write(Buffer.from('three'));
      await writer.finish('a');
      expect(String(await store.read('a'))).toBe('one');
      expect(await leftovers()).toBe(0);
    });

    it('lets exactly one of 32 writers win, and all see its bytes', async () => {
      const { store, leftovers } = await fresh();
      const attempts = Array.from({ length: 32 }, (_, i) =>
        store.putExclusive('m/manifest.json', Buffer.from(`by ${i}`)),
      );
      const won = await Promise.all(attempts);
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(String(await store.read('m/manifest.json'))).toBe(`by ${won.indexOf(true)}`);
      expect(await leftovers()).toBe(0);
    });

    it('reads pieces from anywhere, and fewer bytes only at the end', async () => {
      const { store } = await fresh();
      const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
      await store.putExclusive('a', bytes);
      const reader = await store.open('a');
      const into = Buffer.alloc(300);
      expect(reader?.size).toBe(1000);
      expect(await reader?.read(100, into)).toBe(300);
      expect(into.equals(bytes.subarray(100, 400))).toBe(true);
      expect(await reader?.read(900, into)).toBe(100);
      expect(into.subarray(0, 100).equals(bytes.subarray(900))).toBe(true);
      expect(await reader?.read(1000, into)).toBe(0);
      await reader?.close();
      expect(await store.open('b')).toBeUndefined();
    });

    it('lists what begins with a prefix, in the order of the whole keys, with the time of each', async () => {
      const { store } = await fresh();
      const all = ['a/b/1', 'a-b/1', 'a/b-1', 'a.b', 'ab', '.staging/x', 'a/b', 'b'].filter((key) => key !== 'a/b');
      const startedAt = Date.now();
      for (const key of all) await store.putExclusive(key, Buffer.from(key));
      const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(await keys(store, '')).toEqual(all.toSorted(byBytes));
      expect(await keys(store, 'a/')).toEqual(['a/b-1', 'a/b/1']);
      expect(await keys(store, 'a/b/')).toEqual(['a/b/1']);
      expect(await keys(store, 'a')).toEqual(all.filter((key) => key.startsWith('a')).toSorted(byBytes));
      expect(await keys(store, 'none/')).toEqual([]);
      for await (const { modifiedAt } of store.list('')) {
        expect(modifiedAt).toBeGreaterThan(startedAt - 5_000);
        expect(modifiedAt).toBeLessThan(Date.now() + 5_000);
      }
    });

    it('removes an object, and is content when there is none', async () => {
      const { store } = await fresh();
      await store.putExclusive('a/b', Buffer.from('x'));
      await store.remove('a/b');
      await store.remove('a/b');
      await store.remove('c/d');
      expect(await store.read('a/b')).toBeUndefined();
    });

    it('throws away what dead writers left, but not what is young', async () => {
      const { store, leftovers } = await fresh();
      const writer = await store.writer();
      await writer.write(Buffer.from('half'));
      expect(await store.removeLeftovers(Date.now() - 60_000)).toBe(0);
      expect(await leftovers()).toBe(1);
      expect(await store.removeLeftovers(Date.now() + 60_000)).toBe(1);
      expect(await leftovers()).toBe(0);
      await writer.abort();
    });

    it.each(['..', '../a', 'a/../../b', '/etc/passwd', '', 'a//b', 'a/', './a', 'a/.', 'a\\b', 'a\0b', '.tmp/x'])(
      'refuses the key %j',
      async (key) => {
        const { store, leftovers } = await fresh();
        await expect(store.putExclusive(key, Buffer.from('x'))).rejects.toThrow(RangeError);
        await expect(store.read(key)).rejects.toThrow(RangeError);
        await expect(store.open(key)).rejects.toThrow(RangeError);
        await expect(store.remove(key)).rejects.toThrow(RangeError);
        const writer = await store.writer();
        await expect(writer.finish(key)).rejects.toThrow(RangeError);
        await writer.abort();
        expect(await leftovers()).toBe(0);
      },
    );
  });
}

async function keys(store: Store, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}
