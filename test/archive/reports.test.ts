import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Archive } from '../../src/archive/archive.ts';
import { createArchive } from '../../src/archive/create.ts';
import { keyBeside } from '../../src/archive/layout.ts';
import type { ReportSlice } from '../../src/core/manifest.ts';
import { keysOf, makeStore, orderOf, record, stage, STREAM } from './pages.ts';

const REPORT: ReportSlice = {
  ...STREAM,
  type: 'made-up',
  kind: 'report',
  day: '2026-11-20',
  file: '2026-11-20-scan_ssl-acme.csv',
  revision: 1,
};
const CSV = `"timestamp","ip"\n${'"2026-11-20 00:00:01","192.0.2.1"\n'.repeat(90_000)}`;

async function pieces(archive: Archive, sizes: readonly number[], text = CSV): Promise<readonly string[]> {
  const keys: string[] = [];
  let from = 0;
  for (const size of sizes) {
    const writer = archive.stagePiece(STREAM);
    for (let at = from; at < from + size; at += 50_000) {
      await writer.write(Buffer.from(text).subarray(at, Math.min(at + 50_000, from + size)));
    }
    from += size;
    keys.push((await writer.finish()).key);
  }
  return keys;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('a sealed report', () => {
  it('keeps the vendor’s file to the byte beside its records, however many pieces it came in', async () => {
    const { store, root } = await makeStore();
    const archive = createArchive(store);
    const segments = await stage(archive, [[[record('a', 1), record('a', 1), record('b', 0)]]]);
    const staged = await pieces(archive, [1, 1_500_000, 0, CSV.length - 1_500_001]);
    const verbatim = { extension: 'csv', pieces: staged };
    const more = { slice: REPORT, verbatim, reportId: 'xyz?1', keepRepeats: true };
    const receipt = await archive.seal(orderOf(segments, more));
    const { manifest, key } = receipt;
    expect(key).toContain('/dt=2026-11-20/2026-11-20-scan_ssl-acme.csv/manifest.json');
    expect(manifest).toMatchObject({ records: 3, repeats: 0, reportId: 'xyz?1', kind: 'report', day: '2026-11-20' });
    const file = await readFile(join(root, keyBeside(key, manifest.verbatim?.file ?? '')));
    expect(gunzipSync(file).toString()).toBe(CSV);
    const { bytes, rawBytes } = manifest.verbatim ?? {};
    expect({ bytes, rawBytes }).toEqual({ bytes: file.length, rawBytes: CSV.length });
    expect(manifest.verbatim).toMatchObject({ sha256: sha256(file), rawSha256: sha256(Buffer.from(CSV)) });
    expect(await archive.verify(receipt)).toEqual([]);
    expect(await archive.find(REPORT)).toEqual(receipt);
    expect(await keysOf(store, '.staging/')).toEqual([]);
  });

  it('that was issued again is a revision of its own, and the first stays', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const seal = async (revision: number, text: string) =>
      await archive.seal(
        orderOf(await stage(archive, [[[record(text, 1)]]]), {
          slice: { ...REPORT, revision },
          verbatim: { extension: 'csv', pieces: await pieces(archive, [text.length], text) },
        }),
      );
    const first = await seal(1, 'one');
    const second = await seal(2, 'two!');
    expect(second.key).toMatch(/manifest-r2\.json$/);
    expect(await archive.verify(first)).toEqual([]);
    expect(await archive.verify(second)).toEqual([]);
  });

  it('whose file was changed afterwards is found by verify', async () => {
    const { store, root } = await makeStore();
    const archive = createArchive(store);
    const verbatim = { extension: 'csv', pieces: await pieces(archive, [1_000]) };
    const receipt = await archive.seal(
      orderOf(await stage(archive, [[[record('a', 1)]]]), { slice: REPORT, verbatim }),
    );
    const path = join(root, keyBeside(receipt.key, receipt.manifest.verbatim?.file ?? ''));
    const bytes = await readFile(path);
    bytes[bytes.length - 12] = (bytes[bytes.length - 12] ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect((await archive.verify(receipt)).join()).toMatch(/verbatim-.*(SHA-256|decompressed|unpack)/);
  });

  it('cannot be made of a piece that is gone', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const verbatim = { extension: 'csv', pieces: ['.staging/source=acme/stream=www.example.com/gone.piece'] };
    const sealing = archive.seal(orderOf(await stage(archive, [[[record('a', 1)]]]), { slice: REPORT, verbatim }));
    await expect(sealing).rejects.toMatchObject({ name: 'staging-lost' });
  });

  it('of an empty file has no records and an empty file', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const verbatim = { extension: 'csv', pieces: await pieces(archive, [0]) };
    const receipt = await archive.seal(orderOf(await stage(archive, [[[]]]), { slice: REPORT, verbatim }));
    expect(receipt.manifest.verbatim?.rawBytes).toBe(0);
    expect(await archive.verify(receipt)).toEqual([]);
  });
});

describe('a sealed portion', () => {
  it('is found by the cursor that it comes after, whatever it reaches', async () => {
    const { store } = await makeStore();
    const archive = createArchive(store);
    const portion = { ...STREAM, type: 'made-up', kind: 'portion', after: '9007199254740993', revision: 1 } as const;
    const seal = async (upto: string) =>
      await archive.seal(orderOf(await stage(archive, [[[record(upto, 1)]]]), { slice: { ...portion, upto } }));
    const winner = await seal('9007199254740999');
    const late = await seal('9007199254740995');
    expect(late).toEqual(winner);
    expect(winner.key).toContain('/after=9007199254740993/manifest.json');
    expect(await archive.verify(winner)).toEqual([]);
  });
});
