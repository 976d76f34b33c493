import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSignalSciences } from '../../simulators/signal-sciences.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { toIso } from '../../src/core/time.ts';
import { freePort, freshNamespace, testTemporalAddress } from '../support/temporal.ts';
import { CANARY, dataOf, deployment, hour, SITE, start, type Running } from './kit.ts';

/** A vendor, and a configuration for the server that the run shares, in a namespace of its own. */
async function vendorAnd(options: { readonly password?: string } = {}) {
  const simulator = await startSignalSciences({
    corp: 'testcorp',
    sites: [SITE],
    accounts: [{ email: 'ops@example.com', password: options.password ?? CANARY, token: 'token-for-tests' }],
    rate: 2,
  });
  onTestFinished(() => simulator.close());
  const source = `cli-${randomUUID().slice(0, 8)}`;
  const place = await deployment(
    [
      'version: 1',
      'data: ./data',
      // Its own, for the watchdog that one test applies looks at what all workers of a namespace have.
      `temporal: { address: "${testTemporalAddress()}", namespace: ${await freshNamespace()} }`,
      'sources:',
      `  ${source}:`,
      '    type: signal-sciences',
      `    baseUrl: ${simulator.url}`,
      '    corp: testcorp',
      `    sites: [${SITE}]`,
      '    auth: { email: ops@example.com, password: "${env:SIGSCI_PASSWORD}" }',
      `    start: ${toIso(hour(2).from)}`,
      '',
    ].join('\n'),
  );
  return { ...place, simulator, stream: `${source}/${SITE}` };
}

/** A worker in a process of its own, once it polls. */
async function worker(folder: string): Promise<Running> {
  const running = start(['worker'], { cwd: folder });
  await running.said('polling');
  return running;
}

describe('on a Temporal server', () => {
  it('applies schedules, and the second time changes nothing', async () => {
    const { run, stream, withLedger } = await vendorAnd();
    const first = await run('apply', '-o', 'json');
    expect(first.code).toBe(0);
    const changes = dataOf<{ stream: string; change: string }[]>(first);
    expect(changes.find((one) => one.stream === stream)).toMatchObject({ change: 'created' });
    expect(await withLedger((ledger) => ledger.streams())).toHaveLength(1);
    const { stdout, stderr } = await run('apply');
    expect(stdout).toMatch(new RegExp(`^unchanged +${stream}`, 'm'));
    expect(stderr).toContain('sluice worker');
  });

  it('pulls through a worker of its own, which ends with 0 when it is told to', async () => {
    const { folder, run, simulator, stream } = await vendorAnd();
    const running = await worker(folder);
    const pulled = await run('pull', stream, '-o', 'json');
    expect(pulled).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`pull:${stream.replace('/', ':')}:manual:`) as string,
    });
    const { outcome } = dataOf<{ outcome: Outcome }>(pulled);
    const truth = simulator.truth(SITE, hour(2).from, hour(1).until);
    expect(outcome).toMatchObject({ sealed: 2, failed: 0, records: truth.length });
    expect((await run('pull', stream)).stdout).toContain('nothing was due');
    expect((await run('status', '--check')).code).toBe(0);
    expect((await run('verify')).code).toBe(0);

    const range = hour(5);
    const args = ['pull', stream, '--from', toIso(range.from), '--until', toIso(range.until)];
    expect((await run(...args)).stdout).toContain('1 window sealed');
    expect((await run('slices', stream, '-o', 'json')).stdout).toContain(toIso(range.from));

    const again = await run('reconcile', stream, '--from', toIso(range.from), '--to', toIso(hour(1).until));
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('no late records') as string });
    const healing = await run('gaps', 'heal', stream, '--from', toIso(hour(6).from), '--to', toIso(hour(6).until));
    expect(healing).toMatchObject({ code: 0, stdout: expect.stringContaining('1 window sealed') as string });
    expect((await run('gaps', 'heal', '--all')).stderr).toContain('Nothing is missing');

    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  }, 60_000);

  it('says that the vendor refused the credentials, and exits with 77', async () => {
    const { folder, run, stream } = await vendorAnd({ password: 'another-one' });
    await worker(folder);
    const { code, stderr, stdout } = await run('pull', stream);
    expect(code).toBe(77);
    expect(stderr).toContain('credentials-rejected');
    expect(stderr).toContain('${env:SIGSCI_PASSWORD}');
    expect(stderr).toContain('sluice explain credentials-rejected');
    expect(stdout + stderr).not.toContain(CANARY);
  });

  it('leaves a pull to the server when nobody waits for it any more', async () => {
    const { folder, stream } = await vendorAnd();
    const running = start(['pull', stream], { cwd: folder });
    await running.said('runs');
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/goes on on the server\. To stop it, cancel pull:\S+ in the Temporal UI/);
  });

  it('names what the server refuses, such as a namespace that it does not have', async () => {
    const { folder, run } = await vendorAnd();
    const text = `version: 1\ntemporal: { address: "${testTemporalAddress()}", namespace: none-such }\n`;
    const sources =
      "sources: { a: { type: signal-sciences, corp: testcorp, sites: [a.example], auth: { email: a@b.c, password: '${env:SIGSCI_PASSWORD}' } } }\n";
    await writeFile(join(folder, 'sluice.yaml'), text + sources);
    const { code, stderr } = await run('apply');
    expect(code).toBe(69);
    expect(stderr).toContain('none-such');
    expect(stderr).not.toContain('mistake of sluice');
  });
});

describe('without a Temporal server', () => {
  it.each(['apply', 'worker', 'pull acme-waf/www.example.com'])(
    '%s says so within seconds, and exits with 69',
    async (verb) => {
      const port = await freePort();
      const { run } = await deployment(withPort(port));
      const began = Date.now();
      const { code, stderr } = await run(...verb.split(' '));
      expect(code).toBe(69);
      expect(stderr).toContain(`127.0.0.1:${port}`);
      expect(stderr).toContain('sluice explain temporal-unreachable');
      expect(Date.now() - began).toBeLessThan(15_000);
    },
  );

  it('up names who has the port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { run } = await deployment(withPort(port));
    const { code, stderr } = await run('up', '--once');
    expect(code).toBe(69);
    expect(stderr).toContain(`port ${port}`);
    expect(stderr).toContain('sluice explain port-in-use');
  });

  const withPort = (port: number): string =>
    [
      'version: 1',
      `temporal: { port: ${port} }`,
      'sources:',
      '  acme-waf: { type: signal-sciences, corp: testcorp, sites: [www.example.com], auth: { email: a@b.c, password: "${env:SIGSCI_PASSWORD}" } }',
      '',
    ].join('\n');
});

describe('up --once', () => {
  it('brings everything, catches up, and ends with 0; then nothing is missing', async () => {
    const { folder, run, simulator, stream } = await vendorAnd();
    const [port, uiPort] = [await freePort(), await freePort()];
    const shown = await run('config', 'show');
    await writeFile(
      join(folder, 'sluice.yaml'),
      shown.stdout.replace(/^temporal:\n(?: .*\n)+/m, `temporal: { port: ${port}, uiPort: ${uiPort} }\n`),
    );
    const ended = await run('up', '--once', '-o', 'json');
    expect(ended.code, ended.stderr).toBe(0);
    const records = simulator.truth(SITE, hour(2).from, hour(1).until).length;
    expect(dataOf(ended)).toMatchObject([{ stream, outcome: { sealed: 2, records } }]);
    expect((await run('status', '--check')).code).toBe(0);
    expect(ended.stdout + ended.stderr).not.toContain(CANARY);
  }, 60_000);
});
