import { once } from 'node:events';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noFaults, type Faults, type ShadowserverSimulator } from '../../simulators/shadowserver.ts';
import { readFaults } from '../../simulators/shadowserver/read-faults.ts';
import {
  ask,
  call,
  DAY,
  fetchFile,
  file,
  HOUR,
  item,
  json,
  list,
  LIST,
  NOW,
  parseCsv,
  sha256,
  start,
  type Trial,
} from './shadowserver-client.ts';

let trial: Trial;
let simulator: ShadowserverSimulator;
let faults: Faults;
beforeEach(async () => {
  trial = await start();
  simulator = trial.simulator;
  faults = simulator.faults;
});
afterEach(() => simulator.close());

const TYPE = 'scan_ssl';
const truth = () => {
  const [only] = simulator.truth(LIST, TYPE, DAY);
  if (only === undefined) throw new Error('no file');
  return only;
};
const rules = (): readonly string[] => simulator.violations.map(({ rule }) => rule);

describe('a fault', () => {
  it('strikes as often, and on what, it is told, and is counted', async () => {
    faults.apiDown = { times: 1, when: { kind: 'reports/list', type: TYPE } };
    const statuses = [
      await call(simulator, 'test/ping'),
      await call(simulator, 'reports/list', { type: 'scan_rdp' }),
      await call(simulator, 'reports/list', { type: TYPE }),
      await call(simulator, 'reports/list', { type: TYPE }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 503, 200]);
    expect(simulator.struck).toEqual({ apiDown: 1 });
  });

  it('can be read from JSON, each of them', () => {
    const all = noFaults();
    expect(readFaults(all)).toEqual(all);
    expect(readFaults({ stall: { ms: 1, when: { kind: 'dl' } }, latencyMs: null })).toEqual({
      stall: { ms: 1, when: { kind: 'dl' } },
      latencyMs: 0,
    });
    expect(() => readFaults({ bom: 'yes' })).toThrow('bom');
    expect(() => readFaults({ toString: true })).toThrow('toString');
  });
});

describe('the API’s answers', () => {
  it.each([
    ['error', '{"error":"unknown method"}'],
    ['message', '{"message":"unknown method"}'],
    ['text', 'unknown method'],
  ] as const)('tell an error as %s', async (format, body) => {
    faults.errorFormat = format;
    expect((await call(simulator, 'reports/none')).text).toBe(body);
  });

  it('are an error with 200, or no JSON', async () => {
    faults.errorWith200 = { message: 'busy', times: 1 };
    expect(await call(simulator, 'reports/list')).toMatchObject({ status: 200, text: '{"error":"busy"}' });
    faults.trailingComma = true;
    expect((await call(simulator, 'reports/subscribed')).text).toBe('["united-states","california",]');
  });

  it('are 429 with a time to come back, and who does not wait is counted', async () => {
    faults.rateLimit429 = { retryAfter: 30, times: 1 };
    expect(await call(simulator, 'test/ping')).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
    expect((await call(simulator, 'test/ping')).status).toBe(200);
    expect(rules()).toEqual(['retry-after-ignored']);
    faults.rateLimit429 = { retryAfter: 'date', when: { kind: 'dl' } };
    const { status, headers } = await fetchFile(simulator, truth().id);
    expect([status, Date.parse(String(headers['retry-after']))]).toEqual([429, Math.floor(NOW / 1000) * 1000 + 2000]);
  });

  it('are an object for an empty list, and only for that', async () => {
    faults.emptyListAsObject = true;
    expect(await list(simulator, { date: '2026-11-22' })).toEqual({});
    expect(await list(simulator)).toHaveLength(simulator.truth(LIST, null, DAY).length);
  });

  it('are nothing for who has no subscription', async () => {
    faults.noSubscription = true;
    expect(await json(simulator, 'reports/subscribed')).toEqual([]);
    expect(await list(simulator)).toEqual([]);
    expect((await call(simulator, 'reports/query', { query: { geo: 'us' } })).text).toContain('No supported report');
    expect((await call(simulator, 'reports/download', { id: truth().id })).status).toBe(404);
  });

  it('have the form that real clients know, or that the fields say', async () => {
    faults.listItems = 'typed';
    faults.reportSuffix = false;
    faults.shuffledKeys = false;
    const one = await item(simulator, TYPE);
    expect(Object.keys(one)).toEqual(['id', 'file', 'timestamp', 'report', 'type', 'url']);
    expect(one).toMatchObject({ report: LIST, type: TYPE });
    expect(sha256((await ask(one.url ?? '')).bytes)).toBe(truth().sha256);
    expect(await list(simulator, { types: [TYPE] })).toEqual([one]);
    faults.reportsField = 'types';
    expect(await list(simulator, { reports: [TYPE] })).toHaveLength(2);
    expect(await list(simulator, { reports: [LIST] })).toEqual([]);
    faults.reportsField = 'both';
    expect(await list(simulator, { reports: [TYPE, LIST] })).toEqual([one]);
  });

  it('leave open how dates, ranges and limits are taken', async () => {
    const status = async (fields: object): Promise<number> => (await call(simulator, 'reports/list', fields)).status;
    faults.relativeDates = 'everywhere';
    expect(await status({ date: '-2:now' })).toBe(200);
    faults.maxDays = 3;
    expect([await status({ date: '-2:now' }), await status({ date: '-3:now' })]).toEqual([200, 400]);
    expect(await status({ date: DAY, limit: 5000 })).toBe(200);
    faults.bigLimits = 'refused';
    expect(await status({ date: DAY, limit: 5000 })).toBe(400);
  });

  it('count other events than the files hold, or those of files to come', async () => {
    const count = async (date: string): Promise<unknown> => {
      const rows = await json<unknown[][]>(simulator, 'reports/stats', { report: LIST, type: TYPE, date });
      return rows[1];
    };
    faults.countMismatch = { by: -2 };
    expect(await count(DAY)).toEqual([DAY, 'scan-ssl', truth().count - 2]);
    faults.countMismatch = false;
    faults.statsNames = 'underscores';
    expect(await count(DAY)).toEqual([DAY, 'scan_ssl', truth().count]);
    expect(await count('now')).toBeUndefined();
    faults.statsAhead = true;
    expect(await count('now')).toEqual(['2026-11-22', 'scan_ssl', expect.any(Number)]);
  });
});

describe('reports/download', () => {
  it('is removed, flaky, or wants an id, while the download host serves the file', async () => {
    const { id } = await item(simulator, TYPE);
    faults.downloadRemoved = { times: 1 };
    expect((await call(simulator, 'reports/download', { id })).status).toBe(404);
    faults.downloadFlaky = { times: 1 };
    expect((await call(simulator, 'reports/download', { id })).status).toBe(503);
    faults.downloadByName = false;
    expect((await call(simulator, 'reports/download', { report: LIST, date: DAY, type: TYPE })).status).toBe(400);
    expect(sha256((await fetchFile(simulator, id)).bytes)).toBe(truth().sha256);
  });
});

describe('the download host', () => {
  it('is down, or a web page', async () => {
    faults.dlDown = { status: 404, times: 1 };
    expect((await file(simulator, TYPE)).status).toBe(404);
    faults.dlDown = { times: 1 };
    expect((await file(simulator, TYPE)).status).toBe(503);
    faults.dlHtml = true;
    const page = await file(simulator, TYPE);
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  });

  it('knows no made-up id, and notices credentials and other methods', async () => {
    const { id } = await item(simulator, TYPE);
    const turned = (id.startsWith('A') ? 'B' : 'A') + id.slice(1);
    for (const wrong of ['x', turned, id.slice(1)]) expect((await fetchFile(simulator, wrong)).status).toBe(404);
    expect((await fetchFile(simulator, id, { headers: { HMAC2: 'x' } })).status).toBe(200);
    expect((await fetchFile(simulator, id, { method: 'HEAD' })).status).toBe(405);
    expect(rules()).toEqual(['forged-id', 'forged-id', 'forged-id', 'credentials-on-dl', 'method']);
  });

  it('opens ids with ? and / in them only when they are escaped', async () => {
    faults.unsafeIds = true;
    const { id } = await item(simulator, TYPE);
    expect(id).toMatch(/\?.*\/.*%.*\+/);
    expect(sha256((await fetchFile(simulator, id)).bytes)).toBe(truth().sha256);
    expect(await json<unknown[]>(simulator, 'reports/download', { id })).toHaveLength(truth().count);
    expect((await ask(`${simulator.dlUrl}/${id}`)).status).toBe(404);
    expect(rules()).toEqual(['id-not-encoded']);
  });

  it('gives an empty file until an hour after it appeared, or until it is told', async () => {
    const quick = await start({ publishWithinMs: 0 });
    quick.simulator.faults.emptyFirst = { hours: 13 };
    expect(await file(quick.simulator, TYPE)).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
    expect(await json(quick.simulator, 'reports/download', { report: LIST, date: DAY, type: TYPE })).toEqual([]);
    quick.pass(HOUR);
    expect((await file(quick.simulator, TYPE)).bytes).toHaveLength(
      quick.simulator.truth(LIST, TYPE, DAY)[0]?.size ?? 0,
    );
    await quick.simulator.close();
    faults.emptyFirst = { until: NOW + HOUR, when: { type: TYPE } };
    expect((await file(simulator, TYPE)).text).toBe('');
    expect((await file(simulator, 'scan_rdp')).text).not.toBe('');
    trial.pass(HOUR);
    expect(sha256((await file(simulator, TYPE)).bytes)).toBe(truth().sha256);
  });

  it('serves ranges, or chunks, when it is told', async () => {
    const whole = await file(simulator, TYPE);
    const rest = { headers: { range: 'bytes=1000-' } };
    expect((await fetchFile(simulator, truth().id, rest)).status).toBe(200);
    faults.ranges = true;
    const part = await fetchFile(simulator, truth().id, rest);
    expect([part.status, part.headers['content-range']]).toEqual([
      206,
      `bytes 1000-${whole.bytes.length - 1}/${whole.bytes.length}`,
    ]);
    expect(part.bytes.equals(whole.bytes.subarray(1000))).toBe(true);
    const beyond = { headers: { range: `bytes=${whole.bytes.length}-` } };
    expect((await fetchFile(simulator, truth().id, beyond)).status).toBe(416);
    faults.ranges = false;
    faults.contentLength = false;
    const chunked = await fetchFile(simulator, truth().id);
    expect(chunked.headers['transfer-encoding']).toBe('chunked');
    expect(chunked.bytes.equals(whole.bytes)).toBe(true);
  });
});

describe('what is published changes', () => {
  it('a file comes late, perhaps with another name', async () => {
    faults.late = { hours: 24, when: { type: TYPE } };
    expect(await list(simulator, { type: TYPE })).toEqual([]);
    expect(simulator.truth(LIST, TYPE, DAY)).toEqual([]);
    expect((await call(simulator, 'reports/download', { report: LIST, date: DAY, type: TYPE })).status).toBe(404);
    trial.pass(24 * HOUR);
    expect(await list(simulator, { type: TYPE })).toHaveLength(1);
    faults.late = { hours: 24, suffix: true };
    expect((await item(simulator, TYPE)).file).toBe(`${DAY}-scan_ssl-united_states_of_america-geo-delayed.csv`);
    faults.numberedNames = true;
    expect((await item(simulator, TYPE)).file).toContain('-scan_ssl-123-united');
  });

  it('a file is listed under a new id, from an instant on, and the old one opens nothing', async () => {
    const before = await item(simulator, TYPE);
    const { sha256: bytes } = truth();
    faults.reissue = { from: NOW + HOUR };
    expect((await item(simulator, TYPE)).id).toBe(before.id);
    trial.pass(HOUR);
    const after = await item(simulator, TYPE);
    expect(after.file).toBe(before.file);
    expect(after.id).not.toBe(before.id);
    expect(sha256((await fetchFile(simulator, after.id)).bytes)).toBe(bytes);
    expect((await fetchFile(simulator, before.id)).status).toBe(404);
    faults.oldIds = 'served';
    expect(sha256((await fetchFile(simulator, before.id)).bytes)).toBe(bytes);
    expect(simulator.violations).toEqual([]);
  });

  it('a file is issued again with three rows more, under the same name', async () => {
    const before = await item(simulator, TYPE);
    const old = [...truth().cells()];
    faults.reissue = { extraRows: 3 };
    const again = await item(simulator, TYPE);
    expect(again.file).toBe(before.file);
    const [, ...rows] = parseCsv((await fetchFile(simulator, again.id)).text);
    expect(rows.slice(0, -3)).toEqual(old);
    expect(rows).toEqual([...truth().cells()]);
    const stats = await json<unknown[][]>(simulator, 'reports/stats', { report: LIST, type: TYPE, date: DAY });
    expect(stats[1]?.[2]).toBe(old.length + 3);
    faults.reissue = { extraRows: 3, generation: 2 };
    expect((await item(simulator, TYPE)).id).not.toBe(again.id);
  });

  it('ids run out, and files are forgotten', async () => {
    faults.idLifetimeMs = 60_000;
    const { id } = await item(simulator, TYPE);
    trial.pass(59_000);
    expect((await fetchFile(simulator, id)).status).toBe(200);
    trial.pass(1_500);
    expect((await fetchFile(simulator, id)).status).toBe(404);
    expect((await item(simulator, TYPE)).id).not.toBe(id);
    faults.retentionDays = 5;
    faults.idLifetimeMs = null;
    expect(await list(simulator, { date: '2026-11-16' })).toEqual([]);
    const [forgotten] = simulator.truth(LIST, TYPE, '2026-11-16');
    expect((await fetchFile(simulator, forgotten?.id ?? '')).status).toBe(404);
    faults.retentionDays = null;
    expect(await list(simulator, { date: '2016-11-16' })).toHaveLength(simulator.truth(LIST, null, DAY).length);
  });
});

describe('CSV', () => {
  const read = async (): Promise<Buffer> => {
    const { bytes } = await file(simulator, TYPE);
    const { sha256: expected, size } = truth();
    expect([sha256(bytes), bytes.length]).toEqual([expected, size]);
    return bytes;
  };

  it('has the same rows under another header', async () => {
    const permuted = [...truth().rows()];
    await read();
    faults.permutedHeaders = false;
    await read();
    expect(truth().header[0]).toBe('timestamp');
    expect([...truth().rows()]).toEqual(permuted);
  });

  it('has a column more from a day on, and the same otherwise', async () => {
    faults.newColumn = { from: DAY, name: 'brand_new', when: { type: TYPE } };
    expect(simulator.truth(LIST, TYPE, '2026-11-20')[0]?.header).not.toContain('brand_new');
    const rows = [...truth().rows()];
    const [header] = parseCsv((await read()).toString());
    expect(header).toContain('brand_new');
    faults.newColumn = false;
    const before = [...truth().rows()];
    expect(rows).toEqual(before.map((row, at) => ({ ...row, brand_new: rows[at]?.['brand_new'] })));
  });

  it('has line breaks, quotes and commas inside fields, and characters of all planes', async () => {
    simulator.load(LIST, TYPE, DAY, 300);
    const text = (await read()).toString();
    expect(text).toMatch(/"HTTP\/1.1 200 OK\nServer: nginx\n\n"/);
    expect(text).toContain('"Welcome to ""router 7""\r\nlogin: "');
    expect(text).toContain('"Snake Oil, Ltd"');
    expect(text).toContain('東京 ☃ Müller 😀');
    expect(parseCsv(text).slice(1)).toEqual([...truth().cells()]);
  });

  it('starts with a byte order mark, breaks lines as on Windows, ends without a line break', async () => {
    const plain = (await read()).toString();
    Object.assign(faults, { bom: true, crlf: { when: { type: TYPE } }, noFinalNewline: true });
    const bytes = await read();
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(bytes.toString()).toContain('\r\n');
    expect(bytes.toString()).not.toMatch(/\n$/);
    expect(parseCsv(bytes.toString().slice(1))).toEqual(parseCsv(plain));
  });

  it('is ragged: a field too few, a field too many', async () => {
    simulator.load(LIST, TYPE, DAY, 32);
    faults.raggedRows = true;
    const [header = [], ...rows] = parseCsv((await read()).toString());
    const lengths = rows.map((row) => row.length - header.length);
    expect(lengths.filter((length) => length === -1)).toHaveLength(2);
    expect(lengths.filter((length) => length === 1)).toHaveLength(2);
    expect(Object.keys([...truth().rows()][3] ?? {})).toEqual(header.slice(0, -1));
  });

  it('has huge fields', async () => {
    faults.hugeFields = true;
    const rows = [...truth().rows()];
    expect((await read()).length).toBeGreaterThan(120_000);
    expect(rows[5]?.['raw_cert']).toHaveLength(120_000);
  });
});

describe('the transport', () => {
  it('cuts the body short of its length, or of its last chunk', async () => {
    faults.truncatedBody = { times: 1 };
    await expect(file(simulator, TYPE)).rejects.toThrow();
    faults.truncatedBody = { how: 'chunked', at: 0.9, times: 1, when: { kind: 'dl' } };
    await expect(file(simulator, TYPE)).rejects.toThrow();
    expect(simulator.struck).toEqual({ truncatedBody: 2 });
    expect(sha256((await file(simulator, TYPE)).bytes)).toBe(truth().sha256);
  });

  it('resets the connection after the headers, or in the middle', async () => {
    const { id } = await item(simulator, TYPE);
    for (const at of [0, 0.5]) {
      faults.reset = { at };
      const { statusCode, body } = await request(`${simulator.dlUrl}/${id}`);
      expect(statusCode).toBe(200);
      await expect(body.arrayBuffer()).rejects.toThrow();
    }
  });

  it('stalls in the middle, and goes on', async () => {
    const { id } = await item(simulator, TYPE);
    faults.stall = { ms: 80 };
    const before = performance.now();
    const { bytes } = await fetchFile(simulator, id);
    expect(performance.now() - before).toBeGreaterThan(75);
    expect(sha256(bytes)).toBe(truth().sha256);
  });

  it('hangs until the client goes, and waits', async () => {
    faults.hang = { times: 1 };
    const gone = new AbortController();
    simulator.onRequest(() => void setImmediate(() => gone.abort()));
    const hanging = fetchFile(simulator, truth().id, { signal: gone.signal });
    await expect(hanging).rejects.toThrow('abort');
    expect(simulator.requests.at(-1)?.status).toBe(0);
    faults.latencyMs = 50;
    const before = performance.now();
    await call(simulator, 'test/ping');
    expect(performance.now() - before).toBeGreaterThan(45);
  });

  it('serves 1,200,000 rows without holding them, at 40 MB/s at least', async () => {
    simulator.load(LIST, 'blocklist', DAY, 1_200_000);
    const { id } = await item(simulator, 'blocklist');
    // Time of the processor, client and all: other work on the machine is not the simulator's.
    const before = { memory: process.memoryUsage().rss, cpu: process.cpuUsage() };
    let peak = 0;
    let size = 0;
    const { headers, body } = await request(`${simulator.dlUrl}/${id}`);
    body.on('data', (chunk: Buffer) => {
      size += chunk.length;
      peak = Math.max(peak, process.memoryUsage.rss());
    });
    await once(body, 'end');
    expect(size).toBe(Number(headers['content-length']));
    expect(size).toBeGreaterThan(100_000_000);
    expect(peak - before.memory).toBeLessThan(150_000_000);
    const { user, system } = process.cpuUsage(before.cpu);
    expect(size / (user + system)).toBeGreaterThan(40);
  });
});
