import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadConfig, type Config } from '../../src/config/load.ts';
import { locations } from '../../src/config/locations.ts';
import type { WindowSlice, SliceContent } from '../../src/core/manifest.ts';
import { HOUR, isoInterval, toIso, type Interval } from '../../src/core/time.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { receipt } from '../ledger/kit.ts';

export const NOW = Date.parse('2026-11-21T09:30:00Z');
/** Hours before the last full one. */
export const hour = (before: number): Interval => {
  const until = Math.floor(NOW / HOUR) * HOUR - (before - 1) * HOUR;
  return { from: until - HOUR, until };
};

export const WAF = { source: 'acme-waf', stream: 'www.example.com' };
export const GIB = { source: 'acme-gib', stream: 'apt/threat' };

const WAF_LINES = [
  '  acme-waf:',
  '    type: signal-sciences',
  '    corp: testcorp',
  '    sites: [www.example.com]',
  '    auth: { email: ops@example.com, password: "${env:METRICS_SECRET}" }',
];
const GIB_LINES = [
  '  acme-gib:',
  '    type: group-ib',
  '    collections: [apt/threat]',
  '    auth: { username: ops@example.com, apiKey: "${env:METRICS_SECRET}" }',
];

/** Marked, so that what is told can be searched for it. */
export const CANARY = 'canary-metrics-41c7';

export interface Place {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly ledgerFile: string;
  readonly archive: string;
}

/** A configuration in a folder of its own and its real ledger, both gone with the test. @param lines further ones of the WAF */
export async function place(...lines: readonly string[]): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-metrics-'));
  const file = join(folder, 'sluice.yaml');
  await writeFile(file, ['version: 1', 'sources:', ...WAF_LINES, ...lines, ...GIB_LINES, ''].join('\n'));
  const config = loadConfig(file, { env: { METRICS_SECRET: CANARY }, now: () => NOW });
  const { ledger: ledgerFile, archive } = locations(config);
  const ledger = await openLedger(ledgerFile);
  onTestFinished(async () => {
    await ledger.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { config, ledger, ledgerFile, archive };
}

/** Seals a window of a stream in the ledger alone. */
export async function seal(
  ledger: Ledger,
  window: Interval,
  changes: Partial<WindowSlice & SliceContent> = {},
): Promise<void> {
  const key = `${window.from}`;
  const sealedAt = toIso(window.until + HOUR / 10);
  const { manifest } = receipt(0, 1, { ...WAF, ...isoInterval(window), sealedAt, ...changes });
  await ledger.commit({ manifest, key });
}

/** Every sample of a text in the format of Prometheus: `name{labels}` → value, as written. */
export function samplesOf(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]));
}

/** Samples of one metric by what their labels say, in the order of the text: `acme-waf www.example.com`. */
export function valuesOf(text: string, name: string): Readonly<Record<string, string>> {
  const own = [...samplesOf(text)].filter(([key]) => key === name || key.startsWith(`${name}{`));
  return Object.fromEntries(
    own.map(([key, value]) => [[...key.matchAll(/"([^"]*)"/g)].map((match) => match[1]).join(' '), value]),
  );
}
