import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppTranaSimulator, Rule } from '../../simulators/apptrana.ts';
import {
  ask,
  call,
  form,
  FROM,
  JSON_TYPE,
  logIn,
  MINUTE,
  parse,
  range,
  redeem,
  redirection,
  SECRETS,
  SITE,
  start,
} from './apptrana-client.ts';
import type { Trial } from './apptrana-client.ts';

const FIVE = 5 * MINUTE;
const UNTIL = FROM + FIVE;

let trial: Trial;
let simulator: AppTranaSimulator;
beforeEach(async () => {
  trial = await start();
  simulator = trial.simulator;
});
afterEach(() => simulator.close());

const rules = (): readonly Rule[] => simulator.violations.map(({ rule }) => rule);
const login = () => call(simulator, '/siem/v1/getAuthToken', form({ ...SECRETS, grant_type: 'client_credentials' }));
const windows = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, place) => range(FROM - place * FIVE, UNTIL - place * FIVE));

describe('a token', () => {
  it('ends after so many requests: the seventh window is answered, the eighth is not until there is a new one', async () => {
    const first = await logIn(simulator);
    simulator.faults.tokenEndsAfterRequests = 7;
    const statuses: number[] = [];
    for (const asked of windows(9)) statuses.push((await ask(simulator, first, asked)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 401, 401]);
    expect(simulator.struck).toEqual({ tokenEndsAfterRequests: 1 });
    const second = await logIn(simulator);
    expect(second).not.toBe(first);
    expect((await ask(simulator, second, range(FROM, UNTIL))).status).toBe(200);
  });

  it('ends in the middle of ten parallel windows, of which the first four are answered', async () => {
    const token = await logIn(simulator);
    simulator.faults.tokenEndsAfterRequests = 4;
    simulator.faults.latencyMs = 50;
    const answers = await Promise.all(windows(10).map((asked) => ask(simulator, token, asked)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(6);
    expect(simulator.counts).toMatchObject({ attacks: 10, peak: 10 });
  });

  it('ends with its day, by the vendor’s clock', async () => {
    const token = await logIn(simulator);
    trial.pass(86_399_999);
    expect((await ask(simulator, token, range(FROM, UNTIL))).status).toBe(200);
    trial.pass(1);
    const late = await ask(simulator, token, range(FROM, UNTIL));
    expect(late.status).toBe(401);
    expect(JSON.parse(late.text)).toEqual({ errorMessages: ['Unauthorised'] });
  });

  it('is not given a second time when renewals are refused', async () => {
    simulator.faults.refuseRenewal = true;
    expect((await login()).status).toBe(200);
    simulator.endTokens();
    expect((await login()).status).toBe(401);
    expect(simulator.struck).toEqual({ refuseRenewal: 1 });
    simulator.faults.refuseRenewal = false;
    expect((await login()).status).toBe(200);
  });

  it('is not given for a code of nobody, nor for the code of an account that takes none', async () => {
    expect((await redeem(simulator, 'made-up')).status).toBe(401);
    expect(rules()).toEqual(['code-unknown']);
    await simulator.close();
    simulator = (await start({ grants: ['client_credentials'] })).simulator;
    const code = (await redirection(simulator)).searchParams.get('code') ?? '';
    expect((await redeem(simulator, code)).status).toBe(401);
    expect((await login()).status).toBe(200);
  });
});

describe('the content type', () => {
  const path = `/siem/v1/authorize?client_id=${SECRETS.client_id}`;
  const attacks = (type?: string) => async (): Promise<number> => {
    const authorization = `Bearer ${await logIn(simulator)}`;
    const headers = { authorization, ...(type !== undefined && { 'content-type': type }) };
    const body = JSON.stringify(range(FROM, UNTIL));
    return (await call(simulator, '/siem/v1/getAttackInfo', { method: 'POST', headers, body })).status;
  };

  it('of JSON must be said, for the code and for attacks', async () => {
    expect((await call(simulator, path)).status).toBe(400);
    expect(await attacks()()).toBe(400);
    expect(await attacks('text/plain')()).toBe(400);
    expect(rules()).toEqual(['content-type', 'content-type', 'content-type']);
    expect((await call(simulator, path, { headers: JSON_TYPE })).status).toBe(302);
    expect(await attacks('application/json; charset=UTF-8')()).toBe(200);
    expect(rules()).toHaveLength(3);
  });

  it('can be left out where the vendor does not look', async () => {
    simulator.faults.contentType = 'any';
    expect((await call(simulator, path)).status).toBe(302);
    expect(await attacks('text/plain')()).toBe(200);
    expect(rules()).toEqual([]);
  });
});

describe('on the way', () => {
  it('hang: nothing ever comes', async () => {
    const token = await logIn(simulator);
    simulator.faults.hang = { times: 1 };
    const headers = { ...JSON_TYPE, authorization: `Bearer ${token}` };
    const asked = {
      method: 'POST',
      headers,
      body: JSON.stringify(range(FROM, UNTIL)),
      signal: AbortSignal.timeout(200),
    };
    await expect(fetch(`${simulator.baseUrl}/siem/v1/getAttackInfo`, asked)).rejects.toThrow('aborted');
    expect(simulator.struck).toEqual({ hang: 1 });
    expect((await ask(simulator, token, range(FROM, UNTIL))).status).toBe(200);
  });

  it('drip: the answer comes whole, in its time', async () => {
    simulator.load(SITE, FROM, UNTIL, 0);
    const token = await logIn(simulator);
    const asked = range(FROM, UNTIL, { websiteName: SITE });
    const whole = await ask(simulator, token, asked);
    simulator.faults.drip = { bytes: 10, everyMs: 20 };
    const began = performance.now();
    expect((await ask(simulator, token, asked)).text).toBe(whole.text);
    expect(performance.now() - began).toBeGreaterThan(100);
  });

  it('who does not wait as long as Retry-After says is told on', async () => {
    const token = await logIn(simulator);
    simulator.faults.tooManyRequests = { times: 1, retryAfter: 30 };
    const refused = await ask(simulator, token, range(FROM, UNTIL));
    expect(refused.headers['retry-after']).toBe('30');
    await ask(simulator, token, range(FROM, UNTIL));
    expect(rules()).toEqual(['retry-after-ignored']);
  });

  it('a skewed clock shows in the Date header', async () => {
    simulator.faults.clockSkewMs = -3_600_000;
    const { headers } = await login();
    expect(headers['date']).toBe('Sat, 21 Nov 2026 11:00:30 GMT');
  });
});

describe('what the vendor holds', () => {
  const HOURS = 48;
  const DAY = { from: FROM - HOURS * 60 * MINUTE, until: FROM };

  it('comes at two a minute, with quiet five minutes and with bursts', () => {
    const counts = new Map<number, number>();
    for (const { time } of simulator.truth(SITE, DAY.from, DAY.until)) {
      const slice = Math.floor(time / FIVE);
      counts.set(slice, (counts.get(slice) ?? 0) + 1);
    }
    const slices = HOURS * 12;
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    expect(total / (HOURS * 60)).toBeGreaterThan(1.6);
    expect(total / (HOURS * 60)).toBeLessThan(2.4);
    expect((slices - counts.size) / slices).toBeGreaterThan(0.1);
    expect(Math.max(...counts.values())).toBeGreaterThan(20);
  });

  it('is served whole by windows that touch, whatever minute they start at', async () => {
    const token = await logIn(simulator);
    const served: string[] = [];
    for (let from = FROM - 77_777; from < FROM + 12 * FIVE; from += FIVE) {
      const asked = range(from, from + FIVE, { websiteName: SITE });
      for (const one of parse(await ask(simulator, token, asked)).data[0]?.attacks ?? [])
        served.push(JSON.stringify(one));
    }
    const until = FROM - 77_777 + 13 * FIVE;
    const truth = simulator.truth(SITE, FROM - 77_777, until).map(({ bytes }) => bytes.toString());
    expect(truth.length).toBeGreaterThan(50);
    expect(served).toEqual(truth.map((text) => JSON.stringify(JSON.parse(text))));
  });

  it('comes twice where windows touch and both ends belong to them', async () => {
    simulator.faults.bounds = '[]';
    const edge = JSON.stringify({ requestId: 'edge', attackTime: new Date(UNTIL).toISOString(), eventType: 'Log' });
    simulator.load(SITE, FROM, UNTIL + FIVE, [edge]);
    const token = await logIn(simulator);
    const texts = [FROM, UNTIL].map((from) => ask(simulator, token, range(from, from + FIVE, { websiteName: SITE })));
    for (const { text } of await Promise.all(texts)) expect(text.split(edge)).toHaveLength(2);
  });

  it('has digests of its bytes, cookies, quotes inside header texts, and members that no page names', () => {
    simulator.load(SITE, FROM, UNTIL, 200);
    const truth = simulator.truth(SITE, FROM, UNTIL);
    for (const { bytes, sha256 } of truth) expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    const records = truth.map(({ bytes }) => JSON.parse(bytes.toString()) as Record<string, unknown>);
    const headers = records.map(({ requestHeader }) => String(requestHeader));
    expect(headers.some((text) => text.includes('"Cookie":"session='))).toBe(true);
    expect(headers.some((text) => text.includes('"User-Agent":"Mozilla/5.0 "zgrab"'))).toBe(true);
    expect(headers.every((text) => text.startsWith(`"Host":" ${SITE} " , "User-Agent"`))).toBe(true);
    const unnamed = records.filter((record) => 'botScore' in record);
    expect(unnamed.length).toBeGreaterThan(0);
    expect(unnamed.length).toBeLessThan(records.length);
  });

  it('keeps everything else of a request when its id is left out', () => {
    simulator.load(SITE, FROM, UNTIL, 40);
    const withIds = simulator.truth(SITE, FROM, UNTIL).map(({ bytes }) => bytes.toString());
    simulator.faults.requestIdMissing = 'null';
    const without = simulator.truth(SITE, FROM, UNTIL).map(({ bytes }) => bytes.toString());
    const rest = (text: string): string => text.replace(/"requestId":("[^"]*"|null)/, '');
    expect(without.map(rest)).toEqual(withIds.map(rest));
    expect(without.filter((text) => text.includes('"requestId":null'))).toHaveLength(10);
  });
});
