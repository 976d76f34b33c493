import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, it } from 'vitest';
import type { DamagedManifest } from '../../src/archive/archive.ts';
import type { Receipt } from '../../src/core/manifest.ts';
import { rebuildSqliteLedger, type Rebuilt } from '../../src/ledger/rebuild.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { smallDisk } from './disk.ts';
import { at, contentOf, failureOf, hours, makeFolder, openUntilEnd, portion, receipt } from './kit.ts';
import { soundBytes, SPAN, stream, STREAM } from './kit.ts';
import { startProcess } from './processes.ts';

const archived = Array.from({ length: 200 }, (_, hour) => receipt(hour, hour + 1));
const NOW = Date.parse('2026-12-01T10:20:30Z');
const SUFFIX = '.replaced-2026-12-01T102030Z';

const rebuild = (file: string, manifests: readonly (Receipt | DamagedManifest)[] = archived): Promise<Rebuilt> =>
  rebuildSqliteLedger(file, stream(manifests), NOW);

async function content(file: string): Promise<Record<string, unknown>> {
  return contentOf(await openUntilEnd(file));
}

/** A file with a sound ledger in it, and what it says. */
async function soundLedger(): Promise<{ file: string; before: Record<string, unknown> }> {
  const file = join(await makeFolder(), 'ledger.db');
  await writeFile(file, await soundBytes());
  return { file, before: await content(file) };
}

describe('rebuilding a ledger', () => {
  it('that is gone gives back every slice that the archive holds', async () => {
    const file = join(await makeFolder(), 'data', 'ledger.db');
    expect(await rebuild(file)).toEqual({ slices: 200, damaged: [], former: undefined, tookOver: false });
    const ledger = await openUntilEnd(file);
    expect((await ledger.coverage(STREAM, SPAN)).held).toEqual([hours(0, 200)]);
    expect(await ledger.slices(STREAM, SPAN)).toHaveLength(200);
    // Nobody knows any more when it was applied; it was no later than this.
    expect(await ledger.streams()).toEqual([{ ...STREAM, appliedAt: at(0) }]);
  });

  it('that is gone puts each sequence at the end of its chain of portions, whatever order they are found in', async () => {
    const file = join(await makeFolder(), 'data', 'ledger.db');
    await rebuild(file, [portion('b', 'c'), portion('c', 'd'), portion('a', 'b')]);
    const ledger = await openUntilEnd(file);
    expect((await ledger.position(STREAM))?.cursor).toBe('d');
    expect(await ledger.portions(STREAM, 10)).toHaveLength(3);
  });

  it('that is behind the archive moves each sequence on to the end of its chain, and no further', async () => {
    const { file } = await soundLedger();
    const before = await openUntilEnd(file);
    await before.begin(STREAM, 'a', at(1));
    const elsewhere = { ...STREAM, stream: 'untouched' };
    await before.begin(elsewhere, 'z', at(1));
    await rebuild(file, [...archived, portion('c', 'd'), portion('a', 'b'), portion('b', 'c')]);
    const ledger = await openUntilEnd(file);
    expect((await ledger.position(STREAM))?.cursor).toBe('d');
    expect((await ledger.position(elsewhere))?.cursor).toBe('z');
  });

  it('that is sound changes nothing, not even what manifests cannot tell, and keeps the former one beside', async () => {
    const { file, before } = await soundLedger();
    expect(await rebuild(file)).toEqual({ slices: 200, damaged: [], former: file + SUFFIX, tookOver: true });
    expect(await content(file)).toEqual(before);
    expect(await content(file + SUFFIX)).toEqual(before);
  });

  it('puts right what somebody changed by hand, adds what was missing, and drops what the archive does not hold', async () => {
    const { file, before } = await soundLedger();
    const ledger = await openUntilEnd(file);
    await ledger.commit(receipt(250, 260));
    const later = [...archived.slice(0, 199), receipt(199, 200, { digest: 'f'.repeat(64) }), receipt(200, 305)];
    await rebuild(file, later);
    const { held, wanted } = await ledger.coverage(STREAM, SPAN);
    expect({ held, wanted }).toEqual({ held: [hours(0, 305)], wanted: [hours(305, 310), hours(340, 350)] });
    const slices = await ledger.slices(STREAM, hours(198, 201));
    expect(slices.map((one) => one.digest[0])).toEqual(['d', 'f', 'd']);
    expect(await content(file)).toMatchObject({ streams: before['streams'], losses: before['losses'] });
  });

  it('passes over damaged manifests, and names them', async () => {
    const file = join(await makeFolder(), 'ledger.db');
    const damaged = { key: 'source=acme/x/manifest.json', damage: 'not JSON' };
    const twice = receipt(0, 1, { digest: 'e'.repeat(64) });
    const rebuilt = await rebuild(file, [damaged, ...archived.slice(0, 3), twice]);
    expect(rebuilt.slices).toBe(3);
    expect(rebuilt.damaged.map((one) => one.key)).toEqual([damaged.key, twice.key]);
    expect((await (await openUntilEnd(file)).slices(STREAM, SPAN)).map((one) => one.digest[0])).toEqual([
      'd',
      'd',
      'd',
    ]);
  });

  it.each([
    ['holds something else', (): Buffer => Buffer.from('not a ledger. '.repeat(1_000))],
    ['is empty', (): Buffer => Buffer.alloc(0)],
    ['was cut off in the middle', (sound: Buffer): Buffer => sound.subarray(0, sound.length / 2)],
  ])('that %s makes a new one, and keeps the damaged one as it was', async (_, damage) => {
    const folder = await makeFolder();
    const file = join(folder, 'ledger.db');
    const bytes = damage(await soundBytes());
    await writeFile(file, bytes);
    expect(await rebuild(file)).toEqual({ slices: 200, damaged: [], former: file + SUFFIX, tookOver: false });
    expect((await (await openUntilEnd(file)).coverage(STREAM, SPAN)).held).toEqual([hours(0, 200)]);
    expect((await readFile(file + SUFFIX)).subarray(100).equals(bytes.subarray(100))).toBe(true);
    expect((await readdir(folder)).filter((name) => /rebuilding|new/.test(name))).toEqual([]);
  });

  it('in whose place a folder is puts the folder aside', async () => {
    const file = join(await makeFolder(), 'ledger.db');
    await mkdir(join(file, 'inner'), { recursive: true });
    await rebuild(file);
    expect((await (await openUntilEnd(file)).coverage(STREAM, SPAN)).held).toEqual([hours(0, 200)]);
    expect(await readdir(file + SUFFIX)).toEqual(['inner']);
  });

  it('whose slices are damaged saves what manifests cannot tell', async () => {
    const { file, before } = await soundLedger();
    const bytes = await soundBytes();
    const page = 4_096;
    // The digests are in the slices' pages only.
    const last = Math.floor(bytes.lastIndexOf('d'.repeat(64)) / page);
    await writeFile(file, Buffer.from(bytes).fill(0xa5, last * page, (last + 1) * page));
    expect((await failureOf(openSqliteLedger(file))).name).toBe('ledger-damaged');
    expect(await rebuild(file)).toMatchObject({ slices: 200, former: file + SUFFIX, tookOver: true });
    expect(await content(file)).toEqual(before);
  });

  it('whose index lies, which opening it does not show, makes a new one', async () => {
    const { file, before } = await soundLedger();
    const bytes = Buffer.from(await soundBytes());
    const start = Buffer.alloc(6);
    start.writeUIntBE(at(50), 0, 6);
    let place = bytes.indexOf(start);
    // The first byte of a page says what it is: 0x0a is a leaf of an index.
    while (bytes[place - (place % 4_096)] !== 0x0a) place = bytes.indexOf(start, place + 1);
    bytes[place + 5] = (bytes[place + 5] ?? 0) ^ 1;
    await writeFile(file, bytes);
    await (await openSqliteLedger(file)).close();
    expect(await rebuild(file)).toMatchObject({ slices: 200, tookOver: true });
    expect(await content(file)).toEqual(before);
    expect((await readFile(file + SUFFIX)).subarray(100).equals(bytes.subarray(100))).toBe(true);
  });

  it('is used at once by who had the damaged one open', async () => {
    const { file } = await soundLedger();
    const worker = await openUntilEnd(file);
    await writeFile(`${file}.broken`, 'broken '.repeat(1_000));
    await rename(`${file}.broken`, file);
    expect((await failureOf(worker.streams())).name).toBe('ledger-damaged');
    await rebuild(file);
    expect((await worker.coverage(STREAM, SPAN)).held).toEqual([hours(0, 200)]);
    expect(await worker.commit(receipt(200, 201))).toBe('committed');
    expect((await (await openUntilEnd(file)).coverage(STREAM, SPAN)).held).toEqual([hours(0, 201)]);
  });

  it('lets workers that commit meanwhile wait, and forgets nothing of theirs', async () => {
    const { file } = await soundLedger();
    const worker = await openUntilEnd(file);
    let meanwhile: Promise<unknown> = Promise.resolve();
    async function* manifests(): AsyncGenerator<Receipt> {
      yield* archived.slice(0, 100);
      meanwhile = Promise.all([worker.commit(receipt(500, 501)), worker.lose(STREAM, [hours(600, 601)], 'x', at(700))]);
      // What is read meanwhile is what was there before.
      expect((await worker.coverage(STREAM, SPAN)).held).toEqual([hours(0, 200)]);
      yield* archived.slice(100);
    }
    await rebuildSqliteLedger(file, manifests(), NOW);
    await meanwhile;
    const { held, lost } = await worker.coverage(STREAM, SPAN);
    expect({ held, lost }).toEqual({
      held: [hours(0, 200), hours(500, 501)],
      lost: [hours(320, 321), hours(600, 601)],
    });
  });

  it('leaves the ledger as it was when the archive cannot be read to its end', async () => {
    const { file, before } = await soundLedger();
    async function* broken(): AsyncGenerator<Receipt> {
      yield* archived.slice(0, 10);
      throw new Error('the disk was pulled');
    }
    expect((await failureOf(rebuildSqliteLedger(file, broken(), NOW))).message).toBe('the disk was pulled');
    expect(await content(file)).toEqual(before);
    const damaged = join(await makeFolder(), 'ledger.db');
    await writeFile(damaged, 'broken '.repeat(1_000));
    await failureOf(rebuildSqliteLedger(damaged, broken(), NOW));
    expect(String(await readFile(damaged))).toBe('broken '.repeat(1_000));
  });

  it('of a newer sluice is refused: its facts would be dropped', async () => {
    const { file } = await soundLedger();
    const db = new Libsql(file);
    db.exec(`insert into kysely_migration values ('9999-from-the-future', '2099-01-01T00:00:00.000Z')`);
    db.close();
    expect((await failureOf(rebuild(file))).message).toContain('was written by a newer sluice');
  });

  it('is refused while another rebuild runs', async () => {
    const { file } = await soundLedger();
    let second: Error | undefined;
    async function* manifests(): AsyncGenerator<Receipt> {
      second = await failureOf(rebuildSqliteLedger(file, stream(archived), NOW + 1));
      yield* archived;
    }
    await rebuildSqliteLedger(file, manifests(), NOW);
    expect(second?.name).toBe('unavailable');
    expect(second?.message).toContain('another rebuild');
  });

  it('on a full disk leaves the ledger as it was', async ({ skip }) => {
    const disk = smallDisk(300) ?? skip('no file system can be mounted here');
    const file = join(disk.folder, 'ledger.db');
    await writeFile(file, await soundBytes());
    const ledger = await openSqliteLedger(file);
    const before = await contentOf(ledger);
    const many = Array.from({ length: 3_000 }, (_, hour) => receipt(hour, hour + 1));
    expect((await failureOf(rebuild(file, many))).name).toBe('storage-full');
    expect(await contentOf(ledger)).toEqual(before);
    await ledger.close();
  });

  it.each(['sound', 'damaged'])('killed on its way leaves a %s one as it was, or the new one', async (state) => {
    const bytes = state === 'sound' ? await soundBytes() : Buffer.from('broken '.repeat(1_000));
    // After so many manifests: what follows the last one, the commit and the swap, is the delicate part.
    for (const count of [1, 120, 200, 200, 200, 200, 200, 201]) {
      const file = join(await makeFolder(), 'ledger.db');
      await writeFile(file, bytes);
      const child = await startProcess({ do: 'rebuild', file, manifests: archived });
      child.go();
      await child.hasSaid(count);
      child.kill();
      await child.ended;
      const ledger = await openSqliteLedger(file).catch((error: Error) => error);
      if (ledger instanceof Error) {
        expect({ state, name: ledger.name, count }).toEqual({ state: 'damaged', name: 'ledger-damaged', count });
        expect(count).toBeLessThan(201);
        expect((await readFile(file)).equals(bytes)).toBe(true);
      } else {
        expect((await ledger.coverage(STREAM, SPAN)).held).toEqual([hours(0, 200)]);
        await ledger.close();
      }
      // What it left behind is in nobody's way.
      expect(await rebuild(file)).toMatchObject({ slices: 200 });
    }
  });
});
