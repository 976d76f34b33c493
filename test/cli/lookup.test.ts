import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGroupIb } from '../../simulators/group-ib.ts';
import { CANARY, dataOf, deployment } from './kit.ts';

async function account() {
  const simulator = await startGroupIb({
    accounts: [{ username: 'ops', apiKey: CANARY }],
    counts: { 'apt/threat': 20 },
  });
  onTestFinished(() => simulator.close());
  const yaml = [
    'version: 1',
    'data: ./data',
    'sources:',
    '  acme-gib:',
    '    type: group-ib',
    `    baseUrl: ${simulator.tiUrl}`,
    '    requestsPerSecond: 100',
    '    collections: [apt/threat]',
    '    auth: { username: ops, apiKey: "${env:SIGSCI_PASSWORD}" }',
    '',
  ].join('\n');
  const [threat] = simulator.latest('apt/threat');
  const item = JSON.parse(threat?.bytes.toString() ?? '') as { id: string; files: { name: string }[] };
  return { ...(await deployment(yaml)), simulator, item, bytes: threat?.bytes.toString() };
}

describe('sluice find', () => {
  it('prints an item byte for byte as the vendor sends it', async () => {
    const { run, item, bytes } = await account();
    expect(await run('find', 'acme-gib', 'apt/threat', item.id)).toEqual({ code: 0, stdout: `${bytes}\n`, stderr: '' });
  });

  it('says so where there is none, and where a source has nothing to search in', async () => {
    const { run } = await account();
    const none = await run('find', 'acme-gib', 'apt/threat', 'nobody');
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('apt/threat has nothing by the id "nobody"');
    const { run: other } = await deployment();
    expect(await other('find', 'acme-waf', 'a', 'b')).toMatchObject({ code: 64 });
    expect((await run('find', 'acme-gb', 'a', 'b')).stderr).toContain('Did you mean acme-gib?');
  });
});

describe('sluice file', () => {
  it('puts a file into the archive once, and out of it wherever it is wanted', async () => {
    const { run, item, folder, archive, simulator } = await account();
    const name = item.files[0]?.name ?? '';
    const asked = ['file', 'acme-gib', 'apt/threat', item.id, name, '--to', 'report.pdf', '-o', 'json'];
    const first = dataOf<{ present: boolean; sha256: string; manifest: string; path: string }>(await run(...asked));
    expect(first.present).toBe(false);
    const written = await readFile(join(folder, 'report.pdf'));
    expect(written.subarray(0, 4).toString()).toBe('%PDF');
    expect(createHash('sha256').update(written).digest('hex')).toBe(first.sha256);
    expect(gunzipSync(await readFile(first.path))).toEqual(written);
    expect(JSON.parse(await readFile(join(archive, first.manifest), 'utf8'))).toMatchObject({
      kind: 'file',
      item: item.id,
      file: name,
      records: 0,
      verbatim: { rawSha256: first.sha256 },
    });
    const before = simulator.requests.length;
    expect(dataOf<{ present: boolean }>(await run(...asked)).present).toBe(true);
    expect(simulator.requests.length).toBe(before);
    expect((await run('verify')).code).toBe(0);
    expect((await run('ledger', 'rebuild')).code).toBe(0);
    expect((await run('verify')).code).toBe(0);
    expect((await run('status')).stdout).not.toContain(item.id);
  });

  it('leaves nothing behind where the vendor has no such file', async () => {
    const { run, item } = await account();
    const { code, stderr } = await run('file', 'acme-gib', 'apt/threat', item.id, 'nothing.pdf');
    expect(code).not.toBe(0);
    expect(stderr).not.toContain(CANARY);
    expect((await run('verify')).stderr).not.toContain('damaged');
  });
});

describe('sluice search', () => {
  it('refuses a query that the vendor would not understand, before anything is started', async () => {
    const { run } = await account();
    const { code, stderr } = await run('search', 'acme-gib', 'example.com');
    expect(code).toBe(64);
    expect(stderr).toContain('domain:example.com');
  });
});
