import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { locations } from '../../src/config/locations.ts';
import { loadConfig, type Config } from '../../src/config/load.ts';
import { isoInterval, MINUTE, toIso, type Interval } from '../../src/core/time.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { keepLedger } from '../../src/ops/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';
import type { Actions } from '../../src/status/actions.ts';
import { createStatusApp, type StatusOptions } from '../../src/status/app.ts';
import { listen } from '../../src/status/listen.ts';

/** Where Chromium is; tests in a browser are skipped without one. */
export const executablePath = [
  process.env['SLUICE_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

/** Sites of a source, and where their coverage begins. */
export interface Deployment {
  readonly sites: readonly string[];
  readonly start: number;
  readonly lines?: readonly string[];
}

/** What a page is given that nobody acts from. */
export const noActions: Actions = {
  heal: async () => 'pull:test runs',
  startBackfill: async () => 'backfill:test runs',
  steerBackfill: async () => 'backfill:test heard it',
};

/** A configuration with a ledger, and the page over them on a real port. */
export async function serve({ sites, start, lines = [] }: Deployment, options: Partial<StatusOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-status-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'sluice.yaml');
  const yaml = [
    'version: 1',
    'data: ./data',
    'sources:',
    '  acme-waf:',
    '    type: signal-sciences',
    '    corp: testcorp',
    `    sites: [${sites.join(', ')}]`,
    '    window: 5m',
    `    start: "${toIso(start)}"`,
    '    auth: { email: ops@example.com, password: "${env:STATUS_TEST_PASSWORD}" }',
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n');
  await writeFile(file, yaml);
  const config = loadConfig(file, { env: { STATUS_TEST_PASSWORD: 'canary-status-91' } });
  const app = createStatusApp({ config, actions: noActions, isLocal: true, hosts: [], ...options });
  const served = await listen(app, '127.0.0.1:0', 'the page', '');
  const letGo = keepLedger(config);
  onTestFinished(async () => {
    await served.close();
    await letGo();
  });
  return { url: served.url, config, folder };
}

export async function withLedger<T>(config: Config, use: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await openLedger(locations(config).ledger);
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}

/** Seals a window with so many records, as far as the ledger is concerned. */
export async function seal(ledger: Ledger, stream: string, window: Interval, records = 3): Promise<void> {
  const { from, until } = isoInterval(window);
  const slice = {
    source: 'acme-waf',
    type: 'signal-sciences',
    stream,
    kind: 'window',
    from,
    until,
    revision: 1,
  } as const;
  const part = {
    file: 'part-00000-a.ndjson.gz',
    records,
    bytes: 100,
    rawBytes: 300,
    sha256: 'a'.repeat(64),
    firstTime: from,
    lastTime: from,
  };
  await ledger.commit({
    key: `source=acme-waf/stream=${stream}/dt=${from.slice(0, 10)}/${window.from}/manifest.json`,
    manifest: {
      version: 1,
      ...slice,
      records,
      repeats: 0,
      conflicts: 0,
      pages: 1,
      parts: records === 0 ? [] : [part],
      digest: 'e'.repeat(64),
      reported: null,
      sealedAt: toIso(window.until + 6 * MINUTE),
      run: { workflowId: `extract:acme-waf:${stream}`, runId: 'r' },
    },
  });
}
