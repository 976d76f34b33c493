import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstartSimulator } from '../../simulators/instart.ts';
import {
  ask,
  data,
  DAY,
  FROM,
  HOUR,
  multiset,
  NOW,
  path,
  start,
  truthSet,
  UNTIL,
  zoneless,
  type Data,
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

const SPAN = { metrics: 'hits', starttime: zoneless(FROM), endtime: zoneless(UNTIL) };
const trendsPath = (parameters: Parameters = {}): string =>
  path('waf/trends/data', { dimensions: 'waf_action', granularity: '5minute', limit: 10_000, ...SPAN, ...parameters });
const trends = (parameters: Parameters = {}): Promise<Data> => data(simulator, trendsPath(parameters));
const hits = ({ columns, rows }: Data): number => {
  const place = columns.findIndex(({ name }) => name === 'hits');
  return rows.reduce((sum, row) => sum + Number(row[place]), 0);
};

describe('trends', () => {
  it('count the very events that the raw answers hold', async () => {
    const answer = await trends({ dimensions: 'waf_action,domain' });
    expect(answer.columns.map(({ name }) => name)).toEqual(['timestamp', 'waf_action', 'domain', 'hits']);
    const counted = new Map<string, number>();
    for (const { bytes, time } of simulator.truth(['event_type', 'waf_action', 'domain'], FROM, UNTIL)) {
      const [, type, action, domain] = JSON.parse(bytes.toString('utf8')) as string[];
      const key = JSON.stringify([zoneless(Math.floor(time / 300_000) * 300_000), action, domain]);
      if (type === 'WAF') counted.set(key, (counted.get(key) ?? 0) + 1);
    }
    const served = answer.rows.map(([time, action, domain, hits]) => [JSON.stringify([time, action, domain]), hits]);
    expect(new Map(served as [string, number][])).toEqual(counted);
    expect(answer.total_results).toBe(counted.size);
    expect(answer.query.filters).toBe('customer==acme');
    expect(multiset(answer, ['timestamp', 'waf_action', 'domain', 'hits'])).toEqual(
      truthSet(
        simulator.truthOfTrends('waf/trends', {
          dimensions: ['waf_action', 'domain'],
          granularity: '5minute',
          from: FROM,
          until: UNTIL,
        }),
      ),
    );
  });

  it('agree over granularities, and are ten rows unless told', async () => {
    const day = { starttime: '2026-11-21T00:00:00', endtime: '2026-11-22T00:00:00', limit: 10_000 };
    const [fine, hourly, daily] = await Promise.all([
      trends(day),
      trends({ ...day, granularity: 'hour' }),
      trends({ ...day, granularity: 'day' }),
    ]);
    expect([hits(hourly), hits(daily)]).toEqual([hits(fine), hits(fine)]);
    expect(daily.rows.map(([time]) => time)).toEqual(daily.rows.map(() => '2026-11-21T00:00:00'));
    const ten = await trends({ limit: undefined });
    expect([ten.rows.length, ten.total_results]).toEqual([10, 24]);
  });

  it('forget five minutes after a week, hours after a month, and days never', async () => {
    const back = (days: number): Parameters => ({
      starttime: zoneless(NOW - days * DAY - HOUR),
      endtime: zoneless(NOW - days * DAY + HOUR),
    });
    expect(hits(await trends(back(8)))).toBe(0);
    const cut = await trends({ ...back(7), sortby: 'timestamp' });
    expect(cut.rows[0]?.[0]).toBe(zoneless(Math.ceil((NOW - 7 * DAY) / 300_000) * 300_000));
    expect(hits(await trends({ ...back(30), granularity: 'hour' }))).toBeGreaterThan(0);
    expect(hits(await trends({ ...back(32), granularity: 'hour' }))).toBe(0);
    const days = { starttime: zoneless(NOW - 61 * DAY), endtime: zoneless(NOW - 60 * DAY), granularity: 'day' };
    expect(hits(await trends(days))).toBeGreaterThan(1000);
  });

  it('are refused for what is no grouping, no metric and no granularity', async () => {
    const wrong: readonly Parameters[] = [
      { dimensions: 'domain' },
      { dimensions: 'waf_action,rule_id' },
      { dimensions: 'client_ip' },
      { metrics: undefined },
      { metrics: 'bytes' },
      { granularity: undefined },
      { granularity: '5min' },
      { sortby: 'domain' },
    ];
    for (const parameters of wrong) expect((await ask(simulator, trendsPath(parameters))).status).toBe(400);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual([
      'no-grouping',
      'no-grouping',
      'bad-dimension',
      'bad-metric',
      'bad-metric',
      'bad-granularity',
      'bad-granularity',
      'bad-sortby',
    ]);
    expect((await trends({ sortby: '-hits,event_timestamp_ms', filters: 'property==public' })).rows.length).toBe(24);
  });

  it('of requests take, need, ignore or refuse a granularity', async () => {
    const status = async (granularity?: string): Promise<number> =>
      (await ask(simulator, path('request/trends/data', { dimensions: 'domain', granularity, ...SPAN }))).status;
    const both = async (): Promise<readonly number[]> => [await status(), await status('day'), await status('5min')];
    expect(await both()).toEqual([200, 200, 400]);
    simulator.faults.requestGranularity = 'required';
    expect(await both()).toEqual([400, 200, 400]);
    simulator.faults.requestGranularity = 'ignored';
    expect(await both()).toEqual([200, 200, 200]);
    simulator.faults.requestGranularity = 'refused';
    expect(await both()).toEqual([200, 400, 400]);
  });

  it('name the time column and echo the question as told', async () => {
    simulator.faults.timeColumn = 'time';
    simulator.faults.aggregateEcho = 'extended';
    const answer = await trends({ sortby: '-time' });
    expect(answer.columns[0]?.name).toBe('time');
    expect(answer.query).toMatchObject({ metrics: ['hits'], granularity: '5minute' });
  });
});

describe('a topk', () => {
  const topk = (of: string, dimensions: string, more: Parameters = {}): Promise<Data> =>
    data(simulator, path(`${of}/data`, { dimensions, ...SPAN, ...more }));

  it('of WAF events has the twenty rows with the most hits, and no time', async () => {
    const answer = await topk('waf/topk/ruleid', 'rule_id');
    expect(answer.columns).toEqual([{ name: 'rule_id' }, { name: 'hits' }]);
    expect([answer.rows.length, answer.total_results]).toEqual([20, 20]);
    expect(multiset(answer, ['rule_id', 'hits'])).toEqual(
      truthSet(simulator.truthOfTopk('waf/topk/ruleid', ['rule_id'], FROM, UNTIL)),
    );
    const counted = new Map<string, number>();
    for (const { bytes } of simulator.truth(['rule_id'], FROM, UNTIL, 'event_type==WAF')) {
      const [, rule] = JSON.parse(bytes.toString('utf8')) as string[];
      counted.set(String(rule), (counted.get(String(rule)) ?? 0) + 1);
    }
    const most = [...counted.values()].sort((one, other) => other - one);
    expect(most.length).toBeGreaterThan(20);
    expect(answer.rows.map(([, hits]) => Number(hits)).sort((one, other) => other - one)).toEqual(most.slice(0, 20));
  });

  it('of traffic shaping has a thousand at most, and a limit', async () => {
    simulator.load(FROM, UNTIL, 60_000);
    const sortby = '-hits,client_ip';
    const all = await topk('trafficshaping/topk/clientip', 'client_ip', { limit: 5000, sortby });
    expect([all.rows.length, all.total_results]).toEqual([1000, 1000]);
    const few = await topk('trafficshaping/topk/clientip', 'client_ip', { sortby });
    expect(few.rows).toEqual(all.rows.slice(0, 10));
    const limited = await topk('trafficshaping/topk/ratelimitcountry', 'client_country_code,property', { limit: 99 });
    expect(hits(limited)).toBe(
      simulator.truth(['rule_id'], FROM, UNTIL, 'event_type==TRAFFIC_SHAPING;event_action==RATE_LIMIT').length,
    );
  });

  it('of WAF events takes neither a limit nor an order, and none takes a granularity', async () => {
    const status = async (resource: string, more: Parameters): Promise<number> =>
      (await ask(simulator, path(`${resource}/data`, { dimensions: 'client_browser', ...SPAN, ...more }))).status;
    expect(await status('waf/topk/browser', {})).toBe(200);
    expect(await status('waf/topk/browser', { limit: 5 })).toBe(400);
    expect(await status('waf/topk/browser', { sortby: 'hits' })).toBe(400);
    expect(await status('waf/topk/browser', { granularity: 'day' })).toBe(400);
    expect(await status('trafficshaping/topk/browser', { granularity: 'day' })).toBe(400);
    expect(await status('waf/topk/country', {})).toBe(400);
  });
});
