import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { request } from 'undici';
import { HOUR } from '../src/core/time.ts';
import { openLedger } from '../src/ledger/open.ts';
import { searchAttributes } from '../src/temporal/search-attributes.ts';
import { startTemporal } from '../src/temporal/server.ts';
import { end, firstLine, start, watchMemory, workerFlags } from './processes.ts';

/**
 * Fetch → sealed, one worker, against bare `JSON.parse` of the same pages in the same run. The machine is noisy: the ratio is what counts.
 * Both targets end the bench with exit code 1 when they are missed.
 */
const LEAST_RATIO = 0.25;
const MOST_MEMORY_MB = 400;
const SITE = 'www.example.com';
const SCENARIOS = [
  { name: '10 windows of 100,000', windows: 10, records: 100_000 },
  { name: '1 window of 1,000,000', windows: 1, records: 1_000_000 },
];

interface Row {
  readonly scenario: string;
  readonly records: number;
  readonly megabytes: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly parseMegabytesPerSecond: number;
  readonly ratio: number;
  readonly peakMemoryMb: number;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const server = await startTemporal({
    dataFile: join(folder, 'temporal.db'),
    port: 0,
    uiPort: null,
    searchAttributes,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  try {
    const rows: Row[] = [];
    for (const scenario of SCENARIOS) rows.push(await measure(scenario, server.address, folder));
    await report(rows);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(scenario: (typeof SCENARIOS)[number], address: string, folder: string): Promise<Row> {
  const name = `bench-${scenario.windows}`;
  const last = Math.floor((Date.now() - 6 * 60_000) / HOUR) * HOUR;
  const hours = Array.from({ length: scenario.windows }, (_, i) => last - (i + 1) * HOUR);
  const vendor = start('bench/vendor.js', [SITE, String(scenario.records), ...hours.map(String)]);
  const url = await firstLine(vendor);
  const parse = await parseSpeed(url, hours[0] ?? 0);
  const config = await configure(join(folder, name), name, url, Math.min(...hours));
  const worker = start('bench/worker.js', [config, address, name], workerFlags);
  await firstLine(worker);
  const memory = watchMemory(worker);
  const client = new Client({ connection: await Connection.connect({ address }) });
  try {
    const stream = { source: name, stream: SITE };
    const startedAt = performance.now();
    await client.workflow.execute('pull', { workflowId: `pull:${name}`, taskQueue: name, args: [stream] });
    const seconds = (performance.now() - startedAt) / 1000;
    const ledger = await openLedger(join(folder, name, 'data', 'ledger.db'));
    const slices = await ledger.slices(stream, { from: 0, until: Date.now() });
    await ledger.close();
    const records = slices.reduce((sum, slice) => sum + slice.records, 0);
    if (records !== scenario.windows * scenario.records) throw new Error(`${records} records sealed, not all`);
    const megabytes = (records * parse.bytesPerRecord) / 1e6;
    return {
      scenario: scenario.name,
      records,
      megabytes,
      seconds,
      recordsPerSecond: records / seconds,
      megabytesPerSecond: megabytes / seconds,
      parseMegabytesPerSecond: parse.megabytesPerSecond,
      ratio: megabytes / seconds / parse.megabytesPerSecond,
      peakMemoryMb: memory.peak(),
    };
  } finally {
    memory.stop();
    await client.connection.close();
    await end(worker);
    await end(vendor);
  }
}

/** Reads some pages of a window and times `JSON.parse` of their bodies, decoded as a client would; the best of five rounds. */
async function parseSpeed(url: string, from: number): Promise<{ megabytesPerSecond: number; bytesPerRecord: number }> {
  const headers = { 'x-api-user': 'bench@example.com', 'x-api-token': 'bench-token' };
  const bodies: Buffer[] = [];
  let path = `/api/v0/corps/bench/sites/${SITE}/feed/requests?from=${from / 1000}&until=${(from + HOUR) / 1000}`;
  while (path !== '' && bodies.length < 40) {
    const answer = await request(url + path, { headers });
    const body = Buffer.from(await answer.body.arrayBuffer());
    bodies.push(body);
    path = (JSON.parse(body.toString()) as { next: { uri: string } }).next.uri;
  }
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  const speeds = Array.from({ length: 5 }, () => {
    const startedAt = performance.now();
    for (const body of bodies) JSON.parse(body.toString());
    return bytes / 1e6 / ((performance.now() - startedAt) / 1000);
  });
  return { megabytesPerSecond: Math.max(...speeds), bytesPerRecord: bytes / (bodies.length * 1000) };
}

async function configure(folder: string, name: string, url: string, from: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'token'), 'bench-token');
  const lines = [
    'version: 1',
    'data: ./data',
    'sources:',
    `  ${name}:`,
    '    type: signal-sciences',
    `    baseUrl: ${url}`,
    '    corp: bench',
    `    sites: [${SITE}]`,
    `    start: "${new Date(from).toISOString()}"`,
    '    auth:',
    '      user: bench@example.com',
    `      token: \${file:${join(folder, 'token')}}`,
  ];
  await writeFile(join(folder, 'sluice.yaml'), lines.join('\n'));
  return join(folder, 'sluice.yaml');
}

async function report(rows: readonly Row[]): Promise<void> {
  const text = [
    `Node ${process.version}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}`,
    '',
    '| scenario | records | MB | s | records/s | MB/s | JSON.parse MB/s | ratio | peak RSS MB |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map((row) => {
      const figures = [
        row.records,
        row.megabytes,
        row.seconds,
        row.recordsPerSecond,
        row.megabytesPerSecond,
        row.parseMegabytesPerSecond,
      ];
      const cells = figures.map((figure) =>
        figure.toLocaleString('en-US', { maximumFractionDigits: figure < 100 ? 1 : 0 }),
      );
      return `| ${row.scenario} | ${cells.join(' | ')} | ${row.ratio.toFixed(2)} | ${row.peakMemoryMb.toFixed(0)} |`;
    }),
    '',
  ].join('\n');
  process.stdout.write(text);
  const results = fileURLToPath(new URL('../../bench/results/', import.meta.url));
  await mkdir(results, { recursive: true });
  await writeFile(join(results, 'fetch-to-sealed.md'), `# Fetch to sealed\n\n${text}`);
  const missed = rows.filter((row) => row.ratio < LEAST_RATIO || row.peakMemoryMb > MOST_MEMORY_MB);
  for (const row of missed) process.stderr.write(`target missed: ${row.scenario}\n`);
  process.exitCode = missed.length === 0 ? 0 : 1;
}

await main();
