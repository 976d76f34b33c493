import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArchive } from '../../src/archive/create.ts';
import { keyBeside } from '../../src/archive/layout.ts';
import {
  FROM,
  keysOf,
  linesOf,
  makeStore,
  orderOf,
  record,
  SLICE,
  stage,
  STREAM,
  truth,
  type TestRecord,
} from './pages.ts';

describe('a sealed slice', () => {
  it('holds what the pages held, each id once, to the byte, whatever they looked like', async () => {
    const one = fc
      .tuple(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 5 }),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
      )
      .map(([id, time, bytes]): TestRecord => ({ bytes, value: { id: `id-${id}`, time: FROM + time } }));
    const segments = fc.array(fc.array(fc.array(one, { maxLength: 12 }), { maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(segments, async (staged) => {
        const { store } = await makeStore();
        const archive = createArchive(store);
        const receipt = await archive.seal(orderOf(await stage(archive, staged)));
        const expected = truth(staged.flat());
        expect(await linesOf(store, receipt)).toEqual(expected.lines);
        const all = staged.flat(2).length;
        const { manifest } = receipt;
        expect(manifest).toMatchObject({ records: expected.lines.length, repeats: all - expected.lines.length });
        expect(manifest).toMatchObject({ pages: staged.flat().length, digest: expected.digest });
        expect(await archive.verify(receipt)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps what was said once for many records beside them, in parts of their own, each ordered by time', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const under = (website: string, id: string, time: number): TestRecord => ({
      ...record(id, time),
      context: { website, kind: 'attack' },
    });
    const segments = await stage(archive, [
      [[under('b.example', 'b2', 8), under('a.example', 'a2', 7), record('none', 9)]],
      [[under('a.example', 'a1', 1), under('b.example', 'b1', 2)], [under('b.example', 'a1', 3)]],
    ]);
    const receipt = await archive.seal(orderOf(segments));
    expect(receipt.manifest.parts.map(({ context, records }) => [context, records])).toEqual([
      [undefined, 1],
      [{ kind: 'attack', website: 'a.example' }, 1],
      [{ kind: 'attack', website: 'b.example' }, 3],
    ]);
    const held: unknown[] = [];
    for await (const { bytes, context } of archive.records(receipt))
      held.push([(JSON.parse(bytes.toString()) as { id: string }).id, context?.['website']]);
    expect(held).toEqual([
      ['none', undefined],
      ['a2', 'a.example'],
      ['b1', 'b.example'],
      ['a1', 'b.example'],
      ['b2', 'b.example'],
    ]);
    expect(receipt.manifest.repeats).toBe(1);
    expect(await archive.verify(receipt)).toEqual([]);
  });

  it('makes one part of records whose contexts are equal, whatever the order of their keys', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const columns = ['domain', 'rule_id'];
    const segments = await stage(archive, [
      [
        [{ ...record('x', 1), context: { a: 'one', columns } }],
        [{ ...record('y', 2), context: { columns, a: 'one' } }],
      ],
    ]);
    const { manifest } = await archive.seal(orderOf(segments));
    expect(manifest.parts.map(({ context }) => context)).toEqual([{ a: 'one', columns }]);
  });

  it('keeps the last of two records with one id, also within a page and over the border of segments, and counts what differed', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const segments = await stage(archive, [
      [
        // In the page the later one has the earlier time, so it stands first there.
        [record('a', 9, '{"a":1}'), record('a', 2, '{"a":2}'), record('b', 1, '{"b":1}')],
        [record('b', 1, '{"b":1}'), record('c', 3, '{"c":1}')],
      ],
      [[record('c', 4, '{"c":2}')]],
    ]);
    const receipt = await archive.seal(orderOf(segments));
    expect(await linesOf(store, receipt)).toEqual(['{"b":1}', '{"a":2}', '{"c":2}']);
    expect(receipt.manifest).toMatchObject({ records: 3, repeats: 3, conflicts: 2, pages: 3 });
  });

  it('of a vendor that had nothing has a manifest all the same', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const receipt = await archive.seal(orderOf(await stage(archive, [[[]]]), { reported: 0 }));
    expect(receipt.manifest).toMatchObject({ records: 0, parts: [], pages: 1, reported: 0 });
    expect(receipt.manifest.digest).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(await keysOf(store)).toEqual([receipt.key]);
    expect(await archive.find(SLICE)).toEqual(receipt);
  });

  it('has a pretty-printed record on one line, with spaces for its line breaks', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const receipt = await archive.seal(orderOf(await stage(archive, [[[record('a', 1, '{\r\n  "id": "a"\n}')]]])));
    expect(await linesOf(store, receipt)).toEqual(['{    "id": "a" }']);
  });

  it('tells ids apart that look alike, and keeps bytes that are not UTF-8', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const ids = ['é', 'e\u0301', 'É', '\ud800', '\ud801', '\ufffd', '', '𝄞', 'constructor', '__proto__'];
    const page = ids.map((id, i) => ({
      bytes: Buffer.of(0x22, 0xff, 0xc3, 0x80 + i, 0x22),
      value: { id, time: FROM + i },
    }));
    const receipt = await archive.seal(orderOf(await stage(archive, [[page]])));
    expect(await linesOf(store, receipt)).toEqual(page.map(({ bytes }) => bytes.toString('latin1')));
  });

  it('is the same file for file whatever order the pages came in', async () => {
    const pages = Array.from({ length: 6 }, (_, p) =>
      Array.from({ length: 50 }, (_, i) => record(`${p}-${i}`, (i * 7 + p) % 13)),
    );
    const parts = [];
    for (const order of [pages, pages.toReversed()]) {
      const { store } = await makeStore();
      const archive = createArchive(store);
      parts.push(
        (await archive.seal(orderOf(await stage(archive, [order.slice(0, 2), order.slice(2)])))).manifest.parts,
      );
    }
    expect(parts[0]).toHaveLength(1);
    expect(parts[1]).toEqual(parts[0]);
  });

  it('is divided into parts of at most 64 MiB of lines, and takes records that are larger than every buffer', async () => {
    const { store, root } = await makeStore();
    const archive = createArchive(store);
    const pages = Array.from({ length: 10 }, (_, p) => [record(`${p}`, 10 - p, `"${String(p).repeat(7_000_000)}"`)]);
    const receipt = await archive.seal(orderOf(await stage(archive, [pages.slice(0, 5), pages.slice(5)])));
    const { parts } = receipt.manifest;
    expect(parts.map((part) => part.records)).toEqual([9, 1]);
    expect(Math.max(...parts.map((part) => part.rawBytes))).toBeLessThanOrEqual(64 * 1024 * 1024);
    expect(parts[0]).toMatchObject({ firstTime: '2026-11-21T08:00:00.001Z', lastTime: '2026-11-21T08:00:00.009Z' });
    expect(await archive.verify(receipt)).toEqual([]);
    for (const part of parts) {
      const file = await readFile(join(root, keyBeside(receipt.key, part.file)));
      expect(file.length).toBe(part.bytes);
      expect(gunzipSync(file).length).toBe(part.rawBytes);
    }
  });

  it('keeps its order over more records than are sorted in one go, at times that come again and again', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const numbers = Array.from({ length: 140_000 }, (_, i) => (i * 7919) % 135_000);
    const records = numbers.map((id, i) => record(`${id}`, (i * 31) % 500, `${i}`));
    const pages = Array.from({ length: 14 }, (_, p) => records.slice(p * 10_000, (p + 1) * 10_000));
    const receipt = await archive.seal(orderOf(await stage(archive, [pages])));
    const expected = truth(pages);
    expect(receipt.manifest).toMatchObject({ records: 135_000, repeats: 5_000, conflicts: 5_000 });
    expect(receipt.manifest.digest).toBe(expected.digest);
    expect((await linesOf(store, receipt)).join() === expected.lines.join()).toBe(true);
  });
});

describe('sealing', () => {
  const pages = [[record('a', 1), record('b', 2)], [record('c', 3)]];

  it('twice at once gives one manifest, and both get the same receipt', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { store } = await makeStore();
      const archive = createArchive(store);
      const [mine, theirs] = [await stage(archive, [pages]), await stage(archive, [pages.toReversed()])];
      const orders = [orderOf(mine), orderOf(mine), orderOf(theirs, { sealedAt: '2026-11-21T11:00:00Z' })];
      const receipts = await Promise.all(orders.map((order) => archive.seal(order)));
      expect(new Set(receipts.map((receipt) => JSON.stringify(receipt))).size).toBe(1);
      expect((await keysOf(store)).filter((key) => key.endsWith('.json'))).toHaveLength(1);
      expect(await archive.verify(receipts[0] ?? expect.fail())).toEqual([]);
    }
  });

  it('again returns the first receipt, and leaves nothing staged', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const first = await archive.seal(orderOf(await stage(archive, [pages])));
    const late = await stage(archive, [[[record('z', 9)]]]);
    expect(await archive.seal(orderOf(late))).toEqual(first);
    expect(await archive.seal(orderOf(['.staging/gone']))).toEqual(first);
    expect(await keysOf(store, '.staging/')).toEqual([]);
  });

  it('clears away the parts of an attempt that died and held something else, so that a glob sees each record once', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const died = createArchive({ ...store, putExclusive: () => Promise.reject(new Error('power cut')) });
    await expect(died.seal(orderOf(await stage(archive, [[[record('z', 9)]]])))).rejects.toThrow('power cut');
    expect(await keysOf(store, 'source=')).toHaveLength(1);
    const receipt = await archive.seal(orderOf(await stage(archive, [pages])));
    expect(await keysOf(store, 'source=')).toEqual([
      receipt.key,
      keyBeside(receipt.key, receipt.manifest.parts[0]?.file ?? ''),
    ]);
  });

  it('stops when it is told to, and leaves no half part', async () => {
    const { store, root } = await makeStore();
    const archive = createArchive(store);
    const segments = await stage(archive, [pages]);
    const stop = new AbortController();
    const stopping = { ...store, writer: () => (stop.abort(new Error('cancelled')), store.writer()) };
    await expect(createArchive(stopping).seal(orderOf(segments), stop.signal)).rejects.toThrow('cancelled');
    expect(await archive.find(SLICE)).toBeUndefined();
    expect(await store.removeLeftovers(Date.now() + 60_000)).toBe(0);
    expect((await archive.seal(orderOf(segments))).manifest.records).toBe(3);
    expect((await stat(root)).isDirectory()).toBe(true);
  });
});

describe('staging', () => {
  it('says how much it holds', async () => {
    const { store } = await makeStore();
    const writer = createArchive(store).stage(STREAM);
    await writer.page([record('a', 1)], (one) => (one as TestRecord).value);
    await writer.page([], () => expect.fail());
    const segment = await writer.finish();
    const object = await store.read(segment.key);
    expect(segment).toEqual({ key: segment.key, pages: 2, records: 1 });
    expect(object?.length).toBeGreaterThan(0);
  });

  it('of little can be sealed from memory, with the same result as from the disk, and staged after all', async () => {
    const pages = [[record('b', 2), record('a', 1)], [record('c', 3)]];
    const { store, root } = await makeStore();
    const archive = createArchive(store);
    const writer = archive.stage(STREAM);
    for (const page of pages) await writer.page(page, (one) => (one as TestRecord).value);
    const held = await writer.hold();
    if (held === undefined) throw new Error('two small pages were not held');
    expect(await keysOf(store)).toEqual([]);
    expect(await store.removeLeftovers(Date.now() + 60_000)).toBe(0);
    const segment = await writer.finish();
    const other = { ...SLICE, until: '2026-11-21T08:30:00Z' };
    const fromMemory = await archive.seal(orderOf([held]));
    const fromDisk = await archive.seal(orderOf([segment.key], { slice: other }));
    expect(fromMemory.manifest.parts).toEqual(fromDisk.manifest.parts);
    expect(await linesOf(store, fromMemory)).toEqual(truth(pages).lines);
    expect((await stat(root)).isDirectory()).toBe(true);
  });

  it('of much is not held in memory', async () => {
    const { store } = await makeStore();
    const writer = createArchive(store).stage(STREAM);
    await writer.page([record('a', 1, JSON.stringify('x'.repeat(5_000_000)))], (one) => (one as TestRecord).value);
    expect(await writer.hold()).toBeUndefined();
    await writer.abort();
  });

  it('refuses a record without a time, and the page with it', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const writer = archive.stage(STREAM);
    await writer.page([record('a', 1)], (one) => (one as TestRecord).value);
    const page = writer.page([record('b', 1), record('c', NaN)], (one) => (one as TestRecord).value);
    await expect(page).rejects.toMatchObject({
      name: 'unexpected-answer',
      message: expect.stringContaining('record 2 of 2') as string,
    });
    const receipt = await archive.seal(orderOf([(await writer.finish()).key]));
    expect(receipt.manifest.records).toBe(1);
  });

  it('of attempts that were given up is swept once it is old; what is sealed and in quarantine stays', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const receipt = await archive.seal(orderOf(await stage(archive, [[[record('a', 1)]]])));
    const quarantined = await archive.quarantine(STREAM, Buffer.from('not JSON'));
    await stage(archive, [[[record('b', 1)]], [[record('c', 1)]]]);
    const open = archive.stage(STREAM);
    // Smaller ones are not written before they are finished.
    await open.page([record('d', 1, JSON.stringify('x'.repeat(5_000_000)))], (one) => (one as TestRecord).value);
    expect(await archive.sweep(Date.now() - 60_000)).toBe(0);
    expect(await archive.sweep(Date.now() + 60_000)).toBe(3);
    await open.abort();
    expect(await keysOf(store, '.staging/')).toEqual([]);
    expect(String(await store.read(quarantined))).toBe('not JSON');
    expect(await archive.verify(receipt)).toEqual([]);
  });
});
