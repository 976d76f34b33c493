import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig, type Config } from '../../src/config/load.ts';
import { DAY, MINUTE, toIso } from '../../src/core/time.ts';
import { openDatabase } from '../../src/ledger/sqlite.ts';
import { catalogue } from '../../src/metrics/catalogue.ts';
import { createWorkMetrics } from '../../src/metrics/work.ts';
import { listen } from '../../src/status/listen.ts';
import { metricsRoutes, type MetricsParts } from '../../src/status/metrics.ts';
import { CANARY, hour, NOW, place, samplesOf, seal, valuesOf, WAF } from '../metrics/kit.ts';

async function served(config: Config, parts: Partial<MetricsParts> = {}): Promise<() => Promise<Response>> {
  const routes = metricsRoutes(config, { version: '1.2.3', taskQueue: 'sluice', clock: () => NOW, ...parts });
  const { url, close } = await listen(routes, '127.0.0.1:0', 'metrics', '');
  onTestFinished(close);
  return () => fetch(`${url}/metrics`);
}

describe('/metrics', () => {
  it('tells of streams, work and process in one scrape, and names every metric of the catalogue', async () => {
    const { config, ledger } = await place();
    await ledger.apply(WAF, NOW);
    const work = createWorkMetrics([WAF]);
    onTestFinished(() => work.close());
    const scrape = await served(config, { work });
    const answer = await scrape();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await answer.text();
    const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match) => [match[1], match[2]]));
    for (const [name, { type }] of Object.entries(catalogue)) {
      // Without a Temporal server there are no schedules.
      if (!name.startsWith('sluice_schedule_')) expect([name, types.get(name)]).toEqual([name, type]);
    }
    expect(valuesOf(text, 'sluice_build_info')).toEqual({ [`1.2.3 ${process.version}`]: '1' });
    expect(text).not.toContain(CANARY);
  });

  it('says no name twice: a text that does is refused as a whole by Prometheus', async () => {
    const { config } = await place();
    const text = await (await (await served(config))()).text();
    const described = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]);
    expect(new Set(described).size).toBe(described.length);
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(samplesOf(text).size).toBe(lines.length);
  });

  it('has no label that could grow without end', async () => {
    for (const { labels } of Object.values(catalogue)) {
      for (const label of labels)
        expect(['source', 'stream', 'state', 'code_class', 'version', 'node', 'hash']).toContain(label);
    }
  });

  it('knows two configurations apart, and says nothing of what is in them', async () => {
    const { config } = await place();
    const hash = async () => Object.keys(valuesOf(await (await (await served(config))()).text(), 'sluice_config_info'));
    const [before] = await hash();
    expect(before).toMatch(/^[0-9a-f]{12}$/);
    await writeFile(config.file, 'version: 1\n');
    expect(await hash()).not.toEqual([before]);
  });

  it('fails as a whole when the ledger cannot be read: absent streams would silence their alerts', async () => {
    const { config, ledger, ledgerFile } = await place();
    await ledger.close();
    for (const suffix of ['-wal', '-shm']) await rm(ledgerFile + suffix, { force: true });
    await writeFile(ledgerFile, 'no database at all, and long enough to be looked at as one');
    const scrape = await served(config);
    const answer = await scrape();
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('the ledger cannot be read');
  });

  it('reads the ledger once for all who ask within a second', async () => {
    const { config, ledger } = await place();
    await ledger.apply(WAF, NOW);
    const scrape = await served(config);
    const read = async () =>
      valuesOf(await (await scrape()).text(), 'sluice_stream_last_success_timestamp_seconds')[
        'acme-waf www.example.com'
      ];
    const [first, second] = await Promise.all([read(), read()]);
    expect([first, second]).toEqual([undefined, undefined]);
    await seal(ledger, hour(1));
    await expect.poll(read, { timeout: 5_000 }).toBeDefined();
  });

  it('of twelve streams with 30 days of five-minute windows takes less than two seconds', async () => {
    const { config, ledgerFile, ledger } = await place();
    await ledger.close();
    const sites = Array.from({ length: 12 }, (_, i) => `site-${i}.example.com`);
    await fill(ledgerFile, sites);
    const text = [
      'version: 1',
      'sources:',
      '  acme-apptrana:',
      '    type: apptrana',
      `    websites: [${sites.join(', ')}]`,
      '    auth: { clientId: x, clientSecret: "${env:METRICS_SECRET}" }',
      '',
    ].join('\n');
    await writeFile(config.file, text);
    const scrape = await served(loadConfig(config.file, { env: { METRICS_SECRET: CANARY } }));
    const begun = performance.now();
    const answer = await (await scrape()).text();
    expect(performance.now() - begun).toBeLessThan(2_000);
    const sealed = valuesOf(answer, 'sluice_windows');
    // Some of them have left the vendor's retention by its clock.
    for (const site of sites) expect(Number(sealed[`acme-apptrana ${site} sealed`])).toBeGreaterThan(8_500);
  });
});

/** 8,640 windows for each site, past the ledger's own way in, which takes one at a time. */
async function fill(file: string, sites: readonly string[]): Promise<void> {
  const { db } = await openDatabase(file);
  const length = 5 * MINUTE;
  const first = NOW - 30 * DAY;
  for (const stream of sites) {
    const id = { source: 'acme-apptrana', stream };
    await db
      .insertInto('streams')
      .values({ ...id, applied_at: first })
      .execute();
    await db.transaction().execute(async (trx) => {
      for (let i = 0; i < 8_640; i += 480) {
        const rows = Array.from({ length: 480 }, (_, k) => first + (i + k) * length).map((from) => ({
          ...id,
          kind: 'window',
          from_at: from,
          until_at: from + length,
          revision: 1,
          records: 1,
          repeats: 0,
          pages: 1,
          parts: 1,
          bytes: 100,
          digest: 'd'.repeat(64),
          sealed_at: from + 2 * length,
          manifest: `source=acme-apptrana/stream=${stream}/${toIso(from)}/manifest.json`,
          workflow_id: `extract:acme-apptrana:${stream}`,
        }));
        await trx.insertInto('slices').values(rows).execute();
      }
    });
  }
  await db.destroy();
}
