import { describe, expect, it } from 'vitest';
import type { StreamSettings } from '../../src/sources/instart/stream-settings.ts';
import { HOUR } from '../../src/core/time.ts';
import { readList } from '../../src/sources/instart/lists.ts';
import { answer, BASE, PASSWORD, start, type Asked, type Scripted } from './instart.scripted.ts';
import type { Reply, Seen } from './scripted-vendor.ts';
import { failureOf, live } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

const LISTS: Readonly<Record<string, unknown>> = {
  'events/dimensions': { dimensions: ['client_ip', 'rule_id', 'domain'] },
  'waf/trends/dimensions': [{ name: 'waf_action' }, { name: 'client_country_code' }, { name: 'domain' }],
  'waf/trends/groupings': { groupings: [['waf_action'], ['waf_action', 'client_country_code']] },
  'waf/trends/metrics': ['hits'],
  'request/trends/dimensions': { data: ['waf_action', 'domain'] },
  'request/trends/groupings': ['waf_action,domain', 'domain'],
  'request/trends/metrics': { metrics: [{ name: 'hits' }] },
  'waf/topk/clientip/dimensions': ['client_ip'],
  'waf/topk/clientip/groupings': [{ dimensions: ['client_ip'] }],
  'waf/topk/clientip/metrics': ['hits'],
};

const EVENTS: StreamSettings = { kind: 'events', dimensions: ['client_ip'] };

function lists(request: Seen): Reply {
  const path = request.url.slice(BASE.length + 1);
  if (request.method === 'HEAD') return {};
  return path in LISTS ? { body: LISTS[path] } : { status: 404, body: { message: 'not found' } };
}

function listing(streams: Readonly<Record<string, StreamSettings>> = { events: EVENTS }): Promise<Scripted> {
  return start((asked) => ({ body: answer(asked, []) }), { settings: { streams }, other: lists });
}

describe('what the vendor offers', () => {
  it('is listed for each kind that it has, however its lists are shaped', async () => {
    const { source } = await listing();
    expect(await source.discover?.(live())).toEqual([
      { about: 'events dimensions', setting: 'streams.events.dimensions', entries: ['client_ip', 'rule_id', 'domain'] },
      {
        about: 'waf-trends dimensions',
        setting: 'streams.waf-trends.dimensions',
        entries: ['waf_action', 'client_country_code', 'domain'],
      },
      {
        about: 'waf-trends groupings',
        setting: 'streams.waf-trends.dimensions',
        entries: ['waf_action', 'waf_action, client_country_code'],
      },
      { about: 'waf-trends metrics', setting: 'streams.waf-trends.metrics', entries: ['hits'] },
      {
        about: 'request-trends dimensions',
        setting: 'streams.request-trends.dimensions',
        entries: ['waf_action', 'domain'],
      },
      {
        about: 'request-trends groupings',
        setting: 'streams.request-trends.dimensions',
        entries: ['waf_action, domain', 'domain'],
      },
      { about: 'request-trends metrics', setting: 'streams.request-trends.metrics', entries: ['hits'] },
      { about: 'waf-topk clientip dimensions', setting: 'streams.waf-topk.dimensions', entries: ['client_ip'] },
      { about: 'waf-topk clientip groupings', setting: 'streams.waf-topk.dimensions', entries: ['client_ip'] },
      { about: 'waf-topk clientip metrics', setting: 'streams.waf-topk.metrics', entries: ['hits'] },
    ]);
  });

  it.each([
    ['{"groupings":[["a","b"],["c"]]}', [['a', 'b'], ['c']]],
    ['[{"dimensions":[{"name":"a"},{"name":"b"}]}]', [['a', 'b']]],
    ['["a, b",{"name":"c"}]', [['a', 'b'], ['c']]],
    ['{"anything":["a"]}', [['a']]],
    ['[]', []],
    ['{"a":[],"b":[]}', undefined],
    ['[1]', undefined],
    ['"a"', undefined],
    ['null', undefined],
    ['{', undefined],
  ])('is read from %s', (text, names) => {
    expect(readList(Buffer.from(text), 'groupings')).toEqual(names);
  });

  it('is told to nobody with the wrong password', async () => {
    const { source } = await start(() => ({}), { other: () => ({ status: 401, body: { message: PASSWORD } }) });
    for (const call of [source.discover?.(live()), source.review?.(live())]) {
      const failure = await failureOf(Promise.resolve(call));
      expect(failure.name).toBe('credentials-rejected');
      expect(failure.message).not.toContain(PASSWORD);
    }
  });
});

describe('a review of the settings', () => {
  it('has nothing to say of what the vendor has', async () => {
    const { source } = await listing({
      events: {
        kind: 'events',
        dimensions: ['event_timestamp_ms', 'domain'],
        filters: 'rule_id!=D1;event_timestamp_ms!=x',
      },
      'waf-trends': {
        kind: 'waf-trends',
        dimensions: ['client_country_code', 'waf_action'],
        metrics: ['hits'],
        granularity: 'hour',
        filters: 'domain==x',
      },
      top: { kind: 'waf-topk', category: 'clientip', dimensions: ['client_ip'], metrics: ['hits'], window: HOUR },
    });
    expect(await source.review?.(live())).toEqual([]);
  });

  it('names what it has not, by its place, with what would be right', async () => {
    const { source, vendor } = await listing({
      events: { kind: 'events', dimensions: ['client_ip', 'rule_di'], filters: 'domian==x;client_ip!=y' },
      more: { kind: 'events', dimensions: ['domain'] },
      'waf-trends': {
        kind: 'waf-trends',
        dimensions: ['domain', 'waf_action'],
        metrics: ['hits', 'bytes'],
        granularity: 'hour',
      },
      shaping: { kind: 'trafficshaping-trends', dimensions: ['domain'], metrics: ['hits'], granularity: 'day' },
    });
    const known = ['client_ip', 'rule_id', 'domain', 'event_timestamp_ms'];
    expect(await source.review?.(live())).toEqual([
      { path: ['streams', 'events', 'dimensions', 1], message: 'the vendor has no dimension `rule_di` here', known },
      { path: ['streams', 'events', 'filters'], message: 'the vendor has no dimension `domian` here', known },
      {
        path: ['streams', 'waf-trends', 'metrics', 1],
        message: 'the vendor has no metric `bytes` here',
        known: ['hits'],
      },
      {
        path: ['streams', 'waf-trends', 'dimensions'],
        message: "`domain, waf_action` is none of the vendor's groupings, and only those can be asked for",
        known: ['waf_action', 'waf_action, client_country_code'],
      },
      { path: ['streams', 'shaping'], message: 'the vendor offers no trafficshaping-trends here (status 404)' },
    ]);
    expect(vendor.seen.filter(({ url }) => url.endsWith('/events/dimensions'))).toHaveLength(1);
  });
});

describe('a check', () => {
  it('asks for one row of each stream and tells what it found', async () => {
    const streams: Record<string, StreamSettings> = {
      events: EVENTS,
      'waf-trends': { kind: 'waf-trends', dimensions: ['waf_action'], metrics: ['hits'], granularity: '5minute' },
      top: { kind: 'waf-topk', category: 'clientip', dimensions: ['client_ip'], metrics: ['hits'], window: HOUR },
    };
    const reply = (asked: Asked): Reply => {
      const columns = [
        ...(asked.query.get('dimensions')?.split(',') ?? ['client_ip']),
        ...(asked.query.get('metrics')?.split(',') ?? []),
      ];
      const rows = Array.from({ length: 8 }, () => columns.map(() => 1));
      return { body: answer(asked, rows, columns) };
    };
    const { source, asked } = await start(reply, { settings: { streams }, other: lists });
    const lines = await source.check(live());
    expect(lines).toEqual([
      'login: ok, as ops',
      expect.stringMatching(/^events: ok, 8 rows in \[.+; kept for 3 d, complete after 15 min$/),
      expect.stringMatching(/^waf-trends: ok, 8 rows in \[.+; kept for 7 d, /),
      expect.stringMatching(/^top: ok, 8 rows in \[/),
      'vendor clock: as ours',
      'connections: at most 2 for a stream, 4 in all',
    ]);
    expect(asked().map(({ query }) => query.get('limit'))).toEqual(['1', '1', null]);
  });

  it('fails with what the vendor says, a timeout at its gateway as unavailable', async () => {
    const { source } = await start(() => ({ status: 504 }), { other: () => ({}) });
    expect((await failureOf(source.check(live()))).name).toBe('unavailable');
  });
});
