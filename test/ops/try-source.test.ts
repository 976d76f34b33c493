import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSignalSciences } from '../../simulators/signal-sciences.ts';
import { loadConfig, type Config } from '../../src/config/load.ts';
import { CredentialsRejected } from '../../src/core/failures.ts';
import { demoVendors, secrets } from '../../src/ops/demo-vendors.ts';
import { trySource } from '../../src/ops/try-source.ts';
import { knownStreams } from '../../src/ops/streams.ts';

const signal = AbortSignal.timeout(60_000);

/** A configuration in a folder of its own. */
async function configured(source: readonly string[], env: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-try-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'sluice.yaml');
  const lines = ['version: 1', 'data: ./data', 'sources:', ...source.map((line) => `  ${line}`), ''];
  await writeFile(file, lines.join('\n'));
  const config: Config = loadConfig(file, { env });
  return { folder, config };
}

const reference = (secret: string): string => `\${env:${secret.toUpperCase().replaceAll('-', '_')}}`;
const env = Object.fromEntries(
  Object.entries(secrets).map(([name, value]) => [name.toUpperCase().replaceAll('-', '_'), value]),
);

describe('a try of a source', () => {
  it.each(demoVendors.map((start, i) => [i, start] as const))(
    'logs in, shows records of vendor %i, and writes nothing',
    async (_i, start) => {
      const vendor = await start(reference);
      onTestFinished(() => vendor.close());
      const { folder, config } = await configured(vendor.source, env);
      const [name = ''] = config.sources.keys();
      const trial = await trySource(config, name, signal);
      expect(trial.lines.length).toBeGreaterThan(1);
      expect(trial.refusals).toEqual([]);
      const streams = knownStreams(config).map(({ stream }) => stream);
      expect(streams).toContain(trial.sample?.stream);
      const records = trial.sample?.records ?? [];
      expect(records.length).toBeLessThanOrEqual(3);
      for (const record of records) expect(JSON.parse(record)).toBeTypeOf('object');
      expect(await readdir(folder)).toEqual(['sluice.yaml']);
      for (const secret of Object.values(secrets)) expect(JSON.stringify(trial)).not.toContain(secret);
    },
    60_000,
  );

  it('shows three records, the vendor’s word on rates, and its clock', async () => {
    const simulator = await startSignalSciences({
      corp: 'testcorp',
      sites: ['www.example.com'],
      accounts: [{ email: 'ops@example.com', password: 'a-password-of-ours' }],
      rate: 600,
      clock: () => Date.now() + 90_000,
    });
    onTestFinished(() => simulator.close());
    const gateway = await inFrontOf(simulator.url, { 'X-RateLimit-Remaining': '41', 'Retry-After': '7' });
    const { config } = await configured(sourceAt(gateway), { SECRET: 'a-password-of-ours' });
    const trial = await trySource(config, 'acme-waf', signal);
    expect(trial.sample?.records).toHaveLength(3);
    expect(trial.rateHeaders).toEqual({ 'x-ratelimit-remaining': '41', 'retry-after': '7' });
    expect(Math.abs(trial.skew - 90_000)).toBeLessThan(5_000);
  });

  it('fails under the name of what is wrong, without the secret', async () => {
    const simulator = await startSignalSciences({
      corp: 'testcorp',
      sites: ['www.example.com'],
      accounts: [{ email: 'ops@example.com', password: 'another' }],
    });
    onTestFinished(() => simulator.close());
    const { config } = await configured(sourceAt(simulator.url), { SECRET: 'a-password-of-ours' });
    const failure = await trySource(config, 'acme-waf', signal).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CredentialsRejected);
    expect(String(failure)).not.toContain('a-password-of-ours');
  });

  it('names the nearest source for one that is mistyped', async () => {
    const { config } = await configured(sourceAt('http://127.0.0.1:9'), { SECRET: 'a-password-of-ours' });
    await expect(trySource(config, 'acme-wav', signal)).rejects.toThrow('Did you mean acme-waf?');
  });
});

const sourceAt = (url: string): readonly string[] => [
  'acme-waf:',
  '  type: signal-sciences',
  `  baseUrl: ${url}`,
  '  corp: testcorp',
  '  sites: [www.example.com]',
  '  auth: { email: ops@example.com, password: "${env:SECRET}" }',
];

/** A gateway that adds headers of its own to every answer. */
async function inFrontOf(vendor: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const server = createServer((asked, answer) => {
    const onward = request(new URL(asked.url ?? '/', vendor), { method: asked.method, headers: asked.headers });
    onward.on('response', (got) => {
      answer.writeHead(got.statusCode ?? 502, { ...got.headers, ...headers });
      got.pipe(answer);
    });
    asked.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
