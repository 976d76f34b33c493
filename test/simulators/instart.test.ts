import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_USER, DIMENSIONS, startInstart, type InstartSimulator } from '../../simulators/instart.ts';
import {
  ask,
  COLUMNS,
  data,
  DAY,
  events,
  eventsPath,
  FROM,
  HOUR,
  MINUTE,
  multiset,
  NOW,
  path,
  SECOND,
  start,
  truthSet,
  UNTIL,
  zoneless,
  type Parameters,
  type Trial,
} from './instart-client.ts';

let trial: Trial;
let simulator: InstartSimulator;
beforeEach(async () => {
  trial = await start();
  simulator = trial.simulator;
});
afterEach(() => simulator.close());

const ORDER = ['event_timestamp_ms', ...COLUMNS];
const rules = (): readonly string[] => simulator.violations.map(({ rule }) => rule);

describe('raw events', () => {
  it('are ten unless told, unsorted, and as many as there are for who asks twice', async () => {
    const from = Date.UTC(2026, 10, 21);
    simulator.load(from, from + DAY, 26_584);
    const span = { starttime: zoneless(from), endtime: zoneless(from + DAY) };
    const probe = await events(simulator, span);
    expect([probe.rows.length, probe.total_results, probe.query.limit]).toEqual([10, 26_584, 10]);
    const all = await events(simulator, { ...span, limit: 26_584 });
    expect(all.rows).toHaveLength(26_584);
    expect(multiset(all, ORDER)).toEqual(truthSet(simulator.truth(COLUMNS, from, from + DAY)));
    const times = all.rows.map(([time]) => String(time));
    expect(times).not.toEqual([...times].sort());
    expect(rules()).toEqual([]);
  });

  it('look as the page shows them', async () => {
    const { text } = await ask(simulator, eventsPath({ limit: 500, filters: 'client_country_code==SG' }));
    expect(text).toMatch(
      /^\{"query":\{"starttime":"2026-11-22T10:00:00","endtime":"2026-11-22T11:00:00","start":0,"limit":500,/,
    );
    const answer = await events(simulator, { limit: 500, filters: 'client_country_code==SG' });
    expect(answer.query).toMatchObject({ dimensions: COLUMNS, filters: 'client_country_code==SG;customer==acme' });
    expect(answer.columns).toEqual(ORDER.map((name) => ({ name })));
    for (const [time, ip, rule, system] of answer.rows) {
      expect(time).toMatch(/^2026-11-22T10:\d\d:\d\d$/);
      expect([typeof ip, typeof rule]).toEqual(['string', 'string']);
      expect([null, 16_509]).toContain(system);
    }
    expect((await events(simulator)).query.filters).toBe('customer==acme');
  });

  it('do not double the time, and have numbers, truth values and nulls', async () => {
    const dimensions = DIMENSIONS.join();
    const answer = await events(simulator, { dimensions, limit: 10_000 });
    expect(answer.columns.map(({ name }) => name)).toEqual(DIMENSIONS);
    expect(multiset(answer, DIMENSIONS)).toEqual(truthSet(simulator.truth(DIMENSIONS, FROM, UNTIL)));
    const kinds = new Set(answer.rows.flat().map((cell) => (cell === null ? 'null' : typeof cell)));
    expect([...kinds].sort()).toEqual(['boolean', 'null', 'number', 'string']);
  });

  it('are the same for the same seed in another life, and others for another seed', async () => {
    const sets = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const one = await startInstart({ seed, clock: () => NOW + DAY });
        await one.close();
        return truthSet(one.truth(COLUMNS, FROM, UNTIL));
      }),
    );
    expect(sets[0]).toEqual(truthSet(simulator.truth(COLUMNS, FROM, UNTIL)));
    expect(sets[1]).toEqual(sets[0]);
    expect(sets[2]).not.toEqual(sets[0]);
    expect(sets[0]?.length).toBeGreaterThan(1000);
  });

  it('are sorted when it is asked for, by several fields and in both directions', async () => {
    const answer = await events(simulator, { limit: 5000, sortby: '-client_asn,event_timestamp_ms,client_ip' });
    const keys = answer.rows.map((row) => [-Number(row[3] ?? 0), String(row[0]), String(row[1])] as const);
    const sorted = [...keys].sort((one, other) => {
      if (one[0] !== other[0]) return one[0] - other[0];
      const [a, b] = [one.slice(1).join(' '), other.slice(1).join(' ')];
      return a < b ? -1 : Number(a > b);
    });
    expect(keys).toEqual(sorted);
  });

  it('can be had in pieces by start', async () => {
    const all = ['event_timestamp_ms', ...COLUMNS].join();
    const pieces = [0, 700, 1400, 2100, 2800].map((start) => events(simulator, { start, limit: 700, sortby: all }));
    const answers = await Promise.all(pieces);
    const rows = answers.flatMap((answer) => multiset(answer, ORDER)).sort();
    expect(rows).toEqual(truthSet(simulator.truth(COLUMNS, FROM, UNTIL)));
    expect(answers[1]?.query).toMatchObject({ start: 700, limit: 700 });
    simulator.faults.startParameter = 'refused';
    expect((await ask(simulator, eventsPath({ start: 0 }))).status).toBe(400);
  });

  it('are filtered by AND, by OR, by names with a comma, and never by null', async () => {
    const dimensions = ['client_country', 'property', 'client_asn'];
    const found = async (filters: string): Promise<readonly string[]> => {
      const answer = await events(simulator, { dimensions: dimensions.join(), limit: 10_000, filters });
      const rows = multiset(answer, ['event_timestamp_ms', ...dimensions]);
      expect(rows).toEqual(truthSet(simulator.truth(dimensions, FROM, UNTIL, filters)));
      expect(rows.length).toBeGreaterThan(0);
      return rows;
    };
    const all = truthSet(simulator.truth(dimensions, FROM, UNTIL));
    const korean = all.filter((row) => row.includes('"Korea, Republic of"'));
    expect(await found('client_country==Korea\\, Republic of')).toEqual(korean);
    expect(await found('client_country==Korea\\, Republic of;property==shop')).toEqual(
      korean.filter((row) => row.includes('"shop"')),
    );
    expect(await found('property==shop,property==public')).toEqual(all.filter((row) => !row.includes('"internal"')));
    expect(await found('client_asn!=16509')).toEqual(all.filter((row) => !row.endsWith(',16509]')));
    expect((await events(simulator, { filters: 'client_asn==null' })).total_results).toBe(0);
    expect((await events(simulator, { filters: 'customer==other' })).total_results).toBe(0);
  });

  it('take the end of a day as T24:00:00, and echo it', async () => {
    const day = { starttime: '2026-11-21T00:00:00', limit: 100_000 };
    const one = await events(simulator, { ...day, endtime: '2026-11-21T24:00:00' });
    const other = await events(simulator, { ...day, endtime: '2026-11-22T00:00:00' });
    expect(one.query.endtime).toBe('2026-11-21T24:00:00');
    expect(one.total_results).toBe(other.total_results);
    expect(multiset(one, ORDER)).toEqual(multiset(other, ORDER));
  });

  it('of the fourth day back are silently gone, and so they go at midnight', async () => {
    const midnight = Date.UTC(2026, 10, 19);
    const span = { starttime: zoneless(midnight - HOUR), endtime: zoneless(midnight + HOUR), limit: 100_000 };
    const held = simulator.truth(COLUMNS, midnight, midnight + HOUR);
    expect(multiset(await events(simulator, span), ORDER)).toEqual(truthSet(held));
    expect(simulator.truth(COLUMNS, midnight - HOUR, midnight).length).toBeGreaterThan(0);
    trial.pass(12 * HOUR);
    expect((await events(simulator, span)).total_results).toBe(0);
  });

  it('are not there before their time', async () => {
    const span = { starttime: zoneless(NOW - MINUTE), endtime: zoneless(NOW + HOUR), limit: 1000 };
    const before = await events(simulator, span);
    expect(before.rows.every(([time]) => String(time) <= zoneless(NOW))).toBe(true);
    trial.pass(10 * MINUTE);
    expect((await events(simulator, span)).total_results).toBeGreaterThan(before.total_results + 100);
  });

  it('can be loaded, in place of what was there, equal ones and late ones too', async () => {
    const values = { client_ip: '10.0.0.7', rule_id: null, client_asn: 7 };
    simulator.load(FROM, UNTIL, [
      { time: FROM + SECOND, values },
      { time: FROM + SECOND, values },
      { time: FROM + 2 * SECOND, visibleAt: NOW + 40 * MINUTE, values },
    ]);
    const equal = ['2026-11-22T10:00:01', '10.0.0.7', null, 7];
    expect((await events(simulator)).rows).toEqual([equal, equal]);
    trial.pass(40 * MINUTE);
    expect((await events(simulator)).total_results).toBe(3);
    expect(() => simulator.load(FROM, UNTIL, [{ time: UNTIL, values }])).toThrow('not in the interval');
    expect(() => simulator.load(FROM, UNTIL, [{ time: FROM, values: { nonsense: 1 } }])).toThrow('nonsense');
    simulator.load(FROM, UNTIL, 5);
    const five = truthSet(simulator.truth(COLUMNS, FROM, UNTIL));
    simulator.load(FROM, UNTIL, 8);
    const eight = truthSet(simulator.truth(COLUMNS, FROM, UNTIL));
    expect([five.length, eight.length]).toEqual([5, 8]);
    expect(five.every((row) => eight.includes(row))).toBe(true);
    const around = simulator.truth(COLUMNS, FROM - HOUR, FROM).length;
    simulator.load(FROM + 30 * SECOND, FROM + 90 * SECOND, 4);
    const left = eight.filter((row) => row < '["2026-11-22T10:00:30' || row >= '["2026-11-22T10:01:30');
    expect(simulator.truth(COLUMNS, FROM - HOUR, UNTIL)).toHaveLength(around + left.length + 4);
  });

  it('are served by the hundred thousand', async () => {
    simulator.load(FROM, UNTIL, 100_000);
    const { text } = await ask(simulator, eventsPath({ limit: 100_000 }));
    expect(JSON.parse(text)).toMatchObject({ total_results: 100_000 });
  });
});

describe('a question is refused', () => {
  it.each<[string, Parameters, string]>([
    ['the misspelt startime', { starttime: undefined, startime: zoneless(FROM) }, 'unknown-parameter'],
    ['a parameter that no template has', { nonsense: 1 }, 'unknown-parameter'],
    ['a granularity for raw events', { granularity: 'day' }, 'unknown-parameter'],
    ['no start', { starttime: undefined }, 'bad-time'],
    ['no end', { endtime: undefined }, 'bad-time'],
    ['an empty time', { starttime: '' }, 'bad-time'],
    ['the zone Z', { starttime: `${zoneless(FROM)}Z` }, 'bad-time'],
    ['the zone +00:00', { endtime: `${zoneless(UNTIL)}+00:00` }, 'bad-time'],
    ['no such day', { starttime: '2026-02-30T00:00:00' }, 'bad-time'],
    ['no such hour', { endtime: '2026-11-22T24:00:01' }, 'bad-time'],
    ['milliseconds since the epoch', { starttime: FROM }, 'bad-time'],
    ['an end at the start', { endtime: zoneless(FROM) }, 'bad-range'],
    ['an end before the start', { endtime: zoneless(FROM - 1000) }, 'bad-range'],
    ['no dimensions', { dimensions: undefined }, 'bad-dimension'],
    ['empty dimensions', { dimensions: '' }, 'bad-dimension'],
    ['an unknown dimension', { dimensions: 'client_ip,nonsense' }, 'bad-dimension'],
    ['a dimension twice', { dimensions: 'client_ip,client_ip' }, 'bad-dimension'],
    ['AND mixed with OR', { filters: 'property==a;domain==b,domain==c' }, 'bad-filter'],
    ['an unknown operator', { filters: 'client_asn>=7' }, 'bad-filter'],
    ['one equals sign', { filters: 'property=a' }, 'bad-filter'],
    ['an unknown dimension in filters', { filters: 'nonsense==a' }, 'bad-filter'],
    ['an empty filter', { filters: '' }, 'bad-filter'],
    ['an unknown dimension in sortby', { sortby: 'nonsense' }, 'bad-sortby'],
    ['a limit below zero', { limit: -1 }, 'bad-limit'],
    ['a limit with a fraction', { limit: '1.5' }, 'bad-limit'],
    ['a start that is none', { start: 'x' }, 'bad-limit'],
  ])('for %s', async (_, parameters, rule) => {
    const { status, text } = await ask(simulator, eventsPath(parameters));
    expect([status, Object.keys(JSON.parse(text) as object)]).toEqual([400, ['error']]);
    expect(rules()).toEqual([rule]);
  });

  it('for a parameter twice, and for what is not URL-encoded', async () => {
    expect((await ask(simulator, `${eventsPath()}&limit=1&limit=1`)).status).toBe(400);
    expect((await ask(simulator, `${eventsPath()}&filters=property==%zz`)).status).toBe(400);
    expect(rules()).toEqual(['repeated-parameter', 'not-encoded']);
  });

  it('but not for what the page allows: commas as they are, blanks as +, no rows, ISO times to the minute', async () => {
    const span = 'starttime=2026-11-22T10:00&endtime=2026-11-22T11:00:00.000';
    const filters = 'filters=client_country==Korea%5C,+Republic%20of;property!=shop';
    const answer = await data(simulator, `events/data?dimensions=client_ip,rule_id&${span}&${filters}&limit=0`);
    expect([answer.rows.length, answer.total_results > 0]).toEqual([0, true]);
    simulator.faults.times = 'seconds';
    expect((await ask(simulator, `events/data?dimensions=client_ip&${span}`)).status).toBe(400);
  });
});

describe('who asks', () => {
  it('needs the password, whatever its letters, until it changes', async () => {
    const right = await ask(simulator, eventsPath());
    const none = await ask(simulator, eventsPath(), { user: null });
    const wrong = await ask(simulator, eventsPath(), { user: { ...DEFAULT_USER, password: 'pass' } });
    expect([right.status, none.status, wrong.status]).toEqual([200, 401, 401]);
    expect(none.headers['www-authenticate']).toMatch(/^Basic realm="/);
    simulator.changePassword('päss:2');
    expect((await ask(simulator, eventsPath())).status).toBe(401);
    const changed = await ask(simulator, eventsPath(), { user: { ...DEFAULT_USER, password: 'päss:2' } });
    expect(changed.status).toBe(200);
    expect(rules()).toEqual(['unauthorized', 'unauthorized', 'unauthorized']);
    expect(JSON.stringify(simulator.requests)).not.toContain('Basic');
  });

  it('finds nothing at other paths, and for other customers', async () => {
    const paths = [
      'events',
      'nonsense/data',
      'waf/topk/nonsense/data',
      'events/groupings',
      '../../../../other/v1/stats/security/events/data',
    ];
    for (const one of paths) expect([one, (await ask(simulator, one)).status]).toEqual([one, 404]);
    expect((await ask(simulator, eventsPath(), { method: 'POST' })).status).toBe(405);
    expect(rules()).toEqual([...paths.map(() => 'unknown-path'), 'method']);
  });

  it('may ask for the head alone, of each path, until that is refused', async () => {
    const get = await ask(simulator, eventsPath());
    const head = await ask(simulator, eventsPath(), { method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.bytes.length]).toEqual([
      200,
      String(get.bytes.length),
      0,
    ]);
    const bare = [
      'events',
      'waf/trends',
      'request/trends',
      'trafficshaping/trends',
      'waf/topk/ruleid',
      'trafficshaping/topk/country',
    ];
    for (const one of [...bare, 'events/dimensions', 'waf/trends/metrics'])
      expect([one, (await ask(simulator, one, { method: 'HEAD' })).status]).toEqual([one, 200]);
    simulator.faults.head = 'refused';
    expect((await ask(simulator, 'events', { method: 'HEAD' })).status).toBe(405);
    expect((await ask(simulator, eventsPath(), { method: 'HEAD' })).status).toBe(405);
    expect(rules()).toEqual([]);
  });

  it('is told what there is, in the shape of the day', async () => {
    const list = async (path: string): Promise<unknown> => JSON.parse((await ask(simulator, path)).text) as unknown;
    expect(await list('events/dimensions')).toEqual({ dimensions: DIMENSIONS });
    expect(await list('waf/trends/metrics')).toEqual({ metrics: ['hits'] });
    const topk = [['client_browser'], ['client_browser', 'property'], ['client_browser', 'domain']];
    expect(await list('waf/topk/browser/groupings')).toEqual({ groupings: topk });
    simulator.faults.listShape = 'array';
    expect(await list('waf/topk/browser/groupings')).toEqual(topk);
    simulator.faults.listShape = 'named';
    expect(await list('request/trends/metrics')).toEqual([{ name: 'hits' }]);
    expect((await ask(simulator, path('waf/trends/metrics', { limit: 1 }))).status).toBe(400);
  });
});
