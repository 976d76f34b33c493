import { describe, expect, it, onTestFinished } from 'vitest';
import type { FailureName } from '../../src/core/failures.ts';
import { floorTo, HOUR, MINUTE, SECOND, type Interval } from '../../src/core/time.ts';
import { startScriptedVendor, type Reply, type Seen } from './scripted-vendor.ts';
import {
  answer,
  attacks,
  authBy,
  BASE,
  EVERY_BOUNDS,
  KEY,
  openSource,
  REDIRECT,
  SITE,
  texts,
  TOKEN,
  tokenAnswer,
  windowStream,
  within,
  type Attack,
  type Bounds,
} from './apptrana.scripted.ts';
import {
  failureOf,
  live,
  testWindowSource,
  walk,
  type WindowSourceTrial,
  type WrongAnswer,
} from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

const CODE = 'code-canary-9d2f';

interface Trial extends WindowSourceTrial {
  /** Instead of attacks. */
  wrong: Reply | undefined;
  /** How many of the tokens that were issued are refused by now. */
  ended: number;
  readonly tokens: () => number;
}

const WRONG: readonly WrongAnswer<Trial>[] = [
  wrong('an error with status 200', 'unexpected-answer', { body: { errorMessages: [`no ${KEY}`] } }),
  wrong('another word than success', 'unexpected-answer', { body: { ...answer([]), successMessage: 'Failure' } }),
  wrong('a bad request', 'unexpected-answer', { status: 400, body: { errorMessages: [`${TOKEN}-1`] } }),
  wrong('a token that is refused over and over', 'credentials-rejected', { status: 401 }),
  wrong('a server error', 'unavailable', { status: 500, body: { errorMessages: ['server error'] } }),
  wrong('too many requests', 'rate-limited', { status: 429 }),
  wrong('a gateway’s page', 'unavailable', { status: 502, body: '<p>', headers: { 'content-type': 'text/html' } }),
  wrong('a login page', 'refused-target', { status: 302, headers: { location: '/login' } }),
  wrong('a body shorter than it says', 'unavailable', {
    body: answer([]),
    headers: { 'content-length': '5000', connection: 'close' },
  }),
];

describe.each(EVERY_BOUNDS)('where the vendor has its bounds %sfrom, until%s', (...bounds) => {
  testWindowSource('apptrana', () => trial(bounds), WRONG);
});

describe('by an authorisation code', () => {
  testWindowSource('apptrana', () => trial(['[', ']'], 'authorization_code'), WRONG);
});

describe('a backlog', () => {
  it('in which the token ends between the seventh and the eighth window logs in once more', async () => {
    const one = await opened();
    const windows = [...Array(10).keys()].map((i) => earlier(one.window, i * 5 * MINUTE));
    for (const [i, window] of windows.entries()) {
      if (i === 7) one.ended = 1;
      expect(await walk(one.stream, window)).toEqual([...one.truth(window)].toSorted());
    }
    expect(one.tokens()).toBe(2);
  });

  it('brings what a vendor in trouble did not, once it is asked again', async () => {
    const one = await opened();
    one.wrong = { status: 500 };
    expect((await failureOf(walk(one.stream, one.window))).name).toBe('unavailable');
    one.wrong = undefined;
    expect(await walk(one.stream, one.window)).toEqual([...one.truth(one.window)].toSorted());
  });

  it('is not begun before the vendor can be taken to be complete', async () => {
    const one = await opened();
    const until = floorTo(Date.now() - 9 * MINUTE, SECOND);
    const failure = await failureOf(one.stream.fetchPage({ from: until - MINUTE, until }, null, live()));
    expect(failure.name).toBe('unavailable');
    expect(failure).toHaveProperty('retryAfterMs', expect.closeTo(MINUTE, -4));
  });

  async function opened(): Promise<Trial> {
    const one = await trial(['[', ')']);
    onTestFinished(() => one.close());
    return one;
  }
});

const earlier = ({ from, until }: Interval, length: number): Interval => ({
  from: from - length,
  until: until - length,
});

/** A vendor that holds three hours of attacks, some of them without a requestId, and a source that is open on it. */
async function trial(
  bounds: Bounds,
  grant: 'client_credentials' | 'authorization_code' = 'client_credentials',
): Promise<Trial> {
  const until = floorTo(Date.now(), 5 * MINUTE) - HOUR;
  const window = { from: until - 5 * MINUTE, until };
  const all = [
    ...attacks({ from: until - HOUR, until: until + 5 * MINUTE }, 2000, (i) => (i % 7 === 0 ? { requestId: '-' } : {})),
    ...attacks({ from: until - 500, until: until + 500 }, 20),
  ];
  let tokens = 0;
  const vendor = await startScriptedVendor((request) => {
    const path = request.url.replace(/\?.*/, '').replace(BASE, '');
    if (path === '/siem/v1/authorize') return { status: 302, headers: { location: `${REDIRECT}&code=${CODE}` } };
    if (path === '/siem/v1/getAuthToken') return { body: tokenAnswer(`${TOKEN}-${(tokens += 1)}`) };
    const number = Number(request.headers.authorization?.split('-').at(-1));
    if (number <= held.ended) return { status: 401, body: { errorMessages: ['Unauthorised'] } };
    return held.wrong ?? attacksFor(request, all, bounds);
  });
  const source = openSource(vendor.url, { settings: { auth: authBy(grant) } });
  const held: Trial = {
    wrong: undefined,
    ended: 0,
    tokens: () => tokens,
    source,
    stream: windowStream(source),
    window,
    onePage: true,
    secrets: [KEY, TOKEN, CODE],
    truth: (asked) =>
      texts(
        all.filter(({ attackTime }) => Date.parse(attackTime) >= asked.from && Date.parse(attackTime) < asked.until),
      ),
    async close() {
      await source.close();
      await vendor.close();
    },
  };
  return held;
}

/** As the document has it, and no more than five minutes at once. */
function attacksFor({ method, body }: Seen, all: readonly Attack[], bounds: Bounds): Reply {
  const { startTime, endTime, websiteName } = JSON.parse(body) as Record<string, unknown>;
  const asked = { from: Number(startTime), until: Number(endTime) };
  const legal = method === 'POST' && asked.from < asked.until && asked.until - asked.from <= 300_000;
  if (!legal || websiteName !== SITE) return { status: 400, body: { errorMessages: ['Bad request'] } };
  return { body: answer(within(all, asked, bounds)) };
}

function wrong(what: string, failure: FailureName, reply: Reply): WrongAnswer<Trial> {
  return {
    what,
    failure,
    provoke: (one) => {
      one.wrong = reply;
    },
  };
}
