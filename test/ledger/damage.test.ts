import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { smallDisk } from './disk.ts';
import { at, failureOf, hours, makeFolder, openUntilEnd, receipt, soundBytes, SPAN, STREAM } from './kit.ts';

const isRoot = process.getuid?.() === 0;

describe('a damaged ledger', () => {
  it.each([
    ['holds something else', (): Buffer => Buffer.from('not a ledger. '.repeat(1_000))],
    ['holds a few bytes', (): Buffer => Buffer.from('hello')],
    ['is empty', (): Buffer => Buffer.alloc(0)],
    ['is all zeros', (): Buffer => Buffer.alloc(65_536)],
    ['was cut off in the middle', (sound: Buffer): Buffer => sound.subarray(0, sound.length / 2)],
    ['was cut off after its first page', (sound: Buffer): Buffer => sound.subarray(0, 4_096)],
    ['was cut off inside its header', (sound: Buffer): Buffer => sound.subarray(0, 50)],
    ['has an overwritten page', (sound: Buffer): Buffer => Buffer.from(sound).fill(0xa5, 8 * 4_096, 9 * 4_096)],
  ])('that %s is called damaged, is left as it is, and the way out is named', async (_, damage) => {
    const file = join(await makeFolder(), 'ledger.db');
    const bytes = damage(await soundBytes());
    await writeFile(file, bytes);
    const failure = await failureOf(openSqliteLedger(file));
    expect(failure.name).toBe('ledger-damaged');
    expect(failure.message).toContain(file);
    expect(failure.message).toContain('The archive is intact');
    expect(failure.message).toContain('`sluice ledger rebuild`');
    expect((await readFile(file)).subarray(100).equals(bytes.subarray(100))).toBe(true);
  });

  it('that is a folder is called damaged', async () => {
    const file = join(await makeFolder(), 'ledger.db');
    await mkdir(file);
    expect((await failureOf(openSqliteLedger(file))).name).toBe('ledger-damaged');
  });

  it('with any byte of its header changed is refused, or has all that it had', async () => {
    const sound = await soundBytes();
    const folder = await makeFolder();
    const outcomes = new Map<string, number>();
    for (let byte = 0; byte < 100; byte += 1) {
      const file = join(folder, `${byte}.db`);
      const bytes = Buffer.from(sound);
      bytes[byte] = (bytes[byte] ?? 0) ^ 0xff;
      await writeFile(file, bytes);
      const outcome = await openSqliteLedger(file).then(
        async (ledger) => {
          const { held } = await ledger.coverage(STREAM, SPAN);
          await ledger.close();
          expect({ byte, held }).toEqual({ byte, held: [hours(0, 200)] });
          return 'sound';
        },
        (error: Error) => error.name,
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.keys()].toSorted()).toEqual(['ledger-damaged', 'sound']);
    expect(outcomes.get('ledger-damaged')).toBeGreaterThan(30);
  });

  it('is noticed by who has it open, when it goes missing: no second one is begun in silence', async () => {
    const folder = await makeFolder();
    const file = join(folder, 'ledger.db');
    const ledger = await openUntilEnd(file);
    await ledger.commit(receipt(0, 1));
    await rename(file, join(folder, 'elsewhere.db'));
    for (const attempt of [() => ledger.commit(receipt(1, 2)), () => ledger.streams()]) {
      expect((await failureOf(attempt())).message).toContain('it is gone');
    }
    expect(await readdir(folder)).not.toContain('ledger.db');
  });

  it('of which a table is missing is called damaged', async () => {
    const file = join(await makeFolder(), 'ledger.db');
    await (await openSqliteLedger(file)).close();
    const db = new Libsql(file);
    db.exec('drop table losses');
    db.close();
    const ledger = await openUntilEnd(file);
    expect((await failureOf(ledger.coverage(STREAM, SPAN))).name).toBe('ledger-damaged');
  });
});

describe('a ledger of a newer sluice', () => {
  it('is not touched, and the message says what to do', async () => {
    const file = join(await makeFolder(), 'ledger.db');
    await (await openSqliteLedger(file)).close();
    const db = new Libsql(file);
    db.exec(`insert into kysely_migration values ('9999-from-the-future', '2099-01-01T00:00:00.000Z')`);
    db.close();
    const failure = await failureOf(openSqliteLedger(file));
    expect(failure.name).toBe('ledger-damaged');
    expect(failure.message).toContain('was written by a newer sluice');
    expect(failure.message).toContain('9999-from-the-future');
  });
});

describe('a place that does not serve', () => {
  it('is made, folders and all, for the eyes of owner and group', async () => {
    const folder = join(await makeFolder(), 'data', 'deep');
    await openUntilEnd(join(folder, 'ledger.db'));
    expect((await stat(folder)).mode & 0o027).toBe(0);
    expect((await readdir(folder)).filter((name) => !name.startsWith('ledger.db'))).toEqual([]);
    expect((await readdir(folder)).filter((name) => name.includes('.new-'))).toEqual([]);
  });

  it('because a file is where the folder should be is named', async () => {
    const folder = await makeFolder();
    await writeFile(join(folder, 'data'), '');
    const failure = await failureOf(openSqliteLedger(join(folder, 'data', 'ledger.db')));
    expect(failure.name).toBe('unavailable');
    expect(failure.message).toContain(join(folder, 'data'));
  });

  // Root may write everywhere.
  it.skipIf(isRoot)('because its folder is read-only is named, and nothing is left in it', async () => {
    const folder = await makeFolder();
    await chmod(folder, 0o550);
    onTestFinished(() => chmod(folder, 0o750));
    expect((await failureOf(openSqliteLedger(join(folder, 'ledger.db')))).name).toBe('unavailable');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a full disk', () => {
  it('is named and leaves nothing half-written, and the ledger goes on once there is room', async ({ skip }) => {
    const disk = smallDisk(400) ?? skip('no file system can be mounted here');
    const ledger = await openSqliteLedger(join(disk.folder, 'ledger.db'));
    try {
      await ledger.want(STREAM, hours(0, 3_000), at(0));
      let committed = 0;
      const fill = async (): Promise<void> => {
        for (; committed < 3_000; committed += 1) await ledger.commit(receipt(committed, committed + 1));
      };
      expect((await failureOf(fill())).name).toBe('storage-full');
      const { held, wanted } = await ledger.coverage(STREAM, hours(0, 3_000));
      expect({ held, wanted }).toEqual({ held: [hours(0, committed)], wanted: [hours(committed, 3_000)] });
      disk.grow();
      expect(await ledger.commit(receipt(committed, committed + 1))).toBe('committed');
    } finally {
      await ledger.close();
    }
  });

  it('while a ledger is made leaves none', async ({ skip }) => {
    const disk = smallDisk(16) ?? skip('no file system can be mounted here');
    expect((await failureOf(openSqliteLedger(join(disk.folder, 'ledger.db')))).name).toBe('storage-full');
    expect(await readdir(disk.folder)).toEqual([]);
  });
});
