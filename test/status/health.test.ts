import { readdir, rm, writeFile } from 'node:fs/promises';
import { Connection } from '@temporalio/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readyChecks, type Checked } from '../../src/status/checks.ts';
import { healthRoutes, type HealthCheck } from '../../src/status/health.ts';
import { listen } from '../../src/status/listen.ts';
import { freePort, testClient } from '../support/temporal.ts';
import { place, type Place } from '../metrics/kit.ts';

type Ask = (path: string) => Promise<readonly [status: number, text: string]>;

async function served(checks: readonly HealthCheck[]): Promise<Ask> {
  const { url, close } = await listen(healthRoutes(checks), '127.0.0.1:0', 'health', '');
  onTestFinished(close);
  return async (path) => {
    const answer = await fetch(url + path);
    return [answer.status, await answer.text()];
  };
}

async function healthy(changes: Partial<Checked> = {}): Promise<{ readonly ask: Ask; readonly here: Place }> {
  const here = await place();
  const connection = await testClient();
  onTestFinished(() => connection.close());
  const temporal = { connection, namespace: 'default' };
  return {
    here,
    ask: await served(readyChecks(here.config, { temporal, worker: { isPolling: () => true }, ...changes })),
  };
}

describe('/readyz', () => {
  it('is ready when Temporal, worker, ledger and archive are', async () => {
    const { ask } = await healthy();
    expect(await ask('/readyz')).toEqual([200, 'ok\n']);
    const [, text] = await ask('/readyz?verbose');
    expect(text).toBe('[+]temporal ok\n[+]worker ok\n[+]ledger ok\n[+]archive ok\nok\n');
  });

  it('says which one is not, without being asked to', async () => {
    const { ask } = await healthy({ worker: { isPolling: () => false } });
    const [status, text] = await ask('/readyz');
    expect(status).toBe(503);
    expect(text).toContain('[+]temporal ok\n[-]worker failed: it does not ask for work\n');
    expect(text).toContain('not ready');
  });

  it('is not ready without the Temporal server, or without its namespace', async () => {
    const nobody = Connection.lazy({ address: `127.0.0.1:${await freePort()}`, interceptors: [] });
    onTestFinished(() => nobody.close());
    const away = await healthy({ temporal: { connection: nobody, namespace: 'default' } });
    expect((await away.ask('/readyz'))[1]).toContain('[-]temporal failed');
    const connection = await testClient();
    onTestFinished(() => connection.close());
    const mistyped = await healthy({ temporal: { connection, namespace: 'no-such-namespace' } });
    expect((await mistyped.ask('/readyz'))[1]).toMatch(/\[-\]temporal failed: .*no-such-namespace/);
  });

  it('is not ready when the ledger is gone, or is no ledger', async () => {
    const gone = await healthy();
    await gone.here.ledger.close();
    for (const suffix of ['', '-wal', '-shm']) await rm(gone.here.ledgerFile + suffix, { force: true });
    expect((await gone.ask('/readyz'))[1]).toMatch(/\[-\]ledger failed: .* is gone: `sluice ledger rebuild`/);
    await writeFile(gone.here.ledgerFile, 'something else altogether, as long as a header would be');
    await expect.poll(async () => (await gone.ask('/readyz'))[1], { timeout: 5_000 }).not.toContain('is gone');
    expect((await gone.ask('/readyz'))[0]).toBe(503);
  });

  it('is not ready when nothing can be written into the archive, and is again once something can', async () => {
    const { ask, here } = await healthy();
    await writeFile(here.archive, 'a file where the folder should be');
    expect((await ask('/readyz'))[1]).toContain('[-]archive failed');
    await rm(here.archive);
    await expect.poll(async () => (await ask('/readyz'))[0], { timeout: 5_000 }).toBe(200);
  });

  it('leaves nothing behind in the archive', async () => {
    const { ask, here } = await healthy();
    expect((await ask('/readyz'))[0]).toBe(200);
    expect(await readdir(here.archive)).toEqual([]);
  });

  it('does not wait for a check that never ends', async () => {
    const ask = await served([{ name: 'hung', check: () => new Promise(() => undefined) }]);
    expect(await ask('/readyz')).toEqual([503, '[-]hung failed: no answer within 3 s\nnot ready\n']);
  });

  it('knows no vendor: what a vendor does can never take a process out of service', async () => {
    const { here } = await healthy();
    const names = readyChecks(here.config, {}).map(({ name }) => name);
    expect(names).toEqual(['ledger', 'archive']);
  });
});

describe.each(['/livez', '/healthz'])('%s', (path) => {
  it('is alive whatever else is not: a restart would heal nothing of it', async () => {
    const ask = await served([{ name: 'temporal', check: () => Promise.reject(new Error('away')) }]);
    expect(await ask(path)).toEqual([200, 'ok\n']);
    expect(await ask(`${path}?verbose`)).toEqual([200, '[+]event-loop ok\nok\n']);
  });
});
