import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSignalSciences } from '../../simulators/signal-sciences.ts';
import { MINUTE, toIso } from '../../src/core/time.ts';
import { freePort, freshNamespace, testTemporalAddress } from '../support/temporal.ts';
import { CANARY, dataOf, deployment, hour, SITE, start } from './kit.ts';

interface Found {
  readonly about: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly found: string;
  readonly fix?: string;
}

/** A vendor, and a configuration with a namespace of its own. */
async function here({ password = CANARY, skew = 0, server = testTemporalAddress() } = {}) {
  const simulator = await startSignalSciences({
    corp: 'testcorp',
    sites: [SITE],
    accounts: [{ email: 'ops@example.com', password }],
    clock: () => Date.now() + skew,
    rate: 2,
  });
  onTestFinished(() => simulator.close());
  const namespace = server === testTemporalAddress() ? await freshNamespace() : 'default';
  const place = await deployment(
    [
      'version: 1',
      'data: ./data',
      `temporal: { address: "${server}", namespace: ${namespace} }`,
      'sources:',
      '  acme-waf:',
      '    type: signal-sciences',
      `    baseUrl: ${simulator.url}`,
      '    corp: testcorp',
      `    sites: [${SITE}]`,
      '    auth: { email: ops@example.com, password: "${env:SIGSCI_PASSWORD}" }',
      `    start: ${toIso(hour(2).from)}`,
      '',
    ].join('\n'),
  );
  const doctor = async (...more: readonly string[]) => {
    const ended = await place.run('doctor', '-o', 'json', ...more);
    const found = new Map(dataOf<Found[]>(ended).map((one) => [one.about, one]));
    expect(ended.stdout + ended.stderr).not.toContain(CANARY);
    return { ...ended, of: (about: string) => found.get(about), all: [...found.values()] };
  };
  return { ...place, doctor, namespace };
}

describe('doctor', () => {
  it('names what a fresh deployment lacks, each with what mends it; and nothing once that was done', async () => {
    const { doctor, run, folder } = await here();
    const before = await doctor();
    expect(before.code).toBe(69);
    expect(before.of('temporal')).toMatchObject({ result: 'ok', found: expect.stringMatching(/server 1\./) as string });
    expect(before.of('search attributes')).toMatchObject({ result: 'fail', fix: 'sluice apply registers them.' });
    expect(before.of('schedules')).toMatchObject({ result: 'warn' });
    expect(before.of('workers')).toMatchObject({ result: 'fail' });
    expect(before.of('ledger')).toMatchObject({ result: 'warn' });
    for (const { result, fix } of before.all) expect(fix === undefined).toBe(result === 'ok');
    expect(await readdir(folder)).toEqual(['sluice.yaml']);

    await run('apply');
    const worker = start(['worker'], { cwd: folder });
    await worker.said('polling');
    const after = await doctor();
    // A namespace of three days keeps histories for less than is good, and that alone is left.
    expect(after.all.filter(({ result }) => result !== 'ok').map(({ about }) => about)).toEqual(['namespace']);
    expect(after.code).toBe(0);
    expect(await readdir(join(folder, 'data'))).not.toContainEqual(expect.stringContaining('doctor'));
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
  });

  it('says that the vendor refused the credentials, and how far its clock is away', async () => {
    const refused = await here({ password: 'another' });
    const found = await refused.doctor();
    expect(found.code).toBe(77);
    expect(found.of('acme-waf')).toMatchObject({ result: 'fail', fix: 'sluice explain credentials-rejected' });
    expect((await refused.doctor('--offline')).of('acme-waf')).toBeUndefined();

    const skewed = await here({ skew: 7 * MINUTE });
    const warned = (await skewed.doctor()).of('acme-waf');
    expect(warned).toMatchObject({ result: 'warn' });
    expect(warned?.found).toMatch(/its clock is (6 min 5\d s|7 min( \d s)?) ahead of ours/);
  });

  it('still looks at the disk and the ledger where no server answers', async () => {
    const { doctor, folder } = await here({ server: `127.0.0.1:${await freePort()}` });
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data', 'ledger.db'), 'no database');
    const { code, of } = await doctor('--offline');
    expect(code).toBe(74);
    expect(of('temporal')).toMatchObject({ result: 'fail', fix: 'sluice explain temporal-unreachable' });
    expect(of('archive')).toMatchObject({ result: 'ok' });
    expect(of('ledger')).toMatchObject({ result: 'fail', fix: expect.stringContaining('ledger rebuild') as string });
  });

  it.skipIf(process.getuid?.() === 0)('says that the data folder cannot be written', async () => {
    const { doctor, folder } = await here({ server: `127.0.0.1:${await freePort()}` });
    await mkdir(join(folder, 'data'));
    await chmod(join(folder, 'data'), 0o500);
    expect((await doctor('--offline')).of('archive')).toMatchObject({ result: 'fail' });
  });
});

describe('replay', () => {
  it('takes a run from the server, open or closed, and names one that is not there', async () => {
    const { folder, run } = await here();
    await run('apply');
    const worker = start(['worker'], { cwd: folder });
    await worker.said('polling');
    const pulled = dataOf<{ workflowId: string }>(await run('pull', `acme-waf/${SITE}`, '-o', 'json'));
    for (const id of [pulled.workflowId, `extract:acme-waf:${SITE}`]) {
      const replayed = await run('replay', id, '-o', 'json');
      expect(replayed.code, replayed.stderr).toBe(0);
      expect(dataOf(replayed)).toMatchObject({ workflowId: id, fits: true });
    }
    worker.child.kill('SIGTERM');
    await worker.ended;
    const { code, stderr } = await run('replay', 'extract:acme-waf:none');
    expect(code).toBe(64);
    expect(stderr).toContain('there is no workflow extract:acme-waf:none');
  });
});
