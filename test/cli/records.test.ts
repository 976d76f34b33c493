import { unlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { deployment, hour, NAME, yaml } from './kit.ts';

describe('sluice records', () => {
  it('prints the records of sealed slices, the oldest first, one a line and nothing else', async () => {
    const { run, seal } = await deployment();
    await seal(hour(1), 2);
    await seal(hour(3), 1);
    const { code, stdout, stderr } = await run('records', NAME);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(ids).toEqual([`${hour(3).from}-0`, `${hour(1).from}-0`, `${hour(1).from}-1`]);
  });

  it('prints only slices that end after --since', async () => {
    const { run, seal } = await deployment();
    await seal(hour(20), 1);
    await seal(hour(1), 1);
    const { stdout } = await run('records', NAME, '--since', '5h');
    expect(stdout).toBe(`{"id":"${hour(1).from}-0"}\n`);
  });

  it('says so when a slice is not where it should be', async () => {
    const { run, seal, archive } = await deployment();
    const manifest = await seal(hour(1), 1);
    await unlink(`${archive}/${manifest}`);
    const { code, stderr } = await run('records', NAME);
    expect(code).toBe(74);
    expect(stderr).toContain('is missing: the ledger has it sealed');
  });

  it('hides what is secret in them, unless the vendor’s own bytes are asked for', async () => {
    const { run, seal, folder } = await deployment(yaml(['redaction: { fields: [id] }']));
    await seal(hour(1), 1);
    const verbatim = `{"id":"${hour(1).from}-0"}\n`;
    expect((await run('records', NAME)).stdout).toBe('{"id":"***"}\n');
    expect((await run('records', NAME, '--verbatim')).stdout).toBe(verbatim);
    await writeFile(`${folder}/sluice.yaml`, yaml(['redaction: { policy: keep, fields: [id] }']));
    expect((await run('records', NAME)).stdout).toBe(verbatim);
    await writeFile(
      `${folder}/sluice.yaml`,
      yaml(['redaction: { policy: hash, fields: [id], key: "${env:SIGSCI_PASSWORD}" }']),
    );
    expect((await run('records', NAME)).stdout).toMatch(/^\{"id":"hmac-sha256:[0-9a-f]{64}"\}\n$/);
  });

  it('hides what was sealed under a strict policy, whatever today’s is', async () => {
    const { run, seal } = await deployment(yaml(['redaction: { policy: keep, fields: [id] }']));
    await seal(hour(1), 1, { redaction: 'mask' });
    expect((await run('records', NAME)).stdout).toBe('{"id":"***"}\n');
  });

  it('tells a mistyped stream from one that holds nothing', async () => {
    const { run, seal } = await deployment();
    await seal(hour(1), 1);
    expect((await run('records', 'acme-waf/www.exmple.com')).stderr).toContain(
      'Did you mean acme-waf/www.example.com?',
    );
  });
});
