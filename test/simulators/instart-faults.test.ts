import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noFaults, readFaults, type Faults, type InstartSimulator } from '../../simulators/instart.ts';
import {
  ask,
  COLUMNS,
  events,
  eventsPath,
  FROM,
  MINUTE,
  multiset,
  NOW,
  SECOND,
  start,
  truthSet,
  UNTIL,
  type Data,
  type Trial,
} from './instart-client.ts';

let trial: Trial;
let simulator: InstartSimulator;
let faults: Faults;
beforeEach(async () => {
  trial = await start({ control: true });
  simulator = trial.simulator;
  faults = simulator.faults;
});
afterEach(() => simulator.close());

const ORDER = ['event_timestamp_ms', ...COLUMNS];
const all = (): Promise<Data> => events(simulator, { limit: 100_000 });
const truth = (): readonly string[] => truthSet(simulator.truth(COLUMNS, FROM, UNTIL));

describe('a fault', () => {
  it('strikes as often, and on what, it is told, and is counted', async () => {
    faults.serverError = { times: 1, status: 503, when: { kind: 'events', limit: 7 } };
    const statuses = [10, 7, 7].map(async (limit) => (await ask(simulator, eventsPath({ limit }))).status);
    expect((await Promise.all(statuses)).sort((one, other) => one - other)).toEqual([200, 200, 503]);
    expect(simulator.struck).toEqual({ serverError: 1 });
  });

  it('can be read from JSON, each of them', () => {
    const defaults = noFaults();
    expect(readFaults(defaults)).toEqual(defaults);
    expect(readFaults({ totalGrowsBy: { rows: 7, when: { attempt: 1 } }, latencyMs: null })).toEqual({
      totalGrowsBy: { rows: 7, when: { attempt: 1 } },
      latencyMs: 0,
    });
    expect(() => readFaults({ bounds: '[[' })).toThrow('bounds');
    expect(() => readFaults({ toString: true })).toThrow('toString');
  });

  it('of the transport or of a proxy replaces the answer', async () => {
    const struck = async (fault: Partial<Faults>): Promise<readonly [number, string]> => {
      Object.assign(faults, noFaults(), fault);
      const { status, text, headers } = await ask(simulator, eventsPath());
      return [status, String(headers['retry-after'] ?? headers['location'] ?? text.slice(0, 9))];
    };
    expect(await struck({ serverError: true })).toEqual([500, '{"error":']);
    expect(await struck({ htmlWith200: true })).toEqual([200, '<!DOCTYPE']);
    expect(await struck({ emptyBody: true })).toEqual([200, '']);
    expect(await struck({ redirect: { location: '/away' } })).toEqual([302, '/away']);
    expect(await struck({ rateLimit: { retryAfter: 30 } })).toEqual([429, '30']);
    expect(await struck({ rateLimit: { retryAfter: 'date' } })).toEqual([429, new Date(NOW + 2000).toUTCString()]);
    expect(await struck({ unauthorized: true })).toEqual([401, '{"error":']);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual(['retry-after-ignored']);
    await expect(struck({ resetAfterHeaders: true })).rejects.toThrow();
    await expect(struck({ truncatedBody: true })).rejects.toThrow();
    expect(await struck({ drip: { bytes: 200, everyMs: 1 } })).toEqual([200, '{"query":']);
  });

  it('leaves a request without an answer until its client goes', async () => {
    faults.hang = true;
    const asked = new Promise((resolve) => simulator.onRequest(resolve));
    const controller = new AbortController();
    const answer = ask(simulator, eventsPath(), { signal: controller.signal });
    await asked;
    controller.abort();
    await expect(answer).rejects.toThrow();
    expect(simulator.struck).toEqual({ hang: 1 });
  });

  it('cuts JSON in half under a right length', async () => {
    const whole = (await ask(simulator, eventsPath())).bytes;
    faults.truncatedJson = true;
    const { status, headers, bytes } = await ask(simulator, eventsPath());
    expect([status, headers['content-length']]).toEqual([200, String(bytes.length)]);
    expect(bytes).toEqual(whole.subarray(0, bytes.length));
    expect(() => JSON.parse(bytes.toString('utf8')) as unknown).toThrow();
  });
});

describe('rows', () => {
  it('grow in number between one call and the next, several times, and stay', async () => {
    faults.totalGrowsBy = { rows: 7, times: 2 };
    const totals = [];
    for (let call = 0; call < 4; call++) totals.push((await all()).total_results);
    const [first = 0] = totals;
    expect(totals).toEqual([first, first + 7, first + 14, first + 14]);
    expect(multiset(await all(), ORDER)).toEqual(truth());
  });

  it('are capped, honestly and not', async () => {
    faults.capLimit = 50;
    const honest = await all();
    expect([honest.rows.length, honest.query.limit]).toEqual([50, 50]);
    faults.capEcho = 'asked';
    const lying = await all();
    expect([lying.rows.length, lying.query.limit]).toEqual([50, 100_000]);
    expect(lying.total_results).toBeGreaterThan(1000);
    expect((await events(simulator, { limit: 20 })).rows).toHaveLength(20);
  });

  it('are too many for the gateway by the limit, by the rows, or by the total', async () => {
    const statuses = async (): Promise<readonly number[]> =>
      Promise.all(
        [undefined, 20, 1000, 100_000].map(async (limit) => (await ask(simulator, eventsPath({ limit }))).status),
      );
    const { total_results: total } = await all();
    faults.gatewayTimeoutAbove = 1000;
    expect(await statuses()).toEqual([200, 200, 200, 504]);
    faults.gatewayTimeoutOf = 'rows';
    expect(await statuses()).toEqual([200, 200, 200, 504]);
    faults.gatewayTimeoutAbove = total;
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    faults.gatewayTimeoutOf = 'total';
    faults.gatewayTimeoutAbove = total - 1;
    expect(await statuses()).toEqual([504, 504, 504, 504]);
  });

  it('are fewer than the total says, or too short', async () => {
    faults.rowsMissing = { rows: 3 };
    const fewer = await all();
    expect(fewer.rows).toHaveLength(fewer.total_results - 3);
    faults.rowsMissing = false;
    faults.rowTooShort = true;
    const lengths = (await all()).rows.map((row) => row.length);
    expect([...new Set(lengths)]).toEqual([3, 4]);
    expect(lengths.filter((length) => length === 3)).toHaveLength(1);
  });

  it('on the bounds belong to the span or not', async () => {
    const values = { rule_id: 'D1' };
    const times = [FROM, FROM + MINUTE, UNTIL];
    simulator.load(
      FROM,
      UNTIL + SECOND,
      times.map((time) => ({ time, values })),
    );
    const totals = async (bounds: Faults['bounds']): Promise<number> => {
      faults.bounds = bounds;
      return (await all()).total_results;
    };
    expect([await totals('[)'), await totals('[]'), await totals('()'), await totals('(]')]).toEqual([2, 3, 1, 2]);
    expect(truth()).toHaveLength(2);
  });

  it('appear late, some of them', async () => {
    const early = truth();
    faults.lateByMs = 3 * 60 * MINUTE;
    const before = await all();
    expect(before.total_results).toBeLessThan(early.length);
    expect(before.total_results).toBeGreaterThan(early.length / 2);
    expect(multiset(before, ORDER)).toEqual(truth());
    trial.pass(3 * 60 * MINUTE);
    expect(multiset(await all(), ORDER)).toEqual(early);
  });

  it('are there twice, equal to the byte, and in another order on each call', async () => {
    const once = truth();
    faults.equalRows = true;
    faults.shuffledEachCall = true;
    const [one, other] = [await all(), await all()];
    expect(one.rows).not.toEqual(other.rows);
    expect(multiset(one, ORDER)).toEqual(multiset(other, ORDER));
    expect(multiset(one, ORDER)).toEqual(truth());
    expect(truth().length).toBeGreaterThan(once.length);
    expect([...new Set(truth())]).toEqual([...new Set(once)]);
  });

  it('keep their order from call to call unless told', async () => {
    expect((await all()).rows).toEqual((await all()).rows);
  });
});

describe('the form', () => {
  it.each<[string, Partial<Faults>]>([
    ['the server’s own order of columns', { columnOrder: 'server' }],
    ['another order of columns each time', { columnOrder: 'shuffled' }],
    ['the time last', { timestampNotPrepended: 'last' }],
    ['all times with a fraction', { fractions: 'all' }],
    ['some times with a fraction', { fractions: 'some' }],
    ['lines', { prettyPrinted: true }],
    ['other texts for the same values', { oddLiterals: true, columnOrder: 'shuffled' }],
  ])('may be %s, and the rows are the truth', async (_, fault) => {
    const plain = (await ask(simulator, eventsPath({ limit: 5000, sortby: ORDER.join() }))).text;
    Object.assign(faults, fault);
    const order = ORDER;
    const answer = await all();
    const values = simulator
      .truth(COLUMNS, FROM, UNTIL)
      .map(({ bytes }) => JSON.stringify(JSON.parse(bytes.toString())));
    expect(multiset(answer, order)).toEqual(values.sort());
    expect((await ask(simulator, eventsPath({ limit: 5000, sortby: ORDER.join() }))).text).not.toBe(plain);
  });

  it('has milliseconds in fractions, and none without', async () => {
    faults.fractions = 'all';
    const texts = (await all()).rows.map(([time]) => String(time));
    expect(texts.filter((text) => /\.\d{3}$/.test(text)).length).toBeGreaterThan(texts.length / 2);
  });

  it('may lack the time, or the filters', async () => {
    faults.timestampNotPrepended = 'absent';
    faults.filtersEcho = 'absent';
    const answer = await all();
    expect(answer.columns.map(({ name }) => name)).toEqual(COLUMNS);
    expect(Object.keys(answer.query)).not.toContain('filters');
  });

  it('may hold bytes that are not UTF-8, as the truth has them', async () => {
    faults.badUtf8 = true;
    const { bytes } = await ask(simulator, eventsPath({ dimensions: 'request_path', limit: 5000 }));
    const rows = simulator.truth(['request_path'], FROM, UNTIL).map((row) => row.bytes);
    const bad = rows.filter((row) => row.includes(Buffer.from([0xff, 0xc3, 0x28])));
    expect(bad.length).toBeGreaterThan(0);
    expect(rows.every((row) => bytes.includes(row))).toBe(true);
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow();
  });

  it('follows a clock that is off', async () => {
    faults.clockSkewMs = -90 * MINUTE;
    const { headers } = await ask(simulator, eventsPath());
    expect(headers['date']).toBe(new Date(NOW - 90 * MINUTE).toUTCString());
    expect((await all()).rows.every(([time]) => String(time) <= '2026-11-22T10:30:30')).toBe(true);
  });
});

describe('another process', () => {
  const control = async (method: 'GET' | 'PUT', path: string, body?: string): Promise<string> => {
    const answer = await request(`${simulator.url}/_simulator/${path}`, {
      method,
      ...(body !== undefined && { body }),
    });
    return `${answer.statusCode} ${await answer.body.text()}`;
  };

  it('reads the truth and what was done, loads events and sets faults', async () => {
    const span = `from=${FROM}&until=${UNTIL}`;
    const [first] = simulator.truth(['rule_id'], FROM, UNTIL);
    const lines = await control('GET', `truth?dimensions=rule_id&${span}`);
    expect(lines.split('\n')[0]).toBe(`200 ${JSON.stringify({ time: first?.time, sha256: first?.sha256 })}`);
    expect(await control('GET', `truth?dimensions=rule_id&${span}&resource=waf/topk/ruleid`)).toMatch(/^200 \{/);
    expect(await control('GET', `truth?dimensions=rule_id&${span}&resource=waf/trends&granularity=day`)).toBe('200 ');
    expect(await control('PUT', `load?${span}`, JSON.stringify([{ time: FROM, values: { rule_id: 'D1' } }]))).toMatch(
      /^200/,
    );
    expect((await all()).total_results).toBe(1);
    expect(await control('PUT', `load?${span}&count=3`)).toMatch(/^200/);
    expect((await all()).total_results).toBe(3);
    expect(await control('PUT', 'faults', '{"capLimit":2}')).toMatch(/^200/);
    expect((await all()).rows).toHaveLength(2);
    expect(await control('PUT', 'faults', '{"nonsense":2}')).toMatch(/^400 .*nonsense/);
    expect(await control('PUT', `load?${span}`, '{')).toMatch(/^400/);
    expect(await control('PUT', 'password', 'new')).toMatch(/^200/);
    expect((await ask(simulator, eventsPath())).status).toBe(401);
    expect(await control('GET', 'violations')).toContain('unauthorized');
    expect(await control('GET', 'requests')).toContain('events/data');
    expect(await control('GET', 'faults')).toContain('"capLimit":2');
  });
});
