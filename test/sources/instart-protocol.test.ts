import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { CredentialsRejected, type RateLimited, type Unavailable, UnexpectedAnswer } from '../../src/core/failures.ts';
import { DAY, HOUR, MINUTE, SECOND, floorTo } from '../../src/core/time.ts';
import {
  anHour,
  answer,
  at,
  BASE,
  COLUMNS,
  hits,
  openSource,
  PASSWORD,
  secretOf,
  start,
  within,
  type Answer,
  type Asked,
} from './instart.scripted.ts';
import type { Reply } from './scripted-vendor.ts';
import { everythingIn, failureOf, live } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

const window = anHour();
const BASIC = Buffer.from(`ops:${PASSWORD}`, 'utf8').toString('base64');

describe('a query', () => {
  it('is what the document asks for: no zone, no fraction, never T24, `starttime` with both its t', async () => {
    const midnight = floorTo(Date.now(), DAY);
    const { stream, asked } = await start((asked) => ({ body: answer(asked, []) }));
    await stream.fetchPage({ from: midnight - HOUR, until: midnight }, null, live());
    const [first] = asked();
    expect(first?.path).toBe(`${BASE}/events/data`);
    expect([...(first?.query ?? [])]).toEqual([
      ['dimensions', COLUMNS.join()],
      ['starttime', at(midnight - HOUR - SECOND)],
      ['endtime', at(midnight)],
      ['limit', '10000'],
    ]);
    expect(first?.endtime).toMatch(/T00:00:00$/);
  });

  it('carries a filter, its escapes and all else that a URL would take for its own', async () => {
    const filters = 'client_country_name==Korea\\, Republic of;request_path!=/a+b&c=%20?é#x';
    const { vendor, stream, asked } = await start((asked) => ({ body: answer(asked, hits(window, 3)) }), {
      settings: { streams: { events: { kind: 'events', dimensions: COLUMNS, filters } } },
    });
    expect((await stream.fetchPage(window, null, live())).records).toHaveLength(3);
    expect(asked()[0]?.query.get('filters')).toBe(filters);
    expect(vendor.seen[0]?.url).toContain('Korea%5C%2C%20Republic%20of%3B');
    expect(vendor.seen[0]?.url).toContain('a%2Bb%26c%3D%2520');
  });

  it('goes with user name and password in UTF-8, whatever is in the password', async () => {
    const { vendor, stream } = await start((asked) => ({ body: answer(asked, []) }));
    await stream.fetchPage(window, null, live());
    expect(vendor.seen[0]?.headers.authorization).toBe(`Basic ${BASIC}`);
  });
});

describe('credentials', () => {
  it('are proved by a HEAD, which also tells the clock', async () => {
    const { vendor, source } = await start(() => ({}), {
      other: () => ({ headers: { date: new Date(Date.now() + HOUR).toUTCString() } }),
    });
    const { skew } = await source.authenticate(live());
    expect(Math.abs(skew - HOUR)).toBeLessThan(3 * SECOND);
    expect(vendor.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([`HEAD ${BASE}/events`]);
  });

  it.each([400, 404, 405, 501])('are proved by a list where a HEAD is answered by %d', async (status) => {
    const { vendor, source } = await start(() => ({}), {
      other: ({ method }) => (method === 'HEAD' ? { status } : { body: { dimensions: ['domain'] } }),
    });
    expect(await source.authenticate(live())).toEqual({ skew: 0 });
    expect(vendor.seen.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
    expect(vendor.seen[1]?.url).toBe(`${BASE}/events/dimensions`);
  });

  it('that are refused are left to a person, by the place of the password', async () => {
    const { vendor, source, stream } = await start(() => ({ status: 401, body: { message: `no ${BASIC}` } }), {
      other: () => ({ status: 401 }),
    });
    for (const call of [source.authenticate(live()), stream.fetchPage(window, null, live())]) {
      const failure = await failureOf(call);
      expect(failure).toBeInstanceOf(CredentialsRejected);
      expect(failure.message).toContain('${env:INSTART_PASSWORD}');
      expect(everythingIn(failure)).not.toContain(PASSWORD);
      expect(everythingIn(failure)).not.toContain(BASIC);
    }
    expect(vendor.seen).toHaveLength(2);
  });

  it('that were changed in place since are tried once', async () => {
    let password = 'the old one';
    const { vendor, stream } = await start(
      (asked) => {
        const fresh =
          vendor.seen.at(-1)?.headers.authorization === `Basic ${Buffer.from('ops:the new one').toString('base64')}`;
        password = 'the new one';
        return fresh ? { body: answer(asked, []) } : { status: 401 };
      },
      { settings: { auth: { username: 'ops', password: secretOf(() => password) } } },
    );
    expect((await stream.fetchPage(window, null, live())).next).toBeNull();
    expect(vendor.seen).toHaveLength(2);
  });

  it('that cannot be read are rejected before anything is sent', async () => {
    const { vendor, source } = await start(() => ({}), {
      settings: {
        auth: {
          username: 'ops',
          password: secretOf(() => {
            throw new Error('no such variable');
          }),
        },
      },
    });
    expect((await failureOf(source.authenticate(live()))).name).toBe('credentials-rejected');
    expect(vendor.seen).toEqual([]);
  });
});

describe('a refusal', () => {
  const refusals: readonly (readonly [string, Reply, string])[] = [
    ['400', { status: 400, body: { message: `unknown dimension ${PASSWORD}` } }, 'unexpected-answer'],
    ['403', { status: 403, body: { message: PASSWORD } }, 'credentials-rejected'],
    ['404', { status: 404, body: '<html>' }, 'unexpected-answer'],
    ['408', { status: 408 }, 'unavailable'],
    ['429', { status: 429, headers: { 'retry-after': '7' } }, 'rate-limited'],
    ['500', { status: 500, body: `<p>${BASIC}</p>` }, 'unavailable'],
    ['a redirect', { status: 302, headers: { location: `https://evil.example/?p=${PASSWORD}` } }, 'refused-target'],
    ['204', { status: 204 }, 'unexpected-answer'],
    [
      'a page for people',
      { body: `<p>${PASSWORD}</p>`, headers: { 'content-type': 'text/html' } },
      'unexpected-answer',
    ],
    ['JSON that is cut short', { body: `{"rows":[["${PASSWORD}"` }, 'unexpected-answer'],
    ['nothing', { body: '' }, 'unexpected-answer'],
    ['null', { body: 'null' }, 'unexpected-answer'],
    ['no rows', { body: { columns: [], query: {}, total_results: 0 } }, 'unexpected-answer'],
  ];
  it.each(refusals)('by %s has a name, one line, and no secret', async (_, reply, name) => {
    const { stream } = await start(() => reply);
    const failure = await failureOf(stream.fetchPage(window, null, live()));
    expect(failure.name).toBe(name);
    expect(failure.message).not.toContain('\n');
    expect(everythingIn(failure)).not.toContain(PASSWORD);
    expect(everythingIn(failure)).not.toContain(BASIC);
  });

  it('of a query names the settings to look at, and what helps', async () => {
    const { stream } = await start(() => ({ status: 400, body: { message: 'invalid query parameters' } }));
    const { message } = await failureOf(stream.fetchPage(window, null, live()));
    expect(message).toContain('acme-instart/events [');
    expect(message).toContain('invalid query parameters');
    expect(message).toContain('`streams.events`');
    expect(message).toContain('`sluice config check --online`');
  });

  it('that asks for patience says how long to wait', async () => {
    const { stream } = await start(() => ({ status: 429, headers: { 'retry-after': '7' } }));
    expect(((await failureOf(stream.fetchPage(window, null, live()))) as RateLimited).retryAfterMs).toBe(7 * SECOND);
  });

  it('of a length that is not kept is unavailable', async () => {
    const { stream } = await start((asked) => {
      const body = JSON.stringify(answer(asked, hits(window, 5)));
      return {
        body: body.slice(0, -20),
        headers: { 'content-length': String(Buffer.byteLength(body)), connection: 'close' },
      };
    });
    expect((await failureOf(stream.fetchPage(window, null, live()))).name).toBe('unavailable');
  });
});

describe('an answer to another question', () => {
  type Tweak = (body: Answer, asked: Asked) => unknown;
  const later = (text: string): string => at(Date.parse(`${text}Z`) + SECOND);
  const wrong: readonly (readonly [string, Tweak, string])[] = [
    [
      'another start',
      (body, { starttime }) => ({ ...body, query: { ...body.query, starttime: later(starttime) } }),
      'another span',
    ],
    [
      'another end',
      (body, { endtime }) => ({ ...body, query: { ...body.query, endtime: later(endtime) } }),
      'another span',
    ],
    ['a start that is none', (body) => ({ ...body, query: { ...body.query, starttime: 'yesterday' } }), 'another span'],
    ['another offset', (body) => ({ ...body, query: { ...body.query, start: 5 } }), '`start` has no effect'],
    ['a larger limit', (body) => ({ ...body, query: { ...body.query, limit: 20_000 } }), 'limit of 20000'],
    ['no limit', (body) => ({ ...body, query: { ...body.query, limit: undefined } }), '`limit`'],
    ['no total', (body) => ({ ...body, total_results: undefined }), '`total_results`'],
    ['a total that is none', (body) => ({ ...body, total_results: -1 }), 'total_results'],
    ['no echo', (body) => ({ ...body, query: undefined }), 'query'],
    [
      'a column too few',
      (body) => ({ ...body, columns: body.columns.slice(0, 3), rows: body.rows.map((row) => row.slice(0, 3)) }),
      'client_asn',
    ],
    ['no time', (body) => ({ ...body, columns: [{ name: 'x' }, ...body.columns.slice(1)] }), 'event_timestamp_ms'],
    [
      'a column twice',
      (body) => ({
        ...body,
        columns: [...body.columns, { name: 'rule_id' }],
        rows: body.rows.map((row) => [...row, 1]),
      }),
      'two columns',
    ],
    [
      'a short row',
      (body) => ({ ...body, rows: body.rows.map((row, i) => (i === 2 ? row.slice(1) : row)) }),
      'row 3 of 5',
    ],
    ['a row that is none', (body) => ({ ...body, rows: [{ client_ip: 'x' }, ...body.rows.slice(1)] }), 'row 1 of 5'],
    [
      'a row without a time',
      (body) => ({ ...body, rows: body.rows.map(([, ...row]) => [null, ...row]) }),
      'row 1 of 5',
    ],
    [
      'a row of another day',
      (body) => ({ ...body, rows: body.rows.map(([, ...row]) => [at(window.from - DAY), ...row]) }),
      'was asked for',
    ],
  ];
  it.each(wrong)('is an unexpected answer, its bytes kept: %s', async (_, tweak, words) => {
    const { stream } = await start((asked) => ({ body: tweak(answer(asked, hits(window, 5)), asked) }));
    const failure = await failureOf(stream.fetchPage(window, null, live()));
    expect(failure).toBeInstanceOf(UnexpectedAnswer);
    expect(failure.message).toContain(words);
    expect((failure as UnexpectedAnswer).body?.length).toBeGreaterThan(0);
  });

  it('is one without our filter', async () => {
    const { stream } = await start(
      (asked) => {
        const body = answer(asked, hits(window, 5));
        return { body: { ...body, query: { ...body.query, filters: 'customer==acme' } } };
      },
      { settings: { streams: { events: { kind: 'events', dimensions: COLUMNS, filters: 'client_ip==10.0.0.1' } } } },
    );
    expect((await failureOf(stream.fetchPage(window, null, live()))).message).toContain('without the filter');
  });

  it.each([
    [
      'as the end of a day',
      (text: string) =>
        text.endsWith('T00:00:00') ? `${at(Date.parse(`${text}Z`) - DAY).slice(0, 10)}T24:00:00` : text,
    ],
    ['with a zone', (text: string) => `${text}Z`],
    ['with a fraction', (text: string) => `${text}.000`],
  ])('is none whose times are written %s', async (_, write) => {
    const midnight = floorTo(Date.now(), DAY);
    const day = { from: midnight - DAY, until: midnight };
    const rows = hits(day, 50);
    const { stream } = await start((asked) => {
      const body = answer(
        asked,
        within(rows, asked).map(([time, ...row]) => [write(String(time)), ...row]),
      );
      return {
        body: { ...body, query: { ...body.query, starttime: write(asked.starttime), endtime: write(asked.endtime) } },
      };
    });
    const page = await stream.fetchPage(day, null, live());
    expect(page.records).toHaveLength(50);
    expect(page.records.map((record) => stream.identify(record).time)).toEqual(
      rows.map(([time]) => Date.parse(`${String(time)}Z`)),
    );
  });
});

it('keeps a row byte for byte, its columns beside it', async () => {
  const rows = [
    `[ "${at(window.from)}",\t"\\u00e9\\/", null,9007199254740993 ]`,
    `["${at(window.from)}","é", 1.50,\n  true]`,
  ];
  const { stream } = await start((asked) => {
    const body = JSON.stringify({ ...answer(asked, []), rows: 'ROWS', total_results: 2 });
    return { body: body.replace('"ROWS"', () => `[${rows.join(' , ')}]`) };
  });
  const { records } = await stream.fetchPage(window, null, live());
  expect(records.map(({ bytes }) => Buffer.from(bytes).toString('utf8'))).toEqual(rows);
  expect(records.map(({ context }) => context)).toEqual([{ columns: COLUMNS }, { columns: COLUMNS }]);
});

it('keeps bytes that are not UTF-8, and says so', async () => {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://vendor').searchParams;
    const asked = {
      path: '',
      starttime: url.get('starttime') ?? '',
      endtime: url.get('endtime') ?? '',
      limit: 10_000,
      start: 0,
      query: url,
    };
    const text = JSON.stringify(answer(asked, [[at(window.from), 'X', 'D1', 1]]));
    const [head = '', tail = ''] = text.split('"X"');
    response.setHeader('content-type', 'application/json');
    response.end(Buffer.concat([Buffer.from(`${head}"`), Buffer.from([0xff, 0xfe]), Buffer.from(`"${tail}`)]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const source = openSource(`http://127.0.0.1:${port}`);
  const [stream] = source.streams;
  if (stream?.shape !== 'window') throw new Error('a stream of windows was expected');
  const page = await stream.fetchPage(window, null, live());
  expect(Buffer.from(page.records[0]?.bytes ?? []).includes(Buffer.from([0x22, 0xff, 0xfe, 0x22]))).toBe(true);
  expect(page.note).toContain('UTF-8');
  await source.close();
  server.close();
  server.closeAllConnections();
});

it('asks nothing that has not settled, by the vendor’s clock', async () => {
  const { source, stream, asked } = await start((asked) => ({ body: answer(asked, []) }), {
    clock: () => Date.now() + HOUR,
    other: () => ({}),
  });
  await source.authenticate(live());
  const until = floorTo(Date.now(), SECOND) - 14 * MINUTE;
  const failure = await failureOf(stream.fetchPage({ from: until - HOUR, until }, null, live()));
  expect(failure.name).toBe('unavailable');
  expect((failure as Unavailable).retryAfterMs).toBeLessThanOrEqual(2 * MINUTE);
  expect(asked()).toEqual([]);
});
