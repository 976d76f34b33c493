import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DAY, dayOf } from '../src/core/time.ts';
import type { Outcome } from '../src/core/outcome.ts';
import { connectClient } from '../src/temporal/connect.ts';
import { searchAttributes } from '../src/temporal/search-attributes.ts';
import { startTemporal } from '../src/temporal/server.ts';
import { end, firstLine, start, watchMemory, workerFlags } from './processes.ts';

/**
 * A collection followed to its end, each portion sealed and its cursor committed, against the same walk by the vendor's own client, which keeps
 * nothing: on one simulator, in turn, several times, as a machine is not equally quick all the time. Before that each walks once without being
 * counted: items are made up, and code is compiled. The interpreter is `SLUICE_PYTHON`, with `cyberintegrations` 0.14.1. A missed target ends
 * the bench with exit code 1.
 */
const LEAST_RATIO = 2;
const COLLECTION = 'compromised/account_group';
const ITEMS = 150_000;
const LIMIT = 500;
/** A stream is followed once, so each walk has a source of its own. */
const UNCOUNTED = 'uncounted';
const COUNTED = ['first', 'second', 'third'];
const PYTHON = process.env['SLUICE_PYTHON'] ?? 'python3';
const DATE = dayOf(Date.now() - 29 * DAY);
const ACCOUNT = { username: 'bench', apiKey: 'bench-key' };

interface Walked {
  readonly items: number;
  readonly seconds: number;
}

async function main(): Promise<void> {
  if (spawnSync(PYTHON, ['-c', 'import cyberintegrations']).status !== 0) {
    process.stdout.write(`Left out: ${PYTHON} has no cyberintegrations; SLUICE_PYTHON names another interpreter.\n`);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'sluice-sequence-'));
  const dataFile = join(folder, 'temporal.db');
  const server = await startTemporal({ dataFile, port: 0, uiPort: null, searchAttributes });
  const counts = JSON.stringify({ [COLLECTION]: ITEMS });
  const account = ['--username', ACCOUNT.username, '--api-key', ACCOUNT.apiKey];
  const vendor = start('simulators/main.js', ['group-ib', '--port', '0', '--counts', counts, ...account]);
  const url = await firstLine(vendor);
  const worker = start('bench/worker.js', [await configure(folder, url), server.address, 'sequence'], workerFlags);
  try {
    await firstLine(worker);
    theirs(url);
    await ours(server.address, UNCOUNTED);
    const memory = watchMemory(worker);
    const [mine, their]: [Walked[], Walked[]] = [[], []];
    for (const source of COUNTED) {
      mine.push(await ours(server.address, source));
      their.push(theirs(url));
    }
    memory.stop();
    await report(sum(mine), sum(their), memory.peak());
  } finally {
    for (const child of [worker, vendor]) await end(child);
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function theirs(url: string): Walked {
  const script = fileURLToPath(new URL('../../bench/poller.py', import.meta.url));
  const { username, apiKey } = ACCOUNT;
  const args = [script, `${url}/api/v2/`, username, apiKey, COLLECTION, DATE, String(LIMIT)];
  return JSON.parse(execFileSync(PYTHON, args, { encoding: 'utf8' })) as Walked;
}

async function ours(address: string, source: string): Promise<Walked> {
  const client = await connectClient({ address, namespace: 'default' });
  try {
    const stream = { source, stream: COLLECTION };
    const began = performance.now();
    const { records } = await client.workflow.execute<(id: typeof stream) => Promise<Outcome>>('pull', {
      workflowId: `pull:${source}:${COLLECTION}`,
      taskQueue: 'sequence',
      args: [stream],
    });
    return { items: records, seconds: (performance.now() - began) / 1000 };
  } finally {
    await client.close();
  }
}

async function configure(folder: string, url: string): Promise<string> {
  await writeFile(join(folder, 'key'), ACCOUNT.apiKey);
  const source = (id: string): readonly string[] => [
    `  ${id}:`,
    '    type: group-ib',
    `    baseUrl: ${url}/api/v2`,
    `    collections: [{ name: ${COLLECTION}, limit: ${LIMIT} }]`,
    `    start: ${DATE}`,
    '    requestsPerSecond: 1000',
    '    auth:',
    `      username: ${ACCOUNT.username}`,
    `      apiKey: \${file:${join(folder, 'key')}}`,
  ];
  const sources = [UNCOUNTED, ...COUNTED].flatMap(source);
  const lines = ['version: 1', 'data: ./data', 'sources:', ...sources];
  const file = join(folder, 'sluice.yaml');
  await writeFile(file, lines.join('\n'));
  return file;
}

/** All walks of one side, one after the other. */
function sum(walks: readonly Walked[]): Walked {
  const total = (of: (walk: Walked) => number): number => walks.reduce((so, walk) => so + of(walk), 0);
  return { items: total(({ items }) => items), seconds: total(({ seconds }) => seconds) };
}

async function report(mine: Walked, their: Walked, peakMemoryMb: number): Promise<void> {
  const speed = ({ items, seconds }: Walked): number => items / seconds;
  const ratio = speed(mine) / speed(their);
  const row = (who: string, one: Walked): string =>
    `| ${who} | ${one.items.toLocaleString('en-US')} | ${one.seconds.toFixed(1)} | ${Math.round(speed(one)).toLocaleString('en-US')} |`;
  const text = [
    `Node ${process.version}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}`,
    '',
    '| | items | s | items/s |',
    '| --- | ---: | ---: | ---: |',
    row('followSequence, sealed and committed', mine),
    row('cyberintegrations 0.14.1, kept nowhere', their),
    '',
    `${COUNTED.length} walks each, in turn. Ratio ${ratio.toFixed(2)}; the worker's peak RSS ${peakMemoryMb.toFixed(0)} MB.`,
    '',
  ].join('\n');
  process.stdout.write(text);
  const results = fileURLToPath(new URL('../../bench/results/', import.meta.url));
  await mkdir(results, { recursive: true });
  await writeFile(join(results, 'sequence.md'), `# A sequence followed to its end\n\n${text}`);
  if (ratio >= LEAST_RATIO && mine.items >= their.items) return;
  process.stderr.write(`target missed: ${LEAST_RATIO} times as many items a second\n`);
  process.exitCode = 1;
}

await main();
