import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND, floorTo, type Interval } from '../../src/core/time.ts';
import type { StreamSettings, TopkSettings, TrendsSettings } from '../../src/sources/instart/stream-settings.ts';
import { instart } from '../../src/sources/instart/index.ts';
import { answer, at, BASE, start, texts, within, type Cells, type Options } from './instart.scripted.ts';
import { failureOf, live, walk } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

const trends: TrendsSettings = {
  kind: 'waf-trends',
  dimensions: ['waf_action', 'client_country_code'],
  metrics: ['hits'],
  granularity: '5minute',
};
const topk: TopkSettings = {
  kind: 'waf-topk',
  category: 'clientip',
  dimensions: ['client_ip'],
  metrics: ['hits'],
  window: HOUR,
};

const of = (stream: StreamSettings, rowsPerPage = 10_000): Options => ({
  settings: { rowsPerPage, streams: { [stream.kind]: stream } },
});

const hour = (): Interval => {
  const until = floorTo(Date.now(), HOUR) - HOUR;
  return { from: until - HOUR, until };
};

/** Three rows for each bucket that begins in `[from, until)`. */
function buckets({ from, until }: Interval, length: number): readonly Cells[] {
  return Array.from({ length: (until - from) / length }, (_, i) =>
    ['BLOCK', 'WARN', 'ALLOW'].map((action): Cells => [at(from + i * length), action, 'SG', 7]),
  ).flat();
}

const COLUMNS = ['time', 'waf_action', 'client_country_code', 'hits'];

describe('trends', () => {
  const window = hour();
  const around = { from: window.from - 10 * MINUTE, until: window.until + 10 * MINUTE };
  const rows = buckets(around, 5 * MINUTE);
  const inside = buckets(window, 5 * MINUTE);

  it.each([
    ['[', ']'],
    ['[', ')'],
    ['(', ']'],
    ['(', ')'],
  ] as const)('of an hour are its whole buckets, bounds %s%s, in one answer or in many', async (...bounds) => {
    for (const size of [10_000, 10, 1]) {
      const { stream, asked } = await start(
        (asked) => ({ body: answer(asked, within(rows, asked, bounds), COLUMNS) }),
        of(trends, size),
      );
      expect(await walk(stream, window)).toEqual(texts(inside));
      const [first] = asked();
      expect(first?.path).toBe(`${BASE}/waf/trends/data`);
      expect(first?.query.get('granularity')).toBe('5minute');
      expect(first?.query.get('metrics')).toBe('hits');
      expect(first?.query.get('dimensions')).toBe('waf_action,client_country_code');
    }
  });

  it('have the time of their bucket, in whichever column it is, rather one that was not asked for', async () => {
    const turned = ['hits', 'waf_action', 'client_country_code', 'bucket_start'];
    const { stream } = await start((asked) => {
      const found = within(inside, asked).map(([time = '', action = '', country = '', hits = '']) => [
        hits,
        action,
        country,
        `${time}Z`,
      ]);
      return { body: answer(asked, found, turned) };
    }, of(trends));
    const { records, reported } = await stream.fetchPage(window, null, live());
    expect(records).toHaveLength(36);
    expect(reported).toBe(36);
    const times = records.map((record) => stream.identify(record).time);
    expect(times).toEqual(inside.map(([time]) => Date.parse(`${String(time)}Z`)));
  });

  it('have the time of their bucket also where a dimension holds times', async () => {
    const dimensions = ['rule_changed', 'waf_action'];
    const { stream } = await start(
      (asked) => {
        const found = within(inside, asked).map(([time = '', action = '', , hits = '']) => [at(0), action, hits, time]);
        return { body: answer(asked, found, [...dimensions, 'hits', 'bucket_start']) };
      },
      of({ ...trends, dimensions }),
    );
    const { records } = await stream.fetchPage(window, null, live());
    expect(records.map((record) => stream.identify(record).time)).toEqual(
      inside.map(([time]) => Date.parse(`${String(time)}Z`)),
    );
  });

  it.each([
    ['[', ']'],
    ['[', ')'],
    ['(', ']'],
    ['(', ')'],
  ] as const)('that say no time are asked for bucket by bucket, bounds %s%s, and have its time', async (...bounds) => {
    const { stream } = await start((asked) => {
      const found = within(rows, asked, bounds).map(([, ...row]) => row);
      return { body: answer(asked, found, COLUMNS.slice(1)) };
    }, of(trends));
    const times: number[] = [];
    const ids = new Set<string>();
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof stream.fetchPage>> = await stream.fetchPage(window, cursor, live());
      times.push(...page.records.map((record) => stream.identify(record).time));
      for (const record of page.records) ids.add(stream.identify(record).id);
      cursor = page.next;
      if (cursor === null) expect(page.reported).toBe(36);
    } while (cursor !== null);
    expect(times).toEqual(inside.map(([time]) => Date.parse(`${String(time)}Z`)));
    expect(ids.size).toBe(36);
  });

  it('of nothing are one request', async () => {
    const { stream, asked } = await start((asked) => ({ body: answer(asked, [], COLUMNS) }), of(trends));
    expect(await stream.fetchPage(window, null, live())).toEqual({ records: [], next: null, reported: 0 });
    expect(asked()).toHaveLength(1);
  });

  it.each([
    ['request-trends', '5minute', 5 * MINUTE, HOUR, 7 * DAY],
    ['trafficshaping-trends', 'hour', HOUR, DAY, 28 * DAY],
    ['waf-trends', 'day', DAY, DAY, 3650 * DAY],
  ] as const)(
    '%s by %s have windows of whole buckets, as long as the vendor keeps them',
    async (kind, granularity, grain, length, retention) => {
      const { stream, asked } = await start(
        (asked) => ({ body: answer(asked, [], COLUMNS) }),
        of({ ...trends, kind, granularity }),
      );
      expect(stream.window).toBe(length);
      expect(stream.limits).toMatchObject({
        grain,
        longest: length,
        retention,
        settling: 15 * MINUTE,
        cursorValidity: Infinity,
      });
      expect(stream.limits.retentionStep).toBeUndefined();
      const until = floorTo(Date.now() - 20 * MINUTE, length);
      expect((await stream.fetchPage({ from: until - length, until }, null, live())).next).toBeNull();
      expect(asked()[0]?.path).toBe(`${BASE}/${kind.replace('-', '/')}/data`);
      const old = floorTo(Date.now() - retention, grain) - grain;
      expect((await failureOf(stream.fetchPage({ from: old, until: old + grain }, null, live()))).name).toBe(
        'retention-passed',
      );
    },
  );

  it('take a retention that was made shorter, and a settling that was made longer', async () => {
    const limits = { ...instart.limits, retention: 2 * DAY, settling: HOUR };
    const { stream } = await start(() => ({}), { ...of(trends), common: { limits } });
    expect(stream.limits).toMatchObject({ retention: 2 * DAY, settling: HOUR });
  });
});

describe('a top list', () => {
  const window = hour();
  const entries = (count: number): readonly Cells[] =>
    Array.from({ length: count }, (_, i) => [`10.0.0.${i}`, 100 - i]);
  const columns = ['client_ip', 'hits'];

  it('of WAF events is asked for without a limit, and is one page', async () => {
    const { stream, asked } = await start(
      (asked) => ({ body: answer({ ...asked, limit: 20 }, entries(12), columns) }),
      of(topk),
    );
    const page = await stream.fetchPage(window, null, live());
    expect(page).toMatchObject({ next: null, reported: 12 });
    expect(page.note).toBeUndefined();
    expect(page.records.every((record) => stream.identify(record).time === window.from)).toBe(true);
    expect([...(asked()[0]?.query.keys() ?? [])]).toEqual(['dimensions', 'metrics', 'starttime', 'endtime']);
    expect(asked()[0]?.path).toBe(`${BASE}/waf/topk/clientip/data`);
  });

  it('of traffic shaping is asked for with its thousand entries, and says when there are more', async () => {
    const { stream, asked } = await start(
      (asked) => ({ body: answer(asked, entries(1234), columns) }),
      of({ ...topk, kind: 'trafficshaping-topk' }),
    );
    const page = await stream.fetchPage(window, null, live());
    expect(page.records).toHaveLength(1000);
    expect(page.reported).toBe(1000);
    expect(page.note).toBe('the vendor lists 1000 of 1234 entries');
    expect(asked()[0]?.query.get('limit')).toBe('1000');
    expect(asked()[0]?.path).toBe(`${BASE}/trafficshaping/topk/clientip/data`);
  });

  it('has its buckets and no others, whatever the bounds: both a second early', async () => {
    const { stream, asked } = await start(
      (asked) => ({ body: answer({ ...asked, limit: 20 }, entries(1), columns) }),
      of(topk),
    );
    await stream.fetchPage(window, null, live());
    expect(asked()[0]).toMatchObject({ starttime: at(window.from - SECOND), endtime: at(window.until - SECOND) });
  });

  it('of the default ten is no top list', async () => {
    const { stream } = await start((asked) => ({ body: answer(asked, entries(15), columns) }), of(topk));
    const failure = await failureOf(stream.fetchPage(window, null, live()));
    expect(failure.name).toBe('unexpected-answer');
    expect(failure.message).toContain('10 entries of 15');
  });

  it('may say no total', async () => {
    const { stream } = await start(
      (asked) => {
        const { total_results: _, ...body } = answer({ ...asked, limit: 20 }, entries(20), columns);
        return { body };
      },
      of({ kind: 'waf-topk', category: 'clientip', dimensions: ['client_ip'], metrics: ['hits'], window: HOUR }),
    );
    expect((await stream.fetchPage(window, null, live())).records).toHaveLength(20);
  });

  it('has entries of its own for each window, and the same ones for the same window', async () => {
    const { stream } = await start(
      (asked) => ({ body: answer({ ...asked, limit: 20 }, entries(3), columns) }),
      of(topk),
    );
    const ids = async (window: Interval): Promise<readonly string[]> =>
      (await stream.fetchPage(window, null, live())).records.map((record) => stream.identify(record).id);
    const before = { from: window.from - HOUR, until: window.from };
    expect(await ids(window)).toEqual(await ids(window));
    expect(new Set([...(await ids(window)), ...(await ids(before))]).size).toBe(6);
  });

  it('takes the time that its entries say when it is one of the window', async () => {
    const time = at(window.from + MINUTE);
    const stamped = entries(3).map((row) => [time, ...row]);
    const { stream } = await start(
      (asked) => ({ body: answer({ ...asked, limit: 20 }, stamped, ['last_seen', ...columns]) }),
      of(topk),
    );
    const page = await stream.fetchPage(window, null, live());
    expect(page.records.map((record) => stream.identify(record).time)).toEqual(Array(3).fill(window.from + MINUTE));
    const before = { from: window.from - HOUR, until: window.from };
    const other = await stream.fetchPage(before, null, live());
    expect(other.records.map((record) => stream.identify(record).time)).toEqual(Array(3).fill(before.from));
  });

  it('has windows that are not cut, of the length that was set', async () => {
    const { stream } = await start(() => ({}), of({ ...topk, window: 30 * MINUTE }));
    expect(stream.window).toBe(30 * MINUTE);
    expect(stream.limits).toMatchObject({ grain: 30 * MINUTE, longest: 30 * MINUTE, retention: 7 * DAY });
  });
});
