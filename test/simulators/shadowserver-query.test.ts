import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ShadowserverSimulator } from '../../simulators/shadowserver.ts';
import { call, DAY, json, LIST, start, type Answer } from './shadowserver-client.ts';

type Row = Readonly<Record<string, unknown>>;

let simulator: ShadowserverSimulator;
beforeEach(async () => {
  ({ simulator } = await start());
});
afterEach(() => simulator.close());

function refused(fields: object): Promise<Answer> {
  return call(simulator, 'reports/query', { date: DAY, ...fields });
}

function search(query: object, fields: object = {}): Promise<readonly Row[]> {
  return json(simulator, 'reports/query', { date: DAY, query, ...fields });
}

/** What tells the simulator's rows apart. */
const keyOf = ({ ip, timestamp, domain, port }: Row): string => JSON.stringify([ip, timestamp, domain, port]);

describe('reports/query', () => {
  it('finds, whatever the case, what the files hold, with the tag as an array', async () => {
    const rows = await search({ geo: 'us', tag: 'SSL' });
    const truth = [...(simulator.truth(LIST, 'scan_ssl', DAY)[0]?.rows() ?? [])];
    expect(rows.map(({ ip }) => ip)).toEqual(truth.map(({ ip }) => ip));
    expect(rows.map(({ tag }) => tag)).toEqual(truth.map(({ tag }) => tag?.split(/[,;]/)));
    for (const row of rows) {
      expect(row).toMatchObject({ geo: 'US', infection: 'ssl', type: 'scan', sid: expect.any(String) as string });
      expect(row['rip']).toBe(String(row['ip']).split('.').reverse().join('.'));
      expect(Object.values(row)).not.toContain('');
    }
  });

  it('takes numbers and texts alike, and ranges that end now', async () => {
    const rows = await search({ geo: 'US', asn: 109 });
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ asn }) => asn === '109')).toBe(true);
    expect(await search({ geo: 'US', asn: '109' })).toEqual(rows);
    const relative = await search({ geo: 'US', port: 443 }, { date: '-1:now' });
    expect(relative).toEqual(await search({ geo: 'US', port: 443 }, { date: `${DAY}:2026-11-22` }));
    expect(await search({ geo: 'US', port: 443 }, { date: 'now' })).toEqual([]);
  });

  it('demands with require that something is there', async () => {
    const rows = await search({ geo: 'us', require: 'device_vendor' });
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThan((await search({ geo: 'us' })).length);
    expect(rows.every((row) => row['device_vendor'] !== undefined)).toBe(true);
  });

  it('gives 2,345 rows as pages of 1,000, 1,000 and 345, sorted by time', async () => {
    simulator.load(LIST, 'scan_ssl', DAY, 2345);
    simulator.faults.repeatedRows = false;
    const pages = await Promise.all(
      [1, 2, 3, 4].map((page) => search({ geo: 'us', tag: 'ssl' }, { page, sort: 'ascending' })),
    );
    expect(pages.map((page) => page.length)).toEqual([1000, 1000, 345, 0]);
    const times = pages.flat().map(({ timestamp }) => String(timestamp));
    expect(times).toEqual([...times].sort());
    expect(new Set(pages.flat().map(keyOf)).size).toBe(2345);
    const [last] = await search({ geo: 'us', tag: 'ssl' }, { limit: 1, sort: 'Descending' });
    expect(last?.['timestamp']).toBe(times.at(-1));
  });

  it('moves rows between two pages, so that some come twice or never', async () => {
    simulator.load(LIST, 'scan_ssl', DAY, 300);
    simulator.faults.repeatedRows = false;
    const walk = async (): Promise<readonly string[]> => {
      const pages = [1, 2, 3].map((page) => search({ geo: 'us', tag: 'ssl' }, { page, limit: 100, sort: 'ascending' }));
      return (await Promise.all(pages)).flat().map(keyOf);
    };
    const whole = new Set(await walk());
    simulator.faults.rowsShiftBetweenPages = true;
    const twice = await walk();
    expect([whole.size, twice.length, new Set(twice).size]).toEqual([300, 300, 298]);
    simulator.faults.rowsShiftBetweenPages = { by: -4 };
    expect(new Set(await walk()).size).toBe(292);
  });

  it('ends at 10,000', async () => {
    const { status, text } = await refused({ query: { geo: 'us' }, page: 11, limit: 1000 });
    expect(status).toBe(400);
    expect(text).toContain('Result window is too large');
    expect((await refused({ query: { geo: 'us' }, page: 10, limit: 1000 })).status).toBe(200);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual(['page-beyond-ceiling']);
  });

  it('counts the values of an attribute, the most frequent first', async () => {
    const counts = (await search({ geo: 'us', require: 'tag' }, { facet: 'tag', limit: 3 })) as readonly {
      tag: string;
      count: number;
    }[];
    expect(counts).toHaveLength(3);
    expect(counts.map(({ count }) => count)).toEqual(counts.map(({ count }) => count).toSorted((a, b) => b - a));
    for (const { tag, count } of counts) {
      expect((await search({ geo: 'us', tag })).length).toBe(count);
    }
  });

  it.each([
    [{ query: { asn: 109 } }, 'no-own-filter'],
    [{ query: { geo: 'de' } }, 'no-own-filter'],
    [{ query: {} }, 'no-own-filter'],
  ])('refuses %j: no own filter', async (fields, rule) => {
    const { status, text } = await refused(fields);
    expect([status, JSON.parse(text)]).toEqual([400, { error: 'No supported report filters found' }]);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual([rule]);
  });

  it.each([
    { query: 'geo:us' },
    {},
    { query: { geo: 'us', hostname: 'x' } },
    { query: { geo: ['us'] } },
    { query: { geo: 'us' }, facet: 'hostname' },
    { query: { geo: 'us' }, sort: 'up' },
    { query: { geo: 'us' }, page: 0 },
  ])('refuses %j', async (fields) => {
    expect((await refused(fields)).status).toBe(400);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual(['bad-field']);
  });

  it('takes an own filter beside the query as in the new example, until told otherwise', async () => {
    const fields = { geo: 'us', query: { port: 443 } };
    expect(await json(simulator, 'reports/query', { date: DAY, ...fields })).toEqual(
      await search({ geo: 'us', port: 443 }),
    );
    simulator.faults.topLevelFilter = false;
    expect((await refused(fields)).text).toContain('No supported report filters found');
  });

  it.each([
    [{ field: 'asn', value: '109' } as const, { asn: 109 }, { asn: 110 }],
    [{ field: 'domain', value: '*.cisco.com' } as const, { domain: '*.cisco.com' }, { domain: '*.com' }],
    [{ field: 'ip', value: '134.34.0.0/16' } as const, { ip: '134.34.0.0/17' }, { ip: '134.0.0.0/8' }],
  ])('knows the filter %j of an organisation', async (filter, own, other) => {
    const theirs = await start({ lists: [{ name: 'mine', filter }] });
    const body = { date: DAY, query: own };
    const rows = await json<Row[]>(theirs.simulator, 'reports/query', body);
    expect(rows.length).toBeGreaterThan(10);
    if (filter.field === 'ip') expect(rows.every(({ ip }) => /^134\.34\.\d+\.\d+$/.test(String(ip)))).toBe(true);
    if (filter.field === 'domain') expect(rows.every(({ domain }) => String(domain).endsWith('.cisco.com'))).toBe(true);
    expect((await call(theirs.simulator, 'reports/query', { date: DAY, query: other })).status).toBe(400);
    await theirs.simulator.close();
  });

  it('is refused, slow, or ends in a 504 when it is told, or would look at too much', async () => {
    const { faults } = simulator;
    const fields = { query: { geo: 'us' } };
    faults.queryRefused = { times: 1 };
    expect((await refused(fields)).status).toBe(400);
    faults.slowQuery = { ms: 60, times: 1 };
    const before = performance.now();
    expect((await refused(fields)).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThan(55);
    faults.gatewayTimeout = { days: 2 };
    const statuses = [DAY, `2026-11-20:${DAY}`, `2026-11-19:${DAY}`].map((date) => refused({ ...fields, date }));
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([200, 200, 504]);
    faults.gatewayTimeout = false;
    simulator.load(LIST, 'scan_ssl', DAY, 200_001);
    const heavy = await refused(fields);
    expect([heavy.status, heavy.headers['content-type']]).toEqual([504, 'text/html; charset=utf-8']);
    expect(simulator.violations).toEqual([]);
  });
});
