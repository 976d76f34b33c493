import { describe, expect, it, onTestFinished } from 'vitest';
import { startSignalSciences } from '../../simulators/signal-sciences.ts';
import { toIso } from '../../src/core/time.ts';
import { catalogue } from '../../src/metrics/catalogue.ts';
import { metricsUsed } from '../metrics/expressions.ts';
import { valuesOf } from '../metrics/kit.ts';
import { freePort, testTemporalAddress } from '../support/temporal.ts';
import { CANARY, deployment, hour, SITE, start, yaml } from './kit.ts';

/** A vendor, and a configuration of its one site. */
async function vendorAnd(top: readonly string[]) {
  const simulator = await startSignalSciences({
    corp: 'testcorp',
    sites: [SITE],
    accounts: [{ email: 'ops@example.com', password: CANARY, token: 'token-for-tests' }],
    // Enough for a second page, so that there is a cursor that dies.
    rate: 20,
  });
  onTestFinished(() => simulator.close());
  const settings = [`baseUrl: ${simulator.url}`, `start: ${toIso(hour(2).from)}`];
  return { simulator, place: await deployment(yaml(settings, top)) };
}

async function get(url: string): Promise<readonly [number, string]> {
  const answer = await fetch(url);
  return [answer.status, await answer.text()];
}

describe('a process that is to be looked at', () => {
  it('up: one scrape has every metric of ours, and every one that a rule or a dashboard asks for', async () => {
    const [port, uiPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
    const { simulator, place } = await vendorAnd([
      `temporal: { port: ${port}, uiPort: ${uiPort} }`,
      `metrics: { listen: "127.0.0.1:${metricsPort}" }`,
    ]);
    const running = start(['up', '--page-port', '0'], { cwd: place.folder });
    await running.said('Up to date');
    const url = `http://127.0.0.1:${metricsPort}`;
    expect((await get(`${url}/readyz?verbose`))[1]).toBe(
      '[+]temporal ok\n[+]worker ok\n[+]ledger ok\n[+]archive ok\nok\n',
    );
    const [status, text] = await get(`${url}/metrics`);
    expect(status).toBe(200);
    const told = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]));
    expect(Object.keys(catalogue).filter((name) => !told.has(name))).toEqual([]);
    expect(metricsUsed.filter(([name]) => !told.has(name))).toEqual([]);

    const records = simulator.truth(SITE, hour(2).from, hour(1).until).length;
    const stream = `acme-waf ${SITE}`;
    expect(valuesOf(text, 'sluice_records_delivered_total')[stream]).toBe(String(records));
    expect(valuesOf(text, 'sluice_windows')[`${stream} sealed`]).toBe('2');
    expect(Number(valuesOf(text, 'sluice_vendor_requests_total')[`${stream} 2xx`])).toBeGreaterThan(2);
    expect(Number(valuesOf(text, 'sluice_next_url_age_seconds_count')[stream])).toBeGreaterThan(0);
    expect(valuesOf(text, 'sluice_schedule_missed_total')).toEqual({ [stream]: '0' });
    expect(text).toMatch(/^temporal_num_pollers\{.*poller_type="activity_task".*task_queue="sluice".*\} [1-9]/m);
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain('token-for-tests');

    running.child.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    expect([code, stderr.includes('mistake of sluice')]).toEqual([0, false]);
  }, 90_000);

  it('a worker: on the port of the option, and none without it', async () => {
    const { place } = await vendorAnd([`temporal: { address: "${testTemporalAddress()}" }`]);
    const bare = start(['worker'], { cwd: place.folder });
    await bare.said('polling');
    const port = await freePort();
    const watched = start(['worker', '--metrics-port', String(port)], { cwd: place.folder });
    await watched.said(`metrics and health: http://127.0.0.1:${port}`);
    expect(await get(`http://127.0.0.1:${port}/livez`)).toEqual([200, 'ok\n']);
    expect(await get(`http://127.0.0.1:${port}/readyz`)).toEqual([200, 'ok\n']);
    expect((await get(`http://127.0.0.1:${port}/metrics`))[0]).toBe(200);
    for (const { child } of [bare, watched]) child.kill('SIGTERM');
    expect((await watched.ended).code).toBe(0);
    expect((await bare.ended).stderr).not.toContain('metrics');
  }, 60_000);

  it('says who has the port, does not run unwatched, and takes no port that is none', async () => {
    const port = await freePort();
    const { place } = await vendorAnd([`temporal: { address: "${testTemporalAddress()}" }`]);
    const first = start(['worker', '--metrics-port', String(port)], { cwd: place.folder });
    await first.said('metrics and health');
    const second = await place.run('worker', '--metrics-port', String(port));
    expect(second.code).toBe(69);
    expect(second.stderr).toContain(`port ${port}, for metrics and health, is in use`);
    first.child.kill('SIGTERM');
    expect((await place.run('worker', '--metrics-port', 'many')).code).toBe(64);
    await first.ended;
  }, 60_000);
});
