import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_KEY, startShadowserver, TYPES, type ShadowserverSimulator } from '../../simulators/shadowserver.ts';
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
  sign,
  start,
  type Trial,
} from './shadowserver-client.ts';

let trial: Trial;
let simulator: ShadowserverSimulator;
beforeEach(async () => {
  trial = await start();
  simulator = trial.simulator;
});
afterEach(() => simulator.close());

const rules = (): readonly string[] => simulator.violations.map(({ rule }) => rule);

describe('what the vendor publishes', () => {
  it('is what a client lists and downloads, byte for byte, without a violation', async () => {
    const held = new Map<string, string>();
    for (const one of await list(simulator, { reports: [LIST, 'california'] }))
      held.set(one.file, sha256((await fetchFile(simulator, one.id)).bytes));
    const truth = simulator.truth(null, null, DAY);
    expect(held).toEqual(new Map(truth.map((one) => [one.file, one.sha256])));
    expect(held.size).toBe(2 * TYPES.length);
    expect(simulator.violations).toEqual([]);
  });

  it('has the size, the rows and the header that the truth says, in every type', async () => {
    for (const truth of simulator.truth(LIST, null, DAY)) {
      const { bytes, text, headers } = await fetchFile(simulator, truth.id);
      const [header, ...rows] = parseCsv(text);
      expect([bytes.length, headers['content-length'], rows.length]).toEqual([
        truth.size,
        String(truth.size),
        truth.count,
      ]);
      expect(header).toEqual(truth.header);
      expect(rows).toEqual([...truth.cells()]);
      expect(rows.map((row) => Object.fromEntries(truth.header.map((name, at) => [name, row[at]])))).toEqual([
        ...truth.rows(),
      ]);
    }
  });

  it('has names of the vendor, and times of its day', async () => {
    const one = await item(simulator, 'scan_ssl');
    expect(one.file).toBe(`${DAY}-scan_ssl-united_states_of_america-geo.csv`);
    expect(Object.keys(one).sort()).toEqual(['file', 'id', 'report', 'timestamp']);
    expect(one).toMatchObject({ report: 'united-states@shadowserver.org', timestamp: DAY });
    const times = [...(simulator.truth(LIST, 'scan_ssl', DAY)[0]?.rows() ?? [])].map((row) => row['timestamp']);
    expect(times.length).toBeGreaterThan(15);
    for (const time of times) expect(time).toMatch(new RegExp(`^${DAY} ([01]\\d|2[0-3])(:[0-5]\\d){2}$`));
  });

  it('is made up again from the seed by another process, ids included', async () => {
    const again = await start();
    const other = await start({ seed: 2 });
    const [mine, theirs, others] = [simulator, again.simulator, other.simulator].map((one) =>
      one.truth(LIST, 'scan_http', DAY).map(({ sha256, id, published }) => ({ sha256, id, published })),
    );
    expect(theirs).toEqual(mine);
    expect(others?.[0]?.sha256).not.toBe(mine?.[0]?.sha256);
    await Promise.all([again.simulator.close(), other.simulator.close()]);
  });

  it('appears in the hours after its day, and nothing of a day that has not ended', async () => {
    const today = '2026-11-22';
    expect(await list(simulator, { date: today })).toEqual([]);
    trial.pass(14 * HOUR);
    const some = (await list(simulator, { date: today })).length;
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(TYPES.length);
    expect(simulator.truth(LIST, null, today).length).toBe(some);
    trial.pass(6 * HOUR);
    expect(await list(simulator, { date: today })).toHaveLength(TYPES.length);
  });

  it('can be loaded with rows, with none, and with no file; earlier rows stay', async () => {
    simulator.load(LIST, 'scan_ssl', DAY, 100);
    const rows = [...(simulator.truth(LIST, 'scan_ssl', DAY)[0]?.rows() ?? [])];
    simulator.load(LIST, 'scan_ssl', DAY, 103);
    expect([...(simulator.truth(LIST, 'scan_ssl', DAY)[0]?.rows() ?? [])].slice(0, 100)).toEqual(rows);
    simulator.load(LIST, 'scan_ssl', DAY, 0);
    expect(parseCsv((await file(simulator, 'scan_ssl')).text)).toHaveLength(1);
    simulator.load(LIST, 'scan_ssl', DAY, null);
    expect(await list(simulator, { type: 'scan_ssl' })).toEqual([]);
    expect(() => simulator.load('nobody', 'scan_ssl', DAY, 1)).toThrow(RangeError);
    expect(() => simulator.load(LIST, 'scan_ssl', '2026-02-30', 1)).toThrow(RangeError);
  });

  it('holds, three times in 64 rows, the very same row', () => {
    simulator.load(LIST, 'scan_ssl', DAY, 640);
    const rows = [...(simulator.truth(LIST, 'scan_ssl', DAY)[0]?.cells() ?? [])].map((row) => row.join('|'));
    expect(rows.filter((row) => row === rows[7])).toHaveLength(3);
    expect(new Set(rows).size).toBe(620);
  });

  it('has another header order on another day, and the same columns', () => {
    const [one, other] = [DAY, '2026-11-20'].map((day) => simulator.truth(LIST, 'scan_http', day)[0]?.header ?? []);
    expect(other).not.toEqual(one);
    expect([...(other ?? [])].sort()).toEqual([...(one ?? [])].sort());
  });
});

describe('two origins', () => {
  it('are two ports, and files are only on the second', async () => {
    const { id } = await item(simulator, 'scan_ssl');
    expect(simulator.dlUrl).not.toContain(simulator.url);
    expect((await ask(`${simulator.url}/dl/${id}`)).status).toBe(404);
  });

  it('or one port with two paths', async () => {
    const other = await start({ onePort: true });
    expect(other.simulator.dlUrl).toBe(`${other.simulator.url}/dl`);
    const { bytes } = await file(other.simulator, 'scan_ssl');
    expect(sha256(bytes)).toBe(simulator.truth(LIST, 'scan_ssl', DAY)[0]?.sha256);
    await other.simulator.close();
  });

  it('free the first port where the second is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port: dlPort } = taken.address() as { port: number };
    const port = Number(new URL(simulator.url).port);
    await simulator.close();
    await expect(startShadowserver({ port, dlPort })).rejects.toThrow('EADDRINUSE');
    simulator = await startShadowserver({ port });
    expect(simulator.url.endsWith(`:${port}`)).toBe(true);
    taken.close();
  });
});

describe('who may call', () => {
  it('is who signs the very bytes that are sent', async () => {
    const url = `${simulator.apiUrl}/test/ping`;
    const body = `{"apikey": "${DEFAULT_KEY.apiKey}"}`;
    const post = (headers: Record<string, string>, sent = body): ReturnType<typeof ask> =>
      ask(url, { method: 'POST', headers, body: sent });
    expect((await post({ hmac2: sign(body) })).status).toBe(200);
    const refused = [
      await post({}),
      await post({ HMAC2: sign(JSON.stringify(JSON.parse(body))) }),
      await post({ HMAC2: sign(body, 'wrong') }),
      await post({ HMAC2: sign(body).toUpperCase() }),
      await post({ HMAC2: sign('{"apikey":"x"}') }, '{"apikey":"x"}'),
      await ask(url),
    ];
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401]);
    for (const { text } of refused) expect(JSON.parse(text)).toEqual({ error: expect.any(String) as string });
    expect(rules()).toEqual(['signature', 'signature', 'signature', 'signature', 'unknown-key', 'method']);
    simulator.faults.hmac = 'any-case';
    expect((await post({ HMAC2: sign(body).toUpperCase() })).status).toBe(200);
    simulator.faults.hmac = 'off';
    expect((await post({})).status).toBe(200);
  });

  it('signs as the published examples do, where a space more is another signature', async () => {
    const other = await start({ keys: [{ apiKey: '123456798', secret: 'MySecret' }] });
    const signatures = [
      'ddd569fcb5ca011e58a045945d9450700f46797560fa6eb384f485c1cb8124d4',
      '997b6d9abc1f85dde3f66d84da9cf2e76c02d7032fe51ce496456a6e921d6761',
    ];
    const bodies = ['{"apikey": "123456798"}', '{"apikey":"123456798"}'];
    const statuses = signatures.flatMap((HMAC2) =>
      bodies.map(async (body) => {
        const url = `${other.simulator.apiUrl}/test/ping`;
        return (await ask(url, { method: 'POST', headers: { HMAC2 }, body })).status;
      }),
    );
    expect(await Promise.all(statuses)).toEqual([200, 401, 401, 200]);
    await other.simulator.close();
  });

  it('sends a JSON object, of a method that there is, with fields that it has', async () => {
    const body = '["apikey"]';
    const headers = { HMAC2: sign(body) };
    expect((await ask(`${simulator.apiUrl}/test/ping`, { method: 'POST', headers, body })).status).toBe(400);
    expect((await call(simulator, 'reports/nothing')).status).toBe(404);
    expect((await call(simulator, 'reports/list', { lists: [] })).status).toBe(400);
    expect(rules()).toEqual(['not-json', 'unknown-method', 'unknown-field']);
    simulator.faults.unknownFields = 'ignored';
    expect((await call(simulator, 'reports/list', { lists: [] })).status).toBe(200);
  });

  it('is told the fields by each method, and the attributes by the query', async () => {
    expect(await json(simulator, 'reports/stats', { help: true })).toEqual(['date', 'report', 'type']);
    expect(await json(simulator, 'reports/query', { help: true })).toEqual(
      expect.arrayContaining(['agent', 'dst_county_fips', 'tld', 'version']),
    );
    expect(await json<unknown[]>(simulator, 'reports/query', { help: true })).toHaveLength(55);
    expect(await json(simulator, 'test/ping', { help: true })).toEqual([]);
  });

  it('leaves no credentials in the log of requests', async () => {
    await call(simulator, 'reports/list', { date: DAY });
    expect(simulator.requests[0]).toMatchObject({ origin: 'api', path: '/api2/reports/list', body: { date: DAY } });
    expect(JSON.stringify(simulator.requests)).not.toMatch(new RegExp(`${DEFAULT_KEY.apiKey}|[0-9a-f]{64}`));
  });
});

describe('reports/list', () => {
  it('knows lists and types', async () => {
    expect(await json(simulator, 'reports/subscribed')).toEqual([LIST, 'california']);
    expect(await json(simulator, 'reports/types')).toEqual(TYPES);
    const detailed = await json<{ type: string }[]>(simulator, 'reports/types', { detail: true });
    expect(detailed.map(({ type }) => type)).toEqual(TYPES);
  });

  it('gives the two files of two lists and one type, keys in any order', async () => {
    const items = await list(simulator, { reports: [LIST, 'california'], type: 'hp_ics_scan' });
    expect(items.map(({ file }) => file)).toEqual([
      `${DAY}-hp_ics_scan-united_states_of_america-geo.csv`,
      `${DAY}-hp_ics_scan-california-region.csv`,
    ]);
    const orders = (await list(simulator)).map((one) => Object.keys(one).join());
    expect(new Set(orders).size).toBeGreaterThan(3);
  });

  it('gives at most 1,000 of 1,420 files of three days; by day and type there are all', async () => {
    const types = Array.from({ length: 237 }, (_, number) => `scan_${number}`);
    const dates = ['2026-11-19', '2026-11-20', '2026-11-21'];
    const busy = await start({ types, rows: (_, type, day) => (type === 'scan_0' && day === DAY ? null : 1) });
    const fields = { reports: [LIST, 'california'] };
    expect(await list(busy.simulator, { ...fields, date: `${dates[0]}:${DAY}` })).toHaveLength(1000);
    const days = await Promise.all(dates.map((date) => list(busy.simulator, { ...fields, date })));
    expect(new Set(days.flat().map(({ file }) => file)).size).toBe(1420);
    expect(new Set(days.flat().map(({ id }) => id)).size).toBe(1420);
    expect(await list(busy.simulator, { ...fields, date: DAY, limit: 3 })).toHaveLength(3);
    await busy.simulator.close();
  });

  it('lists, without a date, from the oldest day on', async () => {
    const items = await json<{ timestamp: string }[]>(simulator, 'reports/list', { reports: [LIST], limit: 3 });
    expect(items.map(({ timestamp }) => timestamp)).toEqual(Array(3).fill('2026-10-23'));
  });

  it.each([
    { date: '2026-11-31' },
    { date: '2026-11-21:2026-11-20' },
    { date: 'now' },
    { date: '21.11.2026' },
    { limit: '3' },
    { limit: 0 },
    { reports: 'united-states' },
    { type: ['scan_ssl'] },
  ])('refuses %j', async (fields) => {
    const { status, text } = await call(simulator, 'reports/list', fields);
    expect([status, Object.keys(JSON.parse(text) as object)]).toEqual([400, ['error']]);
    expect(rules()).toEqual(['bad-field']);
  });
});

describe('reports/download', () => {
  it('gives the rows of the file as objects of texts, by id or by name', async () => {
    const { id } = await item(simulator, 'scan_ssl_freak');
    const truth = [...(simulator.truth(LIST, 'scan_ssl_freak', DAY)[0]?.rows() ?? [])];
    expect(await json(simulator, 'reports/download', { id })).toEqual(truth);
    const name = { report: LIST, date: DAY, type: 'scan_ssl_freak' };
    expect(await json(simulator, 'reports/download', { ...name, limit: 2 })).toEqual(truth.slice(0, 2));
    expect((await call(simulator, 'reports/download', { ...name, type: 'none' })).status).toBe(404);
    expect((await call(simulator, 'reports/download', { report: LIST })).status).toBe(400);
  });

  it('gives a large file in pieces', async () => {
    simulator.load(LIST, 'blocklist', DAY, 5000);
    const { id } = await item(simulator, 'blocklist');
    const { text, headers } = await call(simulator, 'reports/download', { id });
    expect(headers['transfer-encoding']).toBe('chunked');
    expect(JSON.parse(text)).toEqual([...(simulator.truth(LIST, 'blocklist', DAY)[0]?.rows() ?? [])]);
  });
});

describe('reports/stats', () => {
  it('counts the rows of the files, under a header; yesterday unless told', async () => {
    const counts = simulator
      .truth(LIST, null, DAY)
      .map(({ day, type, count }) => [day, type.replaceAll('_', '-'), count]);
    expect(await json(simulator, 'reports/stats', { report: LIST })).toEqual([['date', 'type', 'events'], ...counts]);
  });

  it('reads -3:now as the dates that it stands for, and takes a type with hyphens', async () => {
    const fields = { report: LIST, type: 'scan-exchange' };
    const relative = await json<unknown[]>(simulator, 'reports/stats', { ...fields, date: '-3:now' });
    expect(relative).toEqual(await json(simulator, 'reports/stats', { ...fields, date: '2026-11-19:2026-11-22' }));
    expect(relative).toHaveLength(4);
    expect(relative[1]).toEqual(['2026-11-19', 'scan-exchange', expect.any(Number)]);
  });

  it('wants a report from a subscriber of several', async () => {
    expect((await call(simulator, 'reports/stats')).status).toBe(400);
    simulator.faults.statsNeedReport = false;
    expect((await call(simulator, 'reports/stats')).status).toBe(200);
  });
});

describe('controls', () => {
  it('are there for another process, when asked for', async () => {
    expect((await ask(`${simulator.url}/_simulator/truth?day=${DAY}`)).status).toBe(404);
    const other = await start({ control: true });
    const at = `${other.simulator.url}/_simulator`;
    const put = (path: string, body = ''): ReturnType<typeof ask> => ask(`${at}/${path}`, { method: 'PUT', body });
    const where = `list=${LIST}&type=scan_ssl&day=${DAY}`;
    expect((await put(`load?${where}&rows=7`)).status).toBe(200);
    const [truth] = other.simulator.truth(LIST, 'scan_ssl', DAY);
    expect(JSON.parse((await ask(`${at}/truth?${where}`)).text)).toMatchObject({
      file: truth?.file,
      sha256: truth?.sha256,
      count: 7,
    });
    const rows = (await ask(`${at}/rows?${where}`)).text.trimEnd().split('\n');
    expect(rows.map((row) => JSON.parse(row) as unknown)).toEqual([...(truth?.rows() ?? [])]);
    expect((await put('faults', '{"hang":{"times":1},"retentionDays":null}')).status).toBe(200);
    expect(other.simulator.faults).toMatchObject({ hang: { times: 1 }, retentionDays: null });
    for (const wrong of ['{"hnag":true}', '{"hang":{"tmes":1}}', '{"hmac":"none"}', '[]', 'x'])
      expect((await put('faults', wrong)).status).toBe(400);
    expect((await put(`load?${where}&rows=many`)).status).toBe(400);
    expect((await put('load?list=x&type=scan_ssl&day=2026-11-21&rows=1')).status).toBe(400);
    expect(JSON.parse((await ask(`${at}/violations`)).text)).toEqual([]);
    expect(JSON.parse((await ask(`${at}/faults`)).text)).toMatchObject({ struck: {} });
    await other.simulator.close();
  });

  it('set the Date header by the vendor’s clock', async () => {
    simulator.faults.clockSkewMs = -90_000;
    const { headers } = await call(simulator, 'test/ping');
    expect(Date.parse(String(headers['date']))).toBe(Math.floor((NOW - 90_000) / 1000) * 1000);
  });
});
