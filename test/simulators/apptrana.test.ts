import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_REDIRECT_URL, type AppTranaSimulator, type Rule } from '../../simulators/apptrana.ts';
import { readFaults } from '../../simulators/apptrana/faults.ts';
import {
  ask,
  call,
  form,
  FROM,
  logIn,
  MINUTE,
  NOW,
  OTHER,
  parse,
  range,
  redeem,
  redirection,
  SECRETS,
  SITE,
  start,
} from './apptrana-client.ts';
import type { Trial } from './apptrana-client.ts';

const UNTIL = FROM + 5 * MINUTE;
const DAY = 86_400_000;

let trial: Trial;
let simulator: AppTranaSimulator;
beforeEach(async () => {
  trial = await start();
  simulator = trial.simulator;
});
afterEach(() => simulator.close());

const rules = (): readonly Rule[] => simulator.violations.map(({ rule }) => rule);

async function codeFor(): Promise<string> {
  const location = await redirection(simulator);
  expect(`${location.origin}${location.pathname}`).toBe(DEFAULT_REDIRECT_URL);
  return location.searchParams.get(simulator.faults.codeParameter) ?? '';
}

describe('the login', () => {
  it('gives a token of a day for a code that came back in the redirect, once', async () => {
    const code = await codeFor();
    const first = await redeem(simulator, code);
    expect(JSON.parse(first.text)).toMatchObject({ token_type: 'Bearer', expires_in: 86_400 });
    const second = await redeem(simulator, code);
    expect(second.status).toBe(401);
    expect(JSON.parse(second.text)).toEqual({ errorMessages: ['Unauthorised'] });
    expect(rules()).toEqual(['code-reused']);
    expect(simulator.counts).toMatchObject({ authorizations: 1, logins: 2, codeReuses: 1 });
  });

  it('names the code as it is told to, and keeps what the redirection URL holds already', async () => {
    await simulator.close();
    simulator = (await start({ redirectUrl: 'https://cb.example/?tenant=7', faults: { codeParameter: 'auth' } }))
      .simulator;
    expect((await redirection(simulator)).href).toMatch(/^https:\/\/cb\.example\/\?tenant=7&auth=.+/);
  });

  it('takes client credentials and Basic too, unless the account does not', async () => {
    expect(await logIn(simulator)).not.toBe('');
    const basic = Buffer.from(`${SECRETS.client_id}:${SECRETS.client_secret}`).toString('base64');
    const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await call(simulator, '/siem/v1/getAuthToken', { method: 'POST', headers, body: '' })).status).toBe(200);
    await simulator.close();
    simulator = (await start({ grants: ['authorization_code'] })).simulator;
    expect(
      (await call(simulator, '/siem/v1/getAuthToken', form({ ...SECRETS, grant_type: 'client_credentials' }))).status,
    ).toBe(401);
  });

  it('gives the same token with what is left of its life, or a fresh one that ends it', async () => {
    const first = await logIn(simulator);
    trial.pass(112_000);
    const again = await call(
      simulator,
      '/siem/v1/getAuthToken',
      form({ ...SECRETS, grant_type: 'client_credentials' }),
    );
    expect(JSON.parse(again.text)).toMatchObject({ access_token: first, expires_in: 86_288 });
    simulator.faults.repeatedLogin = 'fresh';
    const fresh = await logIn(simulator);
    expect(fresh).not.toBe(first);
    expect((await ask(simulator, first, range(FROM, UNTIL))).status).toBe(401);
    expect((await ask(simulator, fresh, range(FROM, UNTIL))).status).toBe(200);
  });

  it('refuses a wrong key, and a code that is old', async () => {
    const wrong = form({ ...SECRETS, client_secret: 'other', grant_type: 'client_credentials' });
    expect((await call(simulator, '/siem/v1/getAuthToken', wrong)).status).toBe(401);
    const code = await codeFor();
    trial.pass(61_000);
    expect((await redeem(simulator, code)).status).toBe(401);
  });
});

describe('getAttackInfo', () => {
  it('holds exactly the attacks of a range, in the shape of the page, to the byte', async () => {
    simulator.load(SITE, FROM, UNTIL, 40);
    const answer = await ask(simulator, await logIn(simulator), range(FROM, UNTIL, { websiteName: SITE }));
    const { successMessage, data } = parse(answer);
    expect(successMessage).toBe('Success');
    expect(data.map(({ websiteName }) => websiteName)).toEqual([` ${SITE} `]);
    const truth = simulator.truth(SITE, FROM, UNTIL);
    expect(truth).toHaveLength(40);
    for (const { bytes } of truth) expect(answer.text).toContain(bytes.toString());
    expect(data[0]?.attacks).toEqual(truth.map(({ bytes }) => JSON.parse(bytes.toString()) as unknown));
    expect(data[0]?.attacks[0]).toMatchObject({ target: null, requestProtocol: 'HTTP/1.1' });
    expect(simulator.violations).toEqual([]);
  });

  it('has several rules for some requests, each an attack of its own', () => {
    simulator.load(SITE, FROM, UNTIL, 300);
    const byRequest = new Map<unknown, Set<unknown>>();
    for (const { bytes } of simulator.truth(SITE, FROM, UNTIL)) {
      const { requestId, ruleId } = JSON.parse(bytes.toString()) as Record<string, unknown>;
      byRequest.set(requestId, (byRequest.get(requestId) ?? new Set()).add(ruleId));
    }
    expect(Math.max(...[...byRequest.values()].map((some) => some.size))).toBe(3);
  });

  it('makes up the same attacks for the same minute for ever', async () => {
    const before = simulator.truth(SITE, FROM, FROM + 60 * MINUTE).map(({ sha256 }) => sha256);
    expect(before.length).toBeGreaterThan(20);
    await simulator.close();
    simulator = (await start()).simulator;
    expect(simulator.truth(SITE, FROM, FROM + 60 * MINUTE).map(({ sha256 }) => sha256)).toEqual(before);
  });

  it.each([
    ['five minutes and a millisecond', range(FROM, UNTIL + 1), 'range-too-long'],
    ['the page’s own reversed sample', range(UNTIL, FROM), 'range-reversed'],
    ['an empty range', range(FROM, FROM), 'range-reversed'],
    ['seconds', range(FROM / 1000, UNTIL / 1000), 'bad-field'],
    ['microseconds', range(FROM * 1000, FROM * 1000 + 1), 'bad-field'],
    ['no end', { startTime: String(FROM) }, 'bad-field'],
    ['an unknown event type', range(FROM, UNTIL, { eventType: 'log' }), 'bad-field'],
    ['an unknown field', range(FROM, UNTIL, { limit: 5 }), 'unknown-field'],
    ['no JSON', 'startTime=1', 'not-json'],
  ])('refuses %s with 400', async (_what, body, rule) => {
    const answer = await ask(simulator, await logIn(simulator), body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toHaveProperty('errorMessages');
    expect(rules()).toEqual([rule]);
  });

  it('takes times as texts and as numbers, or as texts alone', async () => {
    const token = await logIn(simulator);
    const numbers = { startTime: FROM, endTime: UNTIL };
    expect((await ask(simulator, token, numbers)).status).toBe(200);
    simulator.faults.times = 'texts';
    expect((await ask(simulator, token, numbers)).status).toBe(400);
  });

  it.each([
    ['either', 'Authorisation', 200],
    ['either', 'Authorization', 200],
    ['Authorisation', 'Authorisation', 200],
    ['Authorisation', 'Authorization', 401],
    ['Authorization', 'Authorisation', 401],
  ] as const)('reads the token from %s: %s is answered with %s', async (mode, sent, status) => {
    simulator.faults.header = mode;
    expect((await ask(simulator, await logIn(simulator), range(FROM, UNTIL), sent)).status).toBe(status);
  });

  it.each([
    ['[)', ['start', 'inside']],
    ['[]', ['start', 'inside', 'end']],
    ['()', ['inside']],
    ['(]', ['inside', 'end']],
  ] as const)('with bounds %s holds %s', async (bounds, held) => {
    simulator.faults.bounds = bounds;
    const attack = (requestId: string, time: number): string =>
      JSON.stringify({ requestId, attackTime: new Date(time).toISOString(), eventType: 'Log' });
    const some = [attack('start', FROM), attack('inside', FROM + 1), attack('end', UNTIL)];
    simulator.load(SITE, FROM, UNTIL + 1, some);
    const { data } = parse(await ask(simulator, await logIn(simulator), range(FROM, UNTIL, { websiteName: SITE })));
    expect(data[0]?.attacks.map(({ requestId }) => requestId)).toEqual(held);
  });

  it('forgets what is older than 30 days, in silence or with a 400', async () => {
    const old = NOW - 30 * DAY - 3 * MINUTE;
    simulator.load(SITE, old, old + 5 * MINUTE, 100);
    const token = await logIn(simulator);
    const asked = range(old, old + 5 * MINUTE, { websiteName: SITE });
    const { data } = parse(await ask(simulator, token, asked));
    expect(data[0]?.attacks.length).toBeGreaterThan(0);
    expect(data[0]?.attacks.length).toBeLessThan(100);
    simulator.faults.tooOld = '400';
    expect((await ask(simulator, token, asked)).status).toBe(400);
  });

  it('shows late attacks when their time has come', async () => {
    simulator.faults.late = { ms: 8 * MINUTE, share: 1 };
    const from = NOW - 5 * MINUTE;
    simulator.load(SITE, from, NOW, 50);
    expect(simulator.truth(SITE, from, NOW)).toHaveLength(0);
    trial.pass(13 * MINUTE);
    expect(simulator.truth(SITE, from, NOW)).toHaveLength(50);
  });

  it('cuts answers off without a word when it is told to', async () => {
    simulator.faults.truncateTo = 1_000;
    simulator.load(SITE, FROM, UNTIL, 2_340);
    const { data } = parse(await ask(simulator, await logIn(simulator), range(FROM, UNTIL, { websiteName: SITE })));
    expect(data[0]?.attacks).toHaveLength(1_000);
  });

  it.each([
    ['empty-list', [{ websiteName: ` ${SITE} `, attacks: [] }]],
    ['null', [{ websiteName: ` ${SITE} `, attacks: null }]],
    ['absent', [{ websiteName: ` ${SITE} ` }]],
    ['missing', []],
    ['data-null', null],
  ] as const)('shows a quiet website as %s', async (quietWebsite, data) => {
    simulator.faults.quietWebsite = quietWebsite;
    simulator.load(SITE, FROM, UNTIL, 0);
    const answer = await ask(simulator, await logIn(simulator), range(FROM, UNTIL, { websiteName: SITE }));
    expect(parse(answer).data).toEqual(data);
  });

  it('of all websites has each with its own attacks; an unknown one is refused, or empty', async () => {
    simulator.load(SITE, FROM, UNTIL, 3);
    simulator.load(OTHER, FROM, UNTIL, 2);
    const token = await logIn(simulator);
    const { data } = parse(await ask(simulator, token, range(FROM, UNTIL)));
    expect(data.map(({ websiteName, attacks }) => [websiteName.trim(), attacks.length])).toEqual([
      [SITE, 3],
      [OTHER, 2],
    ]);
    const unknown = range(FROM, UNTIL, { websiteName: 'nobody.example' });
    expect((await ask(simulator, token, unknown)).status).toBe(400);
    simulator.faults.unknownWebsite = 'empty';
    expect(parse(await ask(simulator, token, unknown)).data).toEqual([]);
  });

  it('can hold equal attacks, attacks without request ids, line breaks and bytes that are not UTF-8', () => {
    simulator.load(SITE, FROM, UNTIL, 50);
    Object.assign(simulator.faults, { equalRows: true, requestIdMissing: 'dash', badUtf8: true });
    const shown = simulator.truth(SITE, FROM, UNTIL);
    expect(new Set(shown.map(({ sha256 }) => sha256)).size).toBe(40);
    expect(shown.some(({ bytes }) => bytes.includes('"requestId":"-"'))).toBe(true);
    expect(shown.some(({ bytes }) => bytes.includes(0xe9))).toBe(true);
    simulator.faults.prettyPrinted = true;
    expect(simulator.truth(SITE, FROM, UNTIL)[0]?.bytes.toString()).toContain('\n');
  });
});

describe('faults', () => {
  it.each([
    ['serverError', true, 500],
    ['badGateway', true, 502],
    ['redirect302', true, 302],
    ['htmlWith200', true, 200],
    ['emptyBody', true, 200],
    ['errorWith200', true, 200],
    ['failureWith200', true, 200],
    ['tooManyRequests', { retryAfter: 3 }, 429],
  ] as const)('%s strikes as often as it is told to, and is counted', async (name, setting, status) => {
    const token = await logIn(simulator);
    Object.assign(simulator.faults, { [name]: { times: 1, ...(setting === true ? {} : setting) } });
    expect((await ask(simulator, token, range(FROM, UNTIL))).status).toBe(status);
    expect((await ask(simulator, token, range(FROM, UNTIL))).status).toBe(200);
    expect(simulator.struck).toEqual({ [name]: 1 });
  });

  it('a token that ends takes all requests under way with it', async () => {
    const token = await logIn(simulator);
    simulator.faults.tokenEnds = { times: 1, when: ({ website }) => website === SITE };
    simulator.faults.latencyMs = 50;
    const asked = [SITE, OTHER, OTHER].map((websiteName) => ask(simulator, token, range(FROM, UNTIL, { websiteName })));
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(simulator.counts.peak).toBe(3);
  });

  it.each(['resetAfterHeaders', 'truncatedBody'] as const)('%s breaks the answer off', async (name) => {
    simulator.load(SITE, FROM, UNTIL, 50);
    const token = await logIn(simulator);
    simulator.faults[name] = true;
    await expect(ask(simulator, token, range(FROM, UNTIL))).rejects.toThrow();
  });

  it('are read from JSON by name, and refused by name', () => {
    expect(readFaults({ bounds: '()', truncateTo: 5, late: null })).toEqual({
      bounds: '()',
      truncateTo: 5,
      late: false,
    });
    expect(() => readFaults({ bounds: '<>' })).toThrow('bounds cannot be "<>"');
    expect(() => readFaults({ nothing: true })).toThrow('no such fault: nothing');
    expect(() => readFaults({ truncateTo: -1 })).toThrow('truncateTo cannot be -1');
    expect(() => readFaults({ late: { ms: '8', share: 1 } })).toThrow('late cannot be');
    expect(() => readFaults({ serverError: [] })).toThrow('serverError cannot be []');
  });
});

describe('the simulator', () => {
  it('lists the websites of the account, for those who are logged in', async () => {
    expect((await call(simulator, '/v2/website/get-websites')).status).toBe(401);
    const headers = { authorization: `Bearer ${await logIn(simulator)}` };
    const { text } = await call(simulator, '/v2/website/get-websites', { headers });
    expect(text).toContain(OTHER);
  });

  it('can be steered from another process', async () => {
    await simulator.close();
    simulator = (await start({ control: true })).simulator;
    const control = (path: string) => fetch(`${simulator.url}/_simulator/${path}`).then((answer) => answer.text());
    await fetch(`${simulator.url}/_simulator/load?website=${SITE}&from=${FROM}&until=${UNTIL}&count=7`, {
      method: 'PUT',
    });
    const truth = (more: string) => control(`truth?website=${SITE}&from=${FROM}&until=${UNTIL}${more}`);
    const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
    expect(lines(await truth(''))).toHaveLength(7);
    const blocked = simulator.truth(SITE, FROM, UNTIL, 'Block').map(({ sha256 }) => sha256);
    const told = lines(await truth('&eventType=Block')).map((line) => JSON.parse(line) as { sha256: string });
    expect(told.map(({ sha256 }) => sha256)).toEqual(blocked);
    expect(blocked.length).toBeLessThan(7);
    const faults = { method: 'PUT', body: JSON.stringify({ serverError: true }) };
    expect((await fetch(`${simulator.url}/_simulator/faults`, faults)).status).toBe(200);
    expect((await ask(simulator, await logIn(simulator), range(FROM, UNTIL))).status).toBe(500);
    expect(await control('requests')).not.toContain('Bearer ');
    expect(JSON.parse(await control('counts'))).toMatchObject({ logins: 1, attacks: 1 });
  });

  it('answers 36 windows in well under a second', async () => {
    const token = await logIn(simulator);
    const began = performance.now();
    for (let i = 0; i < 36; i += 1) {
      const from = FROM - i * 5 * MINUTE;
      await ask(simulator, token, range(from, from + 5 * MINUTE, { websiteName: SITE }));
    }
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('says what it does not serve, and what nobody should ask', async () => {
    expect((await call(simulator, '/siem/v1/getAttackInfo')).status).toBe(405);
    expect((await call(simulator, '/siem/v2/getAttackInfo')).status).toBe(404);
    expect((await fetch(`${simulator.url}//`)).status).toBe(404);
    expect(rules()).toEqual(['method', 'unknown-path', 'unknown-path']);
  });
});
