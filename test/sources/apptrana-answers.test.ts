import { gzipSync } from 'node:zlib';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SourceRecord } from '../../src/core/contract.ts';
import { UnexpectedAnswer, type RateLimited, type Unavailable } from '../../src/core/failures.ts';
import { DAY, HOUR, MINUTE, SECOND, floorTo, type Interval } from '../../src/core/time.ts';
import { apptrana } from '../../src/sources/apptrana/index.ts';
import type { Reply } from './scripted-vendor.ts';
import {
  answer,
  attack,
  fiveMinutes,
  KEY,
  openSource,
  SITE,
  start,
  TOKEN,
  tokenAnswer,
  windowStream,
  type Attack,
} from './apptrana.scripted.ts';
import { everythingIn, failureOf, live } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

/** A window that one request is enough for. */
function aMinute(): Interval {
  const { from } = fiveMinutes();
  return { from, until: from + MINUTE };
}

/** The records of a window for which the vendor gives this body. */
async function recordsOf(body: unknown, settings = {}): Promise<readonly SourceRecord[]> {
  const { stream } = await start(() => ({ body }), { settings });
  return (await stream.fetchPage(aMinute(), null, live())).records;
}

const textsOf = (records: readonly SourceRecord[]): readonly string[] =>
  records.map(({ bytes }) => Buffer.from(bytes).toString('utf8'));
const idsOf = (records: readonly SourceRecord[]): readonly (string | undefined)[] =>
  records.map(({ identity }) => identity?.id);
const contextsOf = (records: readonly SourceRecord[]): readonly unknown[] => records.map(({ context }) => context);

const now = (): number => aMinute().from + 5 * SECOND;

describe('an answer', () => {
  it('keeps each attack as the vendor wrote it, and its website beside it', async () => {
    const written = `{ "attackTime" : "${new Date(now()).toISOString()}", "n":1.0, "big":12345678901234567890,\n "e":1E400, "requestId":"a\\u00e9", "x":"é\\/" }`;
    const records = await recordsOf(
      `{"successMessage":"Success","more":{"data":[1]},"data":[ {"attacks": [\t${written} ],"websiteName":" ${SITE} ","seen":1} ]}`,
    );
    expect(textsOf(records)).toEqual([written]);
    expect(contextsOf(records)).toEqual([{ website: SITE }]);
  });

  it.each([
    ['data is null', { successMessage: 'Success', data: null }],
    ['there is no data', { successMessage: 'Success' }],
    ['data is empty', { successMessage: 'Success', data: [] }],
    ['attacks are null', answer(null)],
    ['there are no attacks', { successMessage: 'Success', data: [{ websiteName: SITE }] }],
    ['attacks are empty', answer([])],
    ['errorMessages are empty', { ...answer([]), errorMessages: [] }],
    ['errorMessages are null', { ...answer([]), errorMessages: null }],
  ])('has no attacks when %s', async (_, body) => {
    expect(await recordsOf(body)).toEqual([]);
  });

  it('may be about many websites, some of them with nothing, in one stream for all', async () => {
    const [one, other] = [attack(now()), attack(now())];
    const data = [
      { websiteName: ' a.example.com ', attacks: [one] },
      { websiteName: 'b.example.com', attacks: null },
      { websiteName: 'c.example.com', attacks: [other] },
    ];
    const { source, asked } = await start(() => ({ body: { successMessage: 'Success', data } }), {
      settings: { websites: undefined },
    });
    expect(source.streams.map(({ name }) => name)).toEqual(['all-websites']);
    const { records } = await windowStream(source).fetchPage(aMinute(), null, live());
    expect(contextsOf(records)).toEqual([{ website: 'a.example.com' }, { website: 'c.example.com' }]);
    expect(asked()[0]?.website).toBeUndefined();
    expect(asked()[0]?.seen.body).not.toContain('websiteName');
  });

  it('is asked for each website by itself where they are configured', async () => {
    const { source, asked } = await start(({ website }) => ({ body: answer([], website) }), {
      settings: { websites: ['a.example.com', 'b.example.com'] },
    });
    for (const { name } of source.streams) await windowStream(source, name).fetchPage(aMinute(), null, live());
    expect(asked().map(({ website }) => website)).toEqual(['a.example.com', 'b.example.com']);
  });

  it('may spell the website in capitals', async () => {
    expect(await recordsOf(answer([attack(now())], 'WWW.Example.com'))).toHaveLength(1);
  });

  it('with bytes that are not UTF-8 is kept, and noted', async () => {
    const text = JSON.stringify(answer([attack(now(), { attackData: 'ÿ' })]));
    const server = createServer((request, response) => {
      const body = request.url?.endsWith('getAuthToken') ? JSON.stringify(tokenAnswer(TOKEN)) : text;
      response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from(body, 'latin1'));
    });
    const { records, note } = await windowStream(await sourceOn(server)).fetchPage(aMinute(), null, live());
    expect(Buffer.from(records[0]?.bytes ?? []).includes(0xff)).toBe(true);
    expect(note).toContain('UTF-8');
  });

  const refused: [string, Reply][] = [
    ['an error with status 200', { body: { errorMessages: ['Something went wrong'] } }],
    ['an error beside data', { body: { ...answer([]), errorMessages: ['partly'] } }],
    ['another word than Success', { body: { ...answer([]), successMessage: 'Failure' } }],
    ['no word of success', { body: { data: [] } }],
    ['nothing at all', { body: '' }],
    ['half an answer', { body: '{"successMessage":"Success","data":[' }],
    ['a list', { body: '[]' }],
    ['null', { body: 'null' }],
    ['a page for people', { body: '<p>', headers: { 'content-type': 'text/html' } }],
    ['data that is an object', { body: { successMessage: 'Success', data: {} } }],
    ['attacks that are text', { body: answer('none') }],
    ['a website that is null', { body: { successMessage: 'Success', data: [null] } }],
    ['a website without a name', { body: answer([], null) }],
    ['a website whose name is blank', { body: answer([], '  ') }],
    ['another website than the one asked for', { body: answer([], 'www.example.org') }],
    ['an attack that is none', { body: answer([5]) }],
    ['204', { status: 204, body: '' }],
    ['206', { status: 206, body: answer([]) }],
    ['400', { status: 400, body: { errorMessages: ['bad request'] } }],
    ['404', { status: 404 }],
    ['409', { status: 409 }],
  ];
  it.each(refused)('that is %s is unexpected, and kept for quarantine', async (_, reply) => {
    const { stream } = await start(() => reply);
    const failure = await failureOf(stream.fetchPage(aMinute(), null, live()));
    expect(failure.name).toBe('unexpected-answer');
    expect(failure).toHaveProperty('body', expect.anything());
  });

  it('is quoted in the vendor’s words, short and without secrets', async () => {
    const { stream } = await start(() => ({
      body: { errorMessages: [`no ${TOKEN}-1 and ${KEY} here\r\n`, 'x'.repeat(1000)] },
    }));
    const failure = await failureOf(stream.fetchPage(aMinute(), null, live()));
    expect(failure.message).toContain('no [redacted] and [redacted] here\\r\\n');
    expect(failure.message).toContain('acme-apptrana/www.example.com [');
    expect(failure.message.length).toBeLessThan(500);
    expect(everythingIn(failure)).not.toContain('canary');
  });

  it.each([
    ['401', { status: 401 }, 'credentials-rejected'],
    ['403', { status: 403 }, 'credentials-rejected'],
    ['429', { status: 429, headers: { 'retry-after': '7' } }, 'rate-limited'],
    ['a 400 for too many requests', { status: 400, body: { errorMessages: ['Too many requests'] } }, 'rate-limited'],
    ['408', { status: 408 }, 'unavailable'],
    ['500', { status: 500, body: { errorMessages: ['server error'] }, headers: { 'retry-after': '7' } }, 'unavailable'],
    ['502 for people', { status: 502, body: '<p>', headers: { 'content-type': 'text/html' } }, 'unavailable'],
    ['302 to a login page', { status: 302, headers: { location: '/login' } }, 'refused-target'],
    ['307 to another host', { status: 307, headers: { location: 'https://tas.apptrana.com/' } }, 'refused-target'],
  ] as [string, Reply, string][])('that is %s is %s', async (_, reply, name) => {
    const { stream } = await start(() => reply);
    const failure = await failureOf(stream.fetchPage(aMinute(), null, live()));
    expect(failure.name).toBe(name);
    if (reply.headers?.['retry-after'] !== undefined)
      expect((failure as RateLimited | Unavailable).retryAfterMs).toBe(7 * SECOND);
  });

  it('that refuses a website names the setting', async () => {
    const reply = { status: 400, body: { errorMessages: ['Invalid website'] } };
    const { stream } = await start(() => reply);
    const { message } = await failureOf(stream.fetchPage(aMinute(), null, live()));
    expect(message).toMatch(/Invalid website; look at `websites`$/);
    const both = await start(() => reply, { settings: { eventType: 'Log', websites: undefined } });
    expect((await failureOf(both.stream.fetchPage(aMinute(), null, live()))).message).toMatch(/look at `eventType`$/);
  });

  it('that is too large to be taken asks for smaller windows', async () => {
    const packed = gzipSync(Buffer.alloc(8 * 1024 * 1024, ' '));
    const server = createServer((request, response) => {
      const isLogin = request.url?.endsWith('getAuthToken') === true;
      const json = { 'content-type': 'application/json' };
      if (isLogin) response.writeHead(200, json).end(JSON.stringify(tokenAnswer(TOKEN)));
      else response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(packed);
    });
    const stream = windowStream(await sourceOn(server));
    expect((await failureOf(stream.fetchPage(aMinute(), null, live()))).name).toBe('window-too-large');
  });

  async function sourceOn(server: ReturnType<typeof createServer>): Promise<ReturnType<typeof openSource>> {
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const source = openSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(() => source.close());
    return source;
  }
});

describe('an attack', () => {
  const idOf = async (fields: Record<string, unknown>, website = SITE): Promise<string | undefined> =>
    idsOf(await recordsOf(answer([{ ...base, ...fields }], website), { websites: undefined }))[0];
  const base: Attack = attack(now(), { requestId: 'XDgvJ11cQNtD@oi4vIg3fwAACDg' });

  it('is known by website, requestId, ruleId, eventType and attackTime, and nothing else', async () => {
    const id = await idOf({});
    expect(id).toMatch(/^[\w-]{43}$/);
    expect(await idOf({ severity: 5, target: 'x', attackerGeo: null })).toBe(id);
    expect(await idOf({ ruleId: 40, requestId: ' XDgvJ11cQNtD@oi4vIg3fwAACDg ' })).toBe(id);
    expect(await idOf({}, `  ${SITE} `)).toBe(id);
    const others = [
      await idOf({}, 'other.example.com'),
      await idOf({ requestId: 'XDgvJ11cQNtD@oi4vIg3fwAACDh' }),
      await idOf({ ruleId: '41' }),
      await idOf({ eventType: 'Block' }),
      await idOf({ attackTime: new Date(now() + 1).toISOString() }),
    ];
    expect(new Set([id, ...others]).size).toBe(6);
  });

  it('is one of three when its request set off three rules', async () => {
    const records = await recordsOf(answer(['40', '41', '42'].map((ruleId) => ({ ...base, ruleId }))));
    expect(new Set(idsOf(records)).size).toBe(3);
  });

  it('that an answer repeats is one; two that differ in the rest are two, whatever their order', async () => {
    const [one, other] = [
      { ...base, target: 'ARGS:a' },
      { ...base, target: 'ARGS:b' },
    ];
    const ids = async (...list: unknown[]): Promise<Map<unknown, unknown>> => {
      const records = await recordsOf(answer(list));
      return new Map(records.map((record, i) => [list[i], record.identity?.id]));
    };
    expect(new Set((await ids(base, base)).values()).size).toBe(1);
    const [forth, back] = [await ids(one, other, one), await ids(other, one)];
    expect(new Set(forth.values()).size).toBe(2);
    expect(forth.get(one)).toBe(back.get(one));
    expect(forth.get(other)).toBe(back.get(other));
    expect([...forth.values()]).toContain(idsOf(await recordsOf(answer([one])))[0]);
  });

  it.each([null, undefined, '', ' ', '-', ' - ', {}])(
    'with %j for a requestId is known by its content, and equal ones are counted',
    async (requestId) => {
      const [one, other] = [
        { ...base, requestId },
        { ...base, requestId, attackerIP: '10.0.0.1' },
      ];
      const ids = idsOf(await recordsOf(answer([one, other, one])));
      expect(new Set(ids).size).toBe(3);
      expect(ids[2]).toBe(`${ids[0]}#2`);
      expect(new Set(idsOf(await recordsOf(answer([one, one, other]))))).toEqual(new Set(ids));
      expect(idsOf(await recordsOf(JSON.stringify(answer([one]), null, 2)))[0]).toBe(ids[0]);
    },
  );

  it.each([
    ['Z', 0],
    ['+05:30', 5.5 * HOUR],
    ['-05:00', -5 * HOUR],
  ])('has its time in the zone %s', async (zone, offset) => {
    const local = new Date(now() + offset).toISOString().replace('Z', zone);
    const [record] = await recordsOf(answer([attack(local)]));
    expect(record?.identity?.time).toBe(now());
  });

  it.each([
    '2026-11-21T09:00:00',
    '2026-11-21',
    '2026-11-21 09:00:00Z',
    '2026-02-30T09:00:00Z',
    '2026-11-21T24:00:00Z',
    'yesterday',
    '',
    null,
    1_795_000_000_000,
  ])('of the time %j is refused: no zone is made up', async (attackTime) => {
    const { stream } = await start(() => ({ body: answer([attack(now()), { ...base, attackTime }]) }));
    const failure = await failureOf(stream.fetchPage(aMinute(), null, live()));
    expect(failure).toBeInstanceOf(UnexpectedAnswer);
    expect(failure.message).toContain('attack 2 of 2');
  });

  it('of a time that was not asked for is refused, but for a second at the bounds', async () => {
    const { from, until } = aMinute();
    const near = [from - 1001, until + SECOND].map((time) => attack(time));
    expect(await recordsOf(answer(near))).toEqual([]);
    for (const time of [from - 1002, until + 1001, from + 5 * HOUR]) {
      const { stream } = await start(() => ({ body: answer([attack(time)]) }));
      const failure = await failureOf(stream.fetchPage(aMinute(), null, live()));
      expect(failure.name).toBe('unexpected-answer');
    }
  });

  it('without an identity is no attack of a page', async () => {
    const { stream } = await start(() => ({}));
    expect(() => stream.identify({ bytes: Buffer.from('{}') })).toThrow(UnexpectedAnswer);
  });
});

describe('an attack for people', () => {
  const present = (text: string, website: string | undefined = SITE): string =>
    apptrana.present?.({ bytes: Buffer.from(text), context: website === undefined ? undefined : { website } }) ?? '';

  it.each([
    ['{"n":1.0,"e":1E400}', `{"websiteName":"${SITE}","n":1.0,"e":1E400}`],
    ['{ "a": "websiteName" }', `{"websiteName":"${SITE}", "a": "websiteName" }`],
    ['{"a":{"websiteName":1}}', `{"websiteName":"${SITE}","a":{"websiteName":1}}`],
    ['{}', `{"websiteName":"${SITE}"}`],
    ['{ }', `{"websiteName":"${SITE}" }`],
    ['{"websiteName":" own "}', '{"websiteName":" own "}'],
    ['{"website\\u004eame":"own"}', '{"website\\u004eame":"own"}'],
  ])('says its website first when it does not say it itself: %s', (text, expected) => {
    expect(present(text)).toBe(expected);
    expect(() => JSON.parse(present(text)) as unknown).not.toThrow();
  });

  it('escapes the name of a website, and needs none', () => {
    expect(JSON.parse(present('{"a":1}', 'a"\\b'))).toEqual({ websiteName: 'a"\\b', a: 1 });
    expect(apptrana.present?.({ bytes: Buffer.from('{"a":1}'), context: undefined })).toBe('{"a":1}');
  });
});

describe('what the vendor has forgotten', () => {
  it('is not taken for empty when it is forgotten while the request is under way', async () => {
    let clock = Date.now();
    const from = floorTo(clock, SECOND) - 30 * DAY + 2 * SECOND;
    const { stream } = await start(
      () => {
        clock += 5 * SECOND;
        return { body: answer([]) };
      },
      { clock: () => clock },
    );
    const failure = await failureOf(stream.fetchPage({ from, until: from + MINUTE }, null, live()));
    expect(failure.name).toBe('retention-passed');
  });

  it('is not taken for a mistake when the vendor refuses it, its clock a second ahead of ours', async () => {
    const clock = Date.now();
    const from = floorTo(clock, SECOND) - 30 * DAY + SECOND;
    const { stream } = await start(() => ({ status: 400 }), { clock: () => clock });
    const failure = await failureOf(stream.fetchPage({ from, until: from + MINUTE }, null, live()));
    expect(failure.name).toBe('retention-passed');
  });

  it('is judged by the vendor’s clock', async () => {
    const ahead = { date: new Date(Date.now() + 2 * HOUR).toUTCString() };
    const { source, stream, asked } = await start(() => ({ body: answer([]) }), {
      login: () => ({ body: tokenAnswer(TOKEN), headers: ahead }),
    });
    const { skew } = await source.authenticate(live());
    expect(Math.abs(skew - 2 * HOUR)).toBeLessThan(2 * SECOND);
    const from = floorTo(Date.now(), MINUTE) - 30 * DAY + HOUR;
    const failure = await failureOf(stream.fetchPage({ from, until: from + MINUTE }, null, live()));
    expect(failure.name).toBe('retention-passed');
    expect(asked()).toEqual([]);
  });
});
