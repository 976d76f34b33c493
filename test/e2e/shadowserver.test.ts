import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { keyBeside } from '../../src/archive/layout.ts';
import { openArchive } from '../../src/archive/open.ts';
import { locations } from '../../src/config/locations.ts';
import { extractId, type StreamId } from '../../src/core/ids.ts';
import { DAY, dayOf } from '../../src/core/time.ts';
import {
  DEFAULT_KEY,
  startShadowserver,
  type ShadowserverSimulator,
  type SimulatorOptions,
} from '../../simulators/shadowserver.ts';
import { waitFor } from '../support/wait.ts';
import { useTemporal } from '../workflows/harness.ts';
import { makePlace, type Place } from './place.ts';

process.env['TZ'] = 'America/New_York';

const temporal = useTemporal();
const LIST = 'united-states';
const TYPES = ['blocklist', 'scan_ssl'];
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const daysAgo = (n: number): string => dayOf(Date.now() - n * DAY);

interface Deployed extends Place {
  readonly simulator: ShadowserverSimulator;
  readonly source: string;
  /** The files that the archive holds of a list, the latest revision of each: day and name → SHA-256 of the vendor's own bytes. */
  files(list?: string): Promise<Readonly<Record<string, string>>>;
  /** The same of what the vendor has published, days as they count. */
  published(list?: string): Readonly<Record<string, string>>;
}

interface Wanted {
  readonly settings?: readonly string[];
  readonly worker?: boolean;
  /** How many days before today coverage begins; the last seven are looked at in any case. */
  readonly days?: number;
}

async function deploy(options: SimulatorOptions = {}, { settings, worker = true, days = 7 }: Wanted = {}) {
  const simulator = await startShadowserver({ types: TYPES, publishWithinMs: 0, rows: 30, ...options });
  process.env['SLUICE_TEST_SHADOW_KEY'] = DEFAULT_KEY.apiKey;
  process.env['SLUICE_TEST_SHADOW_SECRET'] = DEFAULT_KEY.secret;
  const source = `shadow-${randomUUID().slice(0, 8)}`;
  const yaml = [
    'version: 1',
    'data: ./data',
    'sources:',
    `  ${source}:`,
    '    type: shadowserver',
    `    baseUrl: ${simulator.apiUrl}`,
    `    downloadUrl: ${simulator.dlUrl}`,
    `    start: ${daysAgo(days)}`,
    '    auth: { apiKey: "${env:SLUICE_TEST_SHADOW_KEY}", secret: "${env:SLUICE_TEST_SHADOW_SECRET}" }',
    ...(settings ?? [`reports: { lists: [${LIST}] }`]).map((line) => `    ${line}`),
    '',
  ].join('\n');
  const place = await makePlace(temporal, yaml);
  cleanUps.push(place.remove, () => simulator.close());
  if (worker) await join(place);
  const deployed: Deployed = {
    ...place,
    simulator,
    source,
    files: (list = LIST) => filesOf(place, { source, stream: list }),
    published(list = LIST) {
      const all = Array.from({ length: days + 1 }, (_, n) => simulator.truth(list, null, daysAgo(n))).flat();
      return Object.fromEntries(all.map(({ day, file, sha256 }) => [`${day} ${file}`, sha256]));
    },
  };
  return deployed;

  async function join(some: Place): Promise<void> {
    const running = await some.worker();
    cleanUps.unshift(() => running.stop());
  }
}

async function filesOf({ folder }: Place, { source, stream }: StreamId): Promise<Readonly<Record<string, string>>> {
  const { archive } = locations({ data: join(folder, 'data') });
  const found: Record<string, { revision: number; sha256: string }> = {};
  for await (const receipt of openArchive(archive).manifests()) {
    if ('damage' in receipt) throw new Error(`${receipt.key}: ${receipt.damage}`);
    const { manifest, key } = receipt;
    if (manifest.kind !== 'report' || manifest.source !== source || manifest.stream !== stream) continue;
    const packed = await readFile(join(archive, keyBeside(key, manifest.verbatim?.file ?? '')));
    const sha256 = createHash('sha256').update(gunzipSync(packed)).digest('hex');
    expect(manifest.verbatim?.rawSha256).toBe(sha256);
    const name = `${manifest.day} ${manifest.file}`;
    if ((found[name]?.revision ?? 0) < manifest.revision) found[name] = { revision: manifest.revision, sha256 };
  }
  return Object.fromEntries(Object.entries(found).map(([name, latest]) => [name, latest.sha256]));
}

/** A row, whatever the order of its columns. */
function short(json: string): string {
  const columns = Object.entries(JSON.parse(json) as object).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(columns)).digest('hex').slice(0, 16);
}

/** Rows, each as often as it is there. */
async function rowsOf(place: Deployed, list = LIST): Promise<readonly string[]> {
  const records = await place.records({ source: place.source, stream: list });
  return records.map(({ bytes }) => short(bytes.toString())).toSorted();
}

function truthOf({ simulator }: Deployed, days = 7, list = LIST): readonly string[] {
  const files = Array.from({ length: days + 1 }, (_, n) => simulator.truth(list, null, daysAgo(n))).flat();
  return files.flatMap((file) => [...file.rows()].map((row) => short(JSON.stringify(row)))).toSorted();
}

describe('Shadowserver, end to end', () => {
  it.each([
    ['as its page says', {}],
    [
      'in the strangest files: byte marks, CRLF, no last line break, a column more, fields of 120 kB; with ids that break a path',
      {
        unsafeIds: true,
        bom: true,
        crlf: true,
        noFinalNewline: true,
        hugeFields: true,
        newColumn: { from: daysAgo(2), name: 'device_model_id' },
      },
    ],
    [
      'though it limits the rate, pauses, errs and cuts',
      {
        rateLimit429: { times: 1 },
        stall: { ms: 500, times: 2 },
        dlDown: { status: 500, times: 2 },
        truncatedBody: { times: 2, when: { kind: 'dl' } },
        errorWith200: { times: 1, when: { kind: 'reports/list' } },
      },
    ],
  ] satisfies [string, SimulatorOptions['faults']][])(
    'every file is held as the vendor published it, and every row once, %s',
    async (_name, faults) => {
      const place = await deploy({ faults });
      const { source, simulator } = place;
      await place.pull({ source, stream: LIST });
      expect(await place.files()).toEqual(place.published());
      expect(await rowsOf(place)).toEqual(truthOf(place));
      expect(await place.pull({ source, stream: LIST })).toMatchObject({ reports: 0, records: 0 });
      expect(simulator.violations).toEqual([]);
    },
  );

  it('three equal rows stay three, and the receipt says how many rows the vendor counts; the watchdog tells of the difference', async () => {
    const place = await deploy({
      rows: 640,
      types: ['scan_http'],
      faults: { countMismatch: { by: 5, when: { day: daysAgo(1) } } },
    });
    const stream = { source: place.source, stream: LIST };
    await place.pull(stream);
    const rows = await rowsOf(place);
    expect(rows).toEqual(truthOf(place));
    expect(new Set(rows).size).toBeLessThan(rows.length);
    const manifests = new Map((await place.records(stream)).map(({ manifest, key }) => [key, manifest]));
    for (const manifest of manifests.values()) {
      if (manifest.kind !== 'report') throw new Error('a report was expected');
      expect(manifest.reported, manifest.day).toBe(manifest.records + (manifest.day === daysAgo(1) ? 5 : 0));
    }
    const { alarms } = await place.watch();
    expect(alarms).toContainEqual({
      ...stream,
      kind: 'counts-differ',
      message: expect.stringMatching(
        /^the vendor counts \d+ records in 1 slice of the last day, and \d+ are held$/,
      ) as string,
    });
  });

  it('a file that is late, empty at first, or issued again is taken when it is there, each revision once', async () => {
    const place = await deploy({ faults: { emptyFirst: { until: Date.now() + DAY, when: { type: 'blocklist' } } } });
    const { simulator, source } = place;
    const stream = { source, stream: LIST };
    simulator.load(LIST, 'scan_ssl', daysAgo(2), null);
    await place.pull(stream);
    expect(Object.keys(await place.files()).some((name) => name.includes('blocklist'))).toBe(false);
    simulator.faults.emptyFirst = false;
    simulator.load(LIST, 'scan_ssl', daysAgo(2), 12);
    expect(await place.pull(stream)).toMatchObject({ failed: 0 });
    expect(await place.files()).toEqual(place.published());
    simulator.faults.reissue = { extraRows: 3, when: { type: 'scan_ssl', day: daysAgo(1) } };
    expect(await place.pull(stream)).toMatchObject({ reports: 1 });
    expect(await place.files()).toEqual(place.published());
    expect(await place.pull(stream)).toMatchObject({ reports: 0 });
  });

  it.each([
    ['the download host is gone', 'download: dl', { dlDown: { status: 404 } }],
    ['reports/download is gone', 'download: api', { downloadRemoved: true }],
    ['reports/download fails', 'download: api', { downloadFlaky: true }],
  ] as const)('holds every row though %s: the other way is taken', async (_name, download, faults) => {
    const place = await deploy({ faults }, { settings: [`reports: { lists: [${LIST}] }`, download] });
    await place.pull({ source: place.source, stream: LIST });
    expect(await rowsOf(place)).toEqual(truthOf(place));
  });

  it('an account that is subscribed to nothing is an alarm and not an empty day', async () => {
    const place = await deploy({ faults: { noSubscription: true } });
    const pulled = place.pull({ source: place.source, stream: LIST });
    await expect(pulled).rejects.toThrow(/unexpected-answer.*subscribed to no list/s);
    const { failure } = (await place.withLedger((l) => l.position({ source: place.source, stream: LIST }))) ?? {};
    expect(failure?.name).toBe('unexpected-answer');
  }, 120_000);

  it('queries and counts are windows of a day', async () => {
    const settings = ['stats: true', 'queries: { us: { query: { geo: US } } }'];
    const place = await deploy({}, { settings });
    const { source, simulator } = place;
    expect(await place.pull({ source, stream: 'us' })).toMatchObject({ failed: 0 });
    const held = await place.records({ source, stream: 'us' });
    const { held: days } = await place.withLedger((ledger) =>
      ledger.coverage({ source, stream: 'us' }, { from: 0, until: Date.now() }),
    );
    const covered = days.flatMap(({ from, until }) =>
      Array.from({ length: (until - from) / DAY }, (_, n) => dayOf(from + n * DAY)),
    );
    expect(covered.length).toBeGreaterThanOrEqual(1);
    const files = covered.flatMap((day) => simulator.truth(null, null, day));
    expect(held.length).toBe(files.filter(({ list }) => list === LIST).reduce((sum, { count }) => sum + count, 0));
    expect(await place.pull({ source, stream: 'stats' })).toMatchObject({ failed: 0 });
    const counts = await place.records({ source, stream: 'stats' });
    expect(counts).toHaveLength(files.length);
    expect(simulator.violations).toEqual([]);
  });

  it('a file of 1,200,000 rows is gone on with where a killed worker had staged it, in flat memory', async () => {
    const ROWS = 1_200_000;
    const day = daysAgo(1);
    const place = await deploy(
      { types: ['blocklist'], rows: (_list, _type, of) => (of === day ? ROWS : null), faults: { ranges: true } },
      { worker: false, days: 1 },
    );
    const { simulator, source } = place;
    const stream = { source, stream: LIST };
    const address = inject('temporalAddress');
    const doomed = await place.workerProcess(address, 'none');
    const pulled = place.pull(stream);
    await waitFor(
      () => stagedBytes(stream),
      (bytes) => bytes > 32_000_000,
      90_000,
    );
    const dead = once(doomed, 'exit');
    doomed.kill('SIGKILL');
    await dead;
    const heir = await place.workerProcess(address, 'none');
    expect(await pulled).toMatchObject({ reports: 1, records: ROWS, failed: 0 });
    const peak = await peakMemory(heir.pid ?? 0);
    const ended = once(heir, 'exit');
    heir.kill('SIGTERM');
    await ended;
    const asked = simulator.requests
      .filter(({ origin }) => origin === 'dl')
      .map(({ headers }) => headers['range'] ?? '');
    expect(asked).toHaveLength(2);
    expect(Number(/^bytes=(\d+)-$/.exec(asked[1] ?? '')?.[1])).toBeGreaterThan(32_000_000);
    const [truth] = simulator.truth(LIST, 'blocklist', day);
    expect(Object.values(await place.files())).toEqual([truth?.sha256]);
    expect(peak).toBeLessThan(600);
  }, 240_000);
});

/** What an attempt has told that it has made durable. */
async function stagedBytes(stream: StreamId): Promise<number> {
  const handle = temporal.client.workflow.getHandle(extractId(stream));
  const { raw } = await handle.describe().catch(() => ({ raw: undefined }));
  const [pending] = raw?.pendingActivities ?? [];
  const details = pending?.heartbeatDetails?.payloads?.[0]?.data;
  const { bytes = 0 } = details ? (JSON.parse(Buffer.from(details).toString()) as { bytes?: number }) : {};
  return bytes;
}

/** The most that a process has had in memory, MB; where the system tells it. */
async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}
