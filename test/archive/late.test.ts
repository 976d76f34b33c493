import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Archive, LateOrder } from '../../src/archive/archive.ts';
import { createArchive } from '../../src/archive/create.ts';
import type { Store } from '../../src/archive/store.ts';
import type { WindowSlice } from '../../src/core/manifest.ts';
import { HOUR } from '../../src/core/time.ts';
import { FROM, linesOf, makeStore, orderOf, record, SLICE, stage, type TestRecord } from './pages.ts';

const idOf: LateOrder['likeness'] = ({ bytes }) => (JSON.parse(Buffer.from(bytes).toString()) as { id: string }).id;

function lateOrder(segments: LateOrder['segments'], changes: Partial<LateOrder> = {}): LateOrder {
  const { run, sealedAt } = orderOf([]);
  const times = { missedAt: FROM + HOUR, lookedAt: FROM + 2 * HOUR };
  return { slice: SLICE as WindowSlice, segments, reported: null, likeness: idOf, ...times, run, sealedAt, ...changes };
}

async function sealed(archive: Archive, records: readonly TestRecord[]) {
  return await archive.seal(orderOf(await stage(archive, [[records]])));
}

const look = async (archive: Archive, records: readonly TestRecord[], changes: Partial<LateOrder> = {}) =>
  await archive.sealLate(lateOrder(await stage(archive, [[records]]), changes));

const digestOf = (lines: readonly string[]): string => {
  const hashes = lines.map((line) => createHash('sha256').update(line, 'latin1').digest());
  return createHash('sha256')
    .update(Buffer.concat(hashes.toSorted((a, b) => a.compare(b))))
    .digest('hex');
};

describe('another look at a sealed window', () => {
  it('adds what is new as a second revision beside the first, each id once, whatever came when', async () => {
    const ids = fc.uniqueArray(fc.nat(40), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(ids, ids, ids, async (first, second, third) => {
        const { store } = await makeStore();
        const archive = createArchive(store);
        const make = (all: readonly number[]): TestRecord[] => all.map((id) => record(`id-${id}`, id));
        let receipt = await sealed(archive, make(first));
        let known = new Set(first);
        for (const found of [second, third]) {
          const news = found.filter((id) => !known.has(id));
          const before = receipt;
          const looked = await look(archive, make(found));
          expect(looked).toMatchObject({ found: found.length, held: known.size, late: news.length, changed: 0 });
          receipt = looked.receipt;
          expect(receipt.manifest.revision).toBe(before.manifest.revision + (news.length > 0 ? 1 : 0));
          expect(receipt.manifest.parts.slice(0, before.manifest.parts.length)).toEqual(before.manifest.parts);
          expect(await archive.verify(before)).toEqual([]);
          known = new Set([...known, ...found]);
        }
        const lines = await linesOf(store, receipt);
        expect(lines.toSorted()).toEqual(
          make([...known])
            .map(({ bytes }) => Buffer.from(bytes).toString())
            .toSorted(),
        );
        expect(receipt.manifest).toMatchObject({ records: known.size, digest: digestOf(lines) });
        expect(await archive.verify(receipt)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('keeps the first form of a record that the vendor has changed, and counts it', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const first = await sealed(archive, [record('a', 1), record('b', 2)]);
    const changed = { ...record('a', 1), bytes: Buffer.from('{"id":"a","country":"NZ"}') };
    expect(await look(archive, [changed, record('b', 2)])).toMatchObject({ late: 0, changed: 1, receipt: first });
    const more = await look(archive, [changed, record('b', 2), record('c', 3)]);
    expect(more).toMatchObject({ late: 1, changed: 1, receipt: { manifest: { conflicts: 1, late: { changed: 1 } } } });
    expect(await linesOf(store, more.receipt)).toEqual([
      '{"id":"a","time":1}',
      '{"id":"b","time":2}',
      '{"id":"c","time":3}',
    ]);
  });

  it('of records that are alike keeps as many as there are, and adds the one that is new', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const likeness = (): string => 'all alike';
    const row = (id: string, text: string): TestRecord => ({ ...record(id, 1), bytes: Buffer.from(text) });
    await sealed(archive, [row('1', '["x"]'), row('2', '["x"]')]);
    // The new one comes first, and takes the id that another had.
    const looked = await look(archive, [row('1', '["new"]'), row('2', '["x"]'), row('3', '["x"]')], { likeness });
    expect(looked).toMatchObject({ late: 1, changed: 0 });
    expect(await linesOf(store, looked.receipt)).toEqual(['["x"]', '["x"]', '["new"]']);
  });

  it('measures how late they were at most: from the event to the look that saw it', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    await sealed(archive, []);
    const { lateness, receipt } = await look(archive, [record('a', 0), record('b', HOUR)]);
    expect(lateness.most).toBe(2 * HOUR);
    expect(lateness.classes.reduce((sum, one) => sum + one, 0)).toBe(2);
    expect(receipt.manifest.late).toMatchObject({ most: 2 * HOUR, lookedAt: '2026-11-21T10:00:00Z' });
  });

  it('that was beaten by another one compares again, and nothing is there twice', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    await sealed(archive, [record('a', 1)]);
    let isFirst = true;
    // Somebody else seals the second revision between this one's parts and its manifest.
    const slow: Store = {
      ...store,
      async putExclusive(key, bytes) {
        if (isFirst) {
          isFirst = false;
          await look(archive, [record('a', 1), record('b', 2)]);
        }
        return await store.putExclusive(key, bytes);
      },
    };
    const looked = await look(createArchive(slow), [record('a', 1), record('b', 2), record('c', 3)]);
    expect(looked).toMatchObject({ late: 1, held: 2, receipt: { manifest: { revision: 3, records: 3 } } });
    expect(await linesOf(store, looked.receipt)).toEqual([1, 2, 3].map((n) => `{"id":"${' abc'[n]}","time":${n}}`));
  });

  it('takes records larger than a buffer, and pages of several segments with repeats among them', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const large = (id: string): TestRecord => record(id, 1, JSON.stringify({ id, text: 'x'.repeat(1_500_000) }));
    await sealed(archive, [large('a')]);
    const segments = await stage(archive, [[[large('a'), large('b')]], [[large('b'), large('c')]]]);
    const looked = await archive.sealLate(lateOrder(segments));
    expect(looked).toMatchObject({ found: 3, late: 2 });
    expect(await archive.verify(looked.receipt)).toEqual([]);
  });

  it('says so when what is held cannot be read, or pages are missing, and seals nothing', async () => {
    const { store, root } = await makeStore();
    const archive = createArchive(store);
    const { key, manifest } = await sealed(archive, [record('a', 1)]);
    await expect(archive.sealLate(lateOrder(['.staging/none.segment']))).rejects.toMatchObject({
      name: 'staging-lost',
    });
    await rm(join(root, key.replace('manifest.json', manifest.parts[0]?.file ?? '')));
    await expect(look(archive, [record('b', 2)])).rejects.toMatchObject({ name: 'archive-damaged' });
    const other = { ...(SLICE as WindowSlice), stream: 'never-sealed' };
    await expect(look(archive, [record('b', 2)], { slice: other })).rejects.toMatchObject({ name: 'archive-damaged' });
    expect(await archive.find({ ...SLICE, revision: 2 })).toBeUndefined();
  });
});
