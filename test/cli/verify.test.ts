import { readdirSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataOf, deployment, hour, NAME, STREAM } from './kit.ts';

async function filled() {
  const place = await deployment();
  const first = await place.seal(hour(2), 5);
  const second = await place.seal(hour(1), 7);
  return { ...place, first, second };
}

/** Overwrites a file of the archive as a bad disk might. */
async function spoil(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 0x40, bytes.length >> 1);
  await chmod(path, 0o640);
  await writeFile(path, bytes);
}

const partBeside = (manifest: string): string => {
  const folder = dirname(manifest);
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.ndjson.gz')) ?? 'none');
};

describe('verify', () => {
  it('finds nothing in an archive that is as it was sealed', async () => {
    const { run } = await filled();
    const { code, stdout, stderr } = await run('verify');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('2 slices, 12 records: all as sealed');
  });

  it('names a damaged part, and exits with 74', async () => {
    const { run, archive, first } = await filled();
    const part = partBeside(join(archive, first));
    await spoil(part);
    const ended = await run('verify', '-o', 'json');
    expect(ended.code).toBe(74);
    expect(dataOf<{ findings: unknown[] }>(ended).findings).toMatchObject([{ kind: 'damaged', manifest: first }]);
    expect((await run('verify', NAME)).stdout).toContain('.ndjson.gz');
  });

  it('names a slice that the ledger has and the archive has no more', async () => {
    const { run, archive, first } = await filled();
    await rm(join(archive, first));
    const ended = await run('verify', '-o', 'json');
    expect(ended.code).toBe(74);
    expect(dataOf<{ findings: unknown[] }>(ended).findings).toMatchObject([{ kind: 'missing', manifest: first }]);
  });

  it('names a slice that the ledger does not know, until the ledger is made again', async () => {
    const { run, seal } = await filled();
    const stray = await seal(hour(3), 2, { commit: false });
    const ended = await run('verify');
    expect(ended.code).toBe(74);
    expect(ended.stdout).toContain(`${stray} is sealed, but the ledger does not know it: \`sluice ledger rebuild\``);
    expect((await run('ledger', 'rebuild')).code).toBe(0);
    expect((await run('verify')).code).toBe(0);
  });

  it('names a manifest that cannot be read, once', async () => {
    const { run, archive, second } = await filled();
    await chmod(join(archive, second), 0o640);
    await writeFile(join(archive, second), '{"version":1');
    const ended = await run('verify', '-o', 'json');
    expect(ended.code).toBe(74);
    expect(dataOf<{ findings: unknown[] }>(ended).findings).toMatchObject([{ kind: 'damaged', manifest: second }]);
  });

  it('takes a stream that the configuration no longer has, and refuses one that nothing knows', async () => {
    const { run, seal, withLedger } = await filled();
    const gone = { source: 'acme-waf', stream: 'old.example.com' };
    await withLedger((ledger) => ledger.apply(gone, hour(5).from));
    await seal(hour(4), 1, { id: gone });
    expect((await run('verify', 'acme-waf/old.example.com')).stderr).toContain('1 slices, 1 records');
    expect((await run('verify', 'acme-waf/old.example.org')).code).toBe(64);
  });
});

describe('a damaged ledger', () => {
  it('stops every look at it with 74 and the way out; a rebuild brings everything back', async () => {
    const { run, ledger } = await filled();
    const before = await run('slices', NAME, '-o', 'json');
    await writeFile(ledger, 'this is no database, but long enough to be taken for one'.repeat(200));
    for (const args of [['status'], ['slices', NAME], ['verify']]) {
      const { code, stderr } = await run(...args);
      expect(code).toBe(74);
      expect(stderr).toContain('sluice ledger rebuild');
      expect(stderr).toContain('sluice explain ledger-damaged');
    }
    const { code, stderr } = await run('ledger', 'rebuild');
    expect(code).toBe(0);
    expect(stderr).toContain('2 slices written');
    expect(stderr).toMatch(/former file is .*ledger\.db\.replaced-/);
    expect(stderr).toContain('Not all of it could be read');
    const sealed = (text: string): unknown[] =>
      (JSON.parse(text) as { data: { state: string }[] }).data.filter(({ state }) => state === 'sealed');
    expect(sealed((await run('slices', NAME, '-o', 'json')).stdout)).toEqual(sealed(before.stdout));
  });

  it('may be made again under a process that uses it, which then sees the new one', async () => {
    const { run, seal, withLedger } = await filled();
    await seal(hour(3), 2, { commit: false });
    await withLedger(async (ledger) => {
      expect((await run('ledger', 'rebuild')).code).toBe(0);
      expect((await ledger.coverage(STREAM, { from: 0, until: Date.now() })).held).toEqual([
        { from: hour(3).from, until: hour(1).until },
      ]);
    });
  });

  it('keeps losses and wishes of a ledger that can be read', async () => {
    const { run, withLedger } = await filled();
    await withLedger((ledger) => ledger.lose(STREAM, [hour(9)], 'known', 0));
    const { stderr } = await run('ledger', 'rebuild');
    expect(stderr).toContain('taken over');
    expect(await withLedger((ledger) => ledger.losses(STREAM))).toMatchObject([{ ...hour(9), reason: 'known' }]);
  });

  it('that cannot be opened is told without a stack', async () => {
    const { run, ledger } = await deployment();
    await mkdir(ledger, { recursive: true });
    const { code, stderr } = await run('status');
    expect([74, 75]).toContain(code);
    expect(stderr).toContain('ledger.db');
    expect(stderr).not.toMatch(/^\s+at |mistake of sluice/m);
  });
});
