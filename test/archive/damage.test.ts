import { createHash } from 'node:crypto';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArchive } from '../../src/archive/create.ts';
import { keyBeside } from '../../src/archive/layout.ts';
import { keysOf, linesOf, makeStore, orderOf, record, SLICE, stage } from './pages.ts';

const pages = Array.from({ length: 4 }, (_, p) =>
  Array.from({ length: 40 }, (_, i) => {
    const id = createHash('md5').update(`${p}-${i}`).digest('hex');
    return record(id, (i * 37) % 50);
  }),
);

function flip(bytes: Buffer, bit: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

/** Numbers spread over `[0, most)`, with both ends. */
function spread(count: number, most: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor((i * (most - 1)) / (count - 1)));
}

describe('staged pages', () => {
  async function staged() {
    const { store, root } = await makeStore();
    const archive = createArchive(store);
    const segments = await stage(archive, [pages.slice(0, 2), pages.slice(2)]);
    const path = join(root, segments[1] ?? '');
    return { store, archive, segments, path, whole: await readFile(path) };
  }

  it('with any bit flipped are given up as lost, and nothing is sealed', async () => {
    const { store, archive, segments, path, whole } = await staged();
    for (const bit of spread(200, whole.length * 8)) {
      await writeFile(path, flip(whole, bit));
      await expect(archive.seal(orderOf(segments)), `bit ${bit}`).rejects.toMatchObject({ name: 'staging-lost' });
    }
    expect(await archive.find(SLICE)).toBeUndefined();
    await writeFile(path, whole);
    const receipt = await archive.seal(orderOf(segments));
    expect(receipt.manifest.records).toBe(160);
    expect(await keysOf(store, 'source=')).toHaveLength(2);
  });

  it('that are torn anywhere are given up as lost', async () => {
    const { archive, segments, path, whole } = await staged();
    for (const length of spread(60, whole.length)) {
      await writeFile(path, whole.subarray(0, length));
      await expect(archive.seal(orderOf(segments)), `${length} bytes`).rejects.toMatchObject({ name: 'staging-lost' });
    }
    await writeFile(path, Buffer.concat([whole, Buffer.alloc(1)]));
    await expect(archive.seal(orderOf(segments))).rejects.toMatchObject({ name: 'staging-lost' });
  });

  it('that are gone are given up as lost, and so is a key that is none of a segment', async () => {
    const { archive, segments, path } = await staged();
    await rm(path);
    await expect(archive.seal(orderOf(segments))).rejects.toMatchObject({ name: 'staging-lost' });
    await expect(archive.seal(orderOf(['source=acme/x']))).rejects.toMatchObject({ name: 'staging-lost' });
  });
});

describe('verifying', () => {
  async function sealed() {
    const { store, root } = await makeStore();
    const archive = createArchive(store);
    const receipt = await archive.seal(orderOf(await stage(archive, [pages])));
    const file = receipt.manifest.parts[0]?.file ?? '';
    const path = join(root, keyBeside(receipt.key, file));
    return { store, archive, receipt, file, path, manifest: join(root, receipt.key), whole: await readFile(path) };
  }

  it('finds any flipped bit in a part, and names the file', async () => {
    const { archive, receipt, file, path, whole } = await sealed();
    for (const bit of spread(200, whole.length * 8)) {
      await writeFile(path, flip(whole, bit));
      expect(await archive.verify(receipt), `bit ${bit}`).toEqual([expect.stringContaining(file)]);
    }
    await writeFile(path, whole);
    expect(await archive.verify(receipt)).toEqual([]);
  });

  it('finds any truncation, an addition, and a part or manifest that is gone', async () => {
    const { archive, receipt, file, path, manifest, whole } = await sealed();
    for (const length of spread(200, whole.length)) {
      await truncate(path, length);
      expect(await archive.verify(receipt), `${length} bytes`).toEqual([expect.stringContaining(file)]);
      await writeFile(path, whole);
    }
    await writeFile(path, Buffer.concat([whole, Buffer.from('x')]));
    expect(await archive.verify(receipt)).toEqual([expect.stringContaining(file)]);
    await rm(path);
    expect(await archive.verify(receipt)).toEqual([expect.stringContaining(`${file} is missing`)]);
    await writeFile(path, whole);
    await rm(manifest);
    expect(await archive.verify(receipt)).toEqual([expect.stringContaining('manifest.json is missing')]);
  });

  it('finds a manifest that was changed together with its counts', async () => {
    const { archive, receipt } = await sealed();
    const { manifest, key } = receipt;
    const digest = `${manifest.digest.startsWith('0') ? '1' : '0'}${manifest.digest.slice(1)}`;
    expect(await archive.verify({ key, manifest: { ...manifest, digest } })).not.toEqual([]);
    const [part] = manifest.parts;
    if (part === undefined) expect.fail();
    const fewer = { ...manifest, records: 159, parts: [{ ...part, records: 159 }] };
    expect(await archive.verify({ key, manifest: fewer })).not.toEqual([]);
  });

  it('is what reading does as well: a damaged part is never read to its end in silence', async () => {
    const { store, receipt, path, whole } = await sealed();
    for (const bit of spread(50, whole.length * 8)) {
      await writeFile(path, flip(whole, bit));
      await expect(linesOf(store, receipt), `bit ${bit}`).rejects.toMatchObject({ name: 'archive-damaged' });
    }
  });
});

describe('manifests', () => {
  it('that are damaged are reported and do not hide the others', async () => {
    const { store, root } = await makeStore();
    const archive = createArchive(store);
    const whole = await archive.seal(orderOf(await stage(archive, [pages])));
    const other = { ...SLICE, from: '2026-11-21T07:00:00Z', until: '2026-11-21T08:00:00Z' };
    const damaged = await archive.seal(orderOf(await stage(archive, [pages]), { slice: other }));
    const text = await readFile(join(root, damaged.key), 'utf8');
    const damages = [
      '',
      text.slice(0, -3),
      text.replace('"version": 1', '"version": 2'),
      text.replace('"records": 160', '"records": 161'),
      text.replace('"file": "part', '"file": "../part'),
      text.replace('T07:00:00Z', 'T06:00:00Z'),
      text.replace('"source": "acme"', '"source": "ACME"'),
    ];
    for (const damage of damages) {
      await writeFile(join(root, damaged.key), damage);
      const found = [];
      for await (const one of archive.manifests()) found.push(one);
      expect(found).toEqual([{ key: damaged.key, damage: expect.stringContaining(damaged.key) as string }, whole]);
      await expect(archive.find(other)).rejects.toMatchObject({ name: 'archive-damaged' });
      await expect(archive.seal(orderOf([], { slice: other }))).rejects.toMatchObject({ name: 'archive-damaged' });
    }
  });

  it('of a later program are read, with what this one does not know', async () => {
    const { store, root } = await makeStore();
    const archive = createArchive(store);
    const receipt = await archive.seal(orderOf(await stage(archive, [pages])));
    const text = await readFile(join(root, receipt.key), 'utf8');
    expect(text.endsWith('}\n')).toBe(true);
    await writeFile(join(root, receipt.key), text.replace('"version": 1,', '"version": 1, "codec": "gzip",'));
    expect((await archive.find(SLICE))?.manifest).toMatchObject({ records: 160, codec: 'gzip' });
  });

  it('survive being written and read with any names and counts', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.uuid(), fc.nat(), async (stream, source, reported) => {
        const slice = { ...SLICE, source, stream };
        const receipt = await archive.seal(orderOf(await stage(archive, [[]]), { slice, reported }));
        expect(await archive.find(slice)).toEqual(receipt);
      }),
      { numRuns: 50 },
    );
  });
});
