import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_ACCOUNT, type Rule, type SignalSciencesSimulator } from '../../simulators/signal-sciences.ts';
import {
  ask,
  bearer,
  CORP,
  feedPath,
  login,
  MINUTE,
  nextUri,
  nextValue,
  NOW,
  parse,
  post,
  SITE,
  start,
  TOKEN_HEADERS,
  UNTIL,
  windowPath,
  type Answer,
  type Trial,
} from './vendor-client.ts';

const FROM = UNTIL - 10 * MINUTE;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let trial: Trial;
let simulator: SignalSciencesSimulator;
beforeEach(async () => {
  trial = await start();
  simulator = trial.simulator;
});
afterEach(() => simulator.close());

function rules(): readonly Rule[] {
  return simulator.violations.map(({ rule }) => rule);
}

function message({ text }: Answer): string {
  return (JSON.parse(text) as { message: string }).message;
}

describe('bounds', () => {
  const minute = NOW - 30_000;
  const youngest = minute - 5 * MINUTE;
  const oldest = minute - (24 * 60 + 4) * MINUTE;

  it.each([
    ['from is missing', feedPath({ until: UNTIL / 1000 })],
    ['until is missing', feedPath({ from: FROM / 1000 })],
    ['not a unix timestamp', feedPath({ from: '2026-11-21T11:00:00Z', until: UNTIL / 1000 })],
    ['not a unix timestamp', windowPath(FROM, UNTIL).replace(String(FROM / 1000), `${FROM / 1000}.0`)],
    ['full minute', windowPath(FROM + 30_000, UNTIL)],
    ['full minute', windowPath(FROM, UNTIL + 1000)],
    ['five minutes in the past', windowPath(FROM, youngest + MINUTE)],
    ['24 hours and five minutes', windowPath(oldest - MINUTE, UNTIL)],
    ['after from', windowPath(UNTIL, UNTIL)],
    ['after from', windowPath(UNTIL, FROM)],
  ])('are refused: %s (%s)', async (reason, path) => {
    const answer = await ask(simulator, path);
    expect(answer.status).toBe(400);
    expect(message(answer)).toContain(reason);
    expect(rules()).toEqual(['bounds']);
  });

  it('may touch both limits', async () => {
    expect((await ask(simulator, windowPath(youngest - MINUTE, youngest))).status).toBe(200);
    expect((await ask(simulator, windowPath(oldest, oldest + MINUTE))).status).toBe(200);
    trial.pass(-30_000);
    expect((await ask(simulator, windowPath(youngest - MINUTE, youngest))).status).toBe(200);
    expect(rules()).toEqual([]);
  });

  it('are judged by a clock that the Date header tells', async () => {
    simulator.faults.clockSkewMs = 10 * MINUTE;
    const answer = await ask(simulator, windowPath(youngest, minute));
    expect(answer.status).toBe(200);
    expect(answer.headers['date']).toBe(new Date(NOW + 10 * MINUTE).toUTCString());
  });
});

describe('limit', () => {
  it.each([['0'], ['1001'], ['-1'], ['ten'], ['']])('is refused: %s', async (limit) => {
    expect((await ask(simulator, windowPath(FROM, UNTIL, { limit }))).status).toBe(400);
    expect(rules()).toEqual(['limit']);
  });

  it('decides the size of each page, on which it is given', async () => {
    const first = await ask(simulator, windowPath(FROM, UNTIL, { limit: 1 }));
    const second = await ask(simulator, `${nextUri(first)}&limit=7`);
    const third = await post(simulator, nextUri(second), 9);
    expect([first, second, third].map((page) => parse(page).data.length)).toEqual([1, 7, 9]);
  });
});

describe('addresses and methods', () => {
  it.each<[Rule, number, string]>([
    ['unknown-site', 404, windowPath(FROM, UNTIL).replace(CORP, 'nobody')],
    ['unknown-site', 404, windowPath(FROM, UNTIL).replace(SITE, 'nowhere')],
    ['unknown-path', 404, '/'],
    ['unknown-path', 404, `/api/v0/corps/${CORP}/sites/${SITE}/feed/requests/`],
    ['unknown-path', 404, `/api/v0/corps/${CORP}/sites/other site/feed/requests`.replace(' ', '%zz')],
    ['unknown-path', 404, '/_simulator/truth'],
    ['parameter', 400, windowPath(FROM, UNTIL, { page: 2 })],
    ['parameter', 400, `${windowPath(FROM, UNTIL)}&from=${FROM / 1000}`],
  ])('that a client never uses are refused and counted: %s, %i, %s', async (rule, status, path) => {
    expect((await ask(simulator, path)).status).toBe(status);
    expect(rules()).toEqual([rule]);
  });

  it.each(['PUT', 'DELETE', 'HEAD'] as const)('do not include %s', async (method) => {
    expect((await ask(simulator, windowPath(FROM, UNTIL), { method })).status).toBe(405);
    expect(rules()).toEqual(['method']);
  });

  it('of a site with a space are percent-encoded', async () => {
    const path = feedPath({ from: FROM / 1000, until: UNTIL / 1000 }, 'other site');
    expect((await ask(simulator, path)).status).toBe(200);
  });
});

describe('login', () => {
  it('gives a token that opens the feed', async () => {
    const headers = await bearer(simulator);
    expect((await ask(simulator, windowPath(FROM, UNTIL), { headers })).status).toBe(200);
    expect(rules()).toEqual([]);
  });

  it('refuses a wrong password with 401', async () => {
    expect((await login(simulator, 'wrong')).status).toBe(401);
  });

  it('is a form: nothing else is read', async () => {
    const body = JSON.stringify({ email: DEFAULT_ACCOUNT.email, password: DEFAULT_ACCOUNT.password });
    const headers = { 'content-type': 'application/json' };
    expect((await ask(simulator, '/api/v0/auth', { method: 'POST', headers, body })).status).toBe(415);
    expect((await ask(simulator, '/api/v0/auth', { method: 'POST', headers: {}, body })).status).toBe(415);
    expect((await ask(simulator, '/api/v0/auth', { method: 'POST', headers: FORM, body: 'email=a' })).status).toBe(400);
    expect((await ask(simulator, '/api/v0/auth')).status).toBe(405);
    expect(rules()).toEqual(['content-type', 'content-type', 'parameter', 'method']);
  });

  it('counts a storm of logins, but not one for each session that ended', async () => {
    for (let times = 0; times < 10; times++) await login(simulator);
    simulator.revokeSessions();
    for (let times = 0; times < 10; times++) await login(simulator);
    expect(rules()).toEqual([]);
    for (let times = 0; times < 5; times++) await login(simulator);
    expect(new Set(rules())).toEqual(new Set(['login-storm']));
  });
});

describe('credentials', () => {
  const path = windowPath(FROM, UNTIL);

  it('are required', async () => {
    expect((await ask(simulator, path, { headers: {} })).status).toBe(401);
    expect(rules()).toEqual(['no-credentials']);
  });

  it.each([
    [{ authorization: 'Bearer nobody' }],
    [{ authorization: 'Basic b3BzOng=', 'x-api-user': DEFAULT_ACCOUNT.email }],
    [{ ...TOKEN_HEADERS, 'x-api-token': 'wrong' }],
    [{ ...TOKEN_HEADERS, 'x-api-user': 'somebody@example.com' }],
  ])('that are wrong get 401: %o', async (headers) => {
    expect((await ask(simulator, path, { headers })).status).toBe(401);
  });

  it('of a session end when it is revoked; a client that keeps using them is counted', async () => {
    const headers = await bearer(simulator);
    simulator.revokeSessions();
    for (let times = 0; times < 5; times++) expect((await ask(simulator, path, { headers })).status).toBe(401);
    expect(rules()).toEqual([]);
    await ask(simulator, path, { headers });
    expect(rules()).toEqual(['dead-token-reused']);
    expect((await ask(simulator, path, { headers: await bearer(simulator) })).status).toBe(200);
  });

  it('are not in the log of requests', async () => {
    await ask(simulator, path, { headers: { ...TOKEN_HEADERS, authorization: 'Bearer canary', cookie: 'canary' } });
    await ask(simulator, path);
    expect(simulator.requests).toHaveLength(2);
    expect(simulator.requests[1]).toMatchObject({ method: 'GET', path, site: SITE, status: 200, at: NOW });
    const log = JSON.stringify(simulator.requests);
    expect(log).not.toContain('canary');
    expect(log).not.toContain(DEFAULT_ACCOUNT.token);
  });
});

describe('next links', () => {
  let uri: string;
  beforeEach(async () => {
    uri = nextUri(await ask(simulator, windowPath(FROM, UNTIL, { limit: 10 })));
  });
  const feed = `/api/v0/corps/${CORP}/sites/${SITE}/feed/requests`;

  it('are good for one minute; later ones are refused, and counted', async () => {
    trial.pass(MINUTE);
    expect((await ask(simulator, uri)).status).toBe(200);
    trial.pass(1);
    const late = await ask(simulator, uri);
    expect(late.status).toBe(400);
    expect(message(late)).not.toContain('Rate limit');
    expect(rules()).toEqual(['next-link-late']);
  });

  it.each([
    ['encoded twice', (value: string) => encodeURIComponent(encodeURIComponent(value))],
    ['sent unencoded', (value: string) => value.replaceAll('%', '%25')],
    ['decoded twice', (value: string) => encodeURIComponent(decodeURIComponent(value))],
    ['decoded twice, and sent unencoded', (value: string) => value],
    ['never issued', (value: string) => encodeURIComponent(value.replace('==', 'A='))],
  ])('that were spoilt are refused with the reason: %s', async (reason, spoil) => {
    const answer = await ask(simulator, feed, {
      method: 'POST',
      headers: { ...TOKEN_HEADERS, ...FORM },
      body: `next=${spoil(nextValue(uri))}`,
    });
    expect(answer.status).toBe(400);
    expect(message(answer)).toContain(reason);
    expect(rules()).toEqual(['next-link-forged']);
  });

  it('belong to one site', async () => {
    expect((await ask(simulator, uri.replace(SITE, 'other%20site'))).status).toBe(400);
    expect(rules()).toEqual(['next-link-of-other-site']);
  });

  it('stand alone', async () => {
    expect((await ask(simulator, `${uri}&from=${FROM / 1000}&until=${UNTIL / 1000}`)).status).toBe(400);
    expect(rules()).toEqual(['parameter']);
  });

  it('are posted as a form, or not at all', async () => {
    const body = new URLSearchParams({ next: nextValue(uri) }).toString();
    const json = { ...TOKEN_HEADERS, 'content-type': 'application/json' };
    expect((await ask(simulator, feed, { method: 'POST', headers: json, body })).status).toBe(415);
    expect((await ask(simulator, feed, { method: 'POST', headers: TOKEN_HEADERS, body })).status).toBe(415);
    const headers = { ...TOKEN_HEADERS, ...FORM };
    expect((await ask(simulator, feed, { method: 'POST', headers, body: '' })).status).toBe(400);
    expect((await ask(simulator, feed, { method: 'POST', headers, body: `${body}&limit=5` })).status).toBe(400);
    expect((await ask(simulator, feed, { method: 'POST', headers, body: `next=${'x'.repeat(2e6)}` })).status).toBe(413);
    expect(rules()).toEqual(['content-type', 'content-type', 'parameter', 'parameter']);
  });
});

/** Requests that the vendor has begun to answer and does not end before `open` is called. */
function gate(): { arrived: (count: number) => Promise<void>; open: () => void } {
  const events = new EventEmitter();
  const opened = once(events, 'open');
  const seen: unknown[] = [];
  simulator.onRequest(async (event) => {
    seen.push(event);
    events.emit('request');
    await opened;
  });
  return {
    arrived: async (wanted) => {
      while (seen.length < wanted) await once(events, 'request');
    },
    open: () => void events.emit('open'),
  };
}

describe('connections', () => {
  const path = windowPath(FROM, UNTIL);

  it('are two at once to a site: the third is refused, and counted', async () => {
    const { arrived, open } = gate();
    const two = [ask(simulator, path), ask(simulator, path)];
    await arrived(2);
    expect(simulator.connections.current.get(SITE)).toBe(2);
    const third = await ask(simulator, path);
    expect(third.status).toBe(400);
    expect(third.text).toContain('Rate limit exceeded');
    open();
    expect((await Promise.all(two)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await ask(simulator, path)).status).toBe(200);
    expect(rules()).toEqual(['connection-limit']);
    expect(simulator.connections.peak).toEqual({ corp: 3, site: { [SITE]: 3 } });
    expect(simulator.connections.current.get(SITE)).toBe(0);
  });

  it('are five at once to a corp', async () => {
    const sites = ['a', 'b', 'c'];
    await simulator.close();
    simulator = (await start({ sites, faults: { limitsAs429: { retryAfter: 7 } } })).simulator;
    const { arrived, open } = gate();
    const five = ['a', 'a', 'b', 'b', 'c'].map((site) => ask(simulator, path.replace(SITE, site)));
    await arrived(5);
    const sixth = await ask(simulator, path.replace(SITE, 'c'));
    expect([sixth.status, sixth.headers['retry-after']]).toEqual([429, '7']);
    open();
    expect((await Promise.all(five)).every(({ status }) => status === 200)).toBe(true);
    expect(rules()).toEqual(['connection-limit']);
    expect(simulator.connections.peak.corp).toBe(6);
  });

  it('that a client broke off are free for its next request', async () => {
    simulator.faults.hang = { times: 2 };
    const { arrived, open } = gate();
    open();
    const stop = new AbortController();
    const two = [ask(simulator, path, { signal: stop.signal }), ask(simulator, path, { signal: stop.signal })];
    const broken = Promise.allSettled(two);
    await arrived(2);
    stop.abort();
    expect((await ask(simulator, path)).status).toBe(200);
    await broken;
    expect(rules()).toEqual([]);
  });

  it('that only stand open and ask nothing do not count', async () => {
    const port = Number(new URL(simulator.url).port);
    const idle = [1, 2, 3].map(() => connect(port, '127.0.0.1'));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    expect((await ask(simulator, path)).status).toBe(200);
    for (const socket of idle) socket.destroy();
    expect(rules()).toEqual([]);
  });
});

describe('observers', () => {
  it('are told which page of which window is asked for, how often, before it is answered', async () => {
    const seen: unknown[] = [];
    const stop = simulator.onRequest((event) => void seen.push(event));
    const headers = await bearer(simulator);
    const first = await ask(simulator, windowPath(FROM, UNTIL, { limit: 10 }), { headers });
    await ask(simulator, nextUri(first), { headers });
    await post(simulator, nextUri(first), 10);
    stop();
    await ask(simulator, nextUri(first));
    const feed = { kind: 'feed', site: SITE, from: FROM, until: UNTIL };
    expect(seen).toEqual([
      { kind: 'login', email: DEFAULT_ACCOUNT.email },
      { ...feed, method: 'GET', page: 1, limit: 10, attempt: 1 },
      { ...feed, method: 'GET', page: 2, limit: 1000, attempt: 1 },
      { ...feed, method: 'POST', page: 2, limit: 10, attempt: 2 },
    ]);
  });
});
