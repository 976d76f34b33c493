import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noFaults, type Faults, type SignalSciencesSimulator } from '../../simulators/signal-sciences.ts';
import { readFaults } from '../../simulators/signal-sciences/faults.ts';
import {
  ask,
  bearer,
  held,
  ids,
  login,
  MINUTE,
  nextUri,
  nextValue,
  NOW,
  parse,
  post,
  sampleProgram,
  SITE,
  slices,
  start,
  truthOf,
  UNTIL,
  windowPath,
  type Trial,
} from './vendor-client.ts';

const FROM = UNTIL - 10 * MINUTE;
const PATH = windowPath(FROM, UNTIL);
const SMALL_PAGES = windowPath(FROM, UNTIL, { limit: 50 });

let trial: Trial;
let simulator: SignalSciencesSimulator;
let faults: Faults;
beforeEach(async () => {
  trial = await start();
  simulator = trial.simulator;
  faults = simulator.faults;
});
afterEach(() => simulator.close());

async function first(): Promise<string> {
  return nextUri(await ask(simulator, SMALL_PAGES));
}

describe('a fault strikes', () => {
  it('as often as it is told, and is counted; assigned again, it starts again', async () => {
    faults.htmlWith200 = { times: 2 };
    const types: unknown[] = [];
    for (let times = 0; times < 4; times++) types.push((await ask(simulator, PATH)).headers['content-type']);
    expect(types).toEqual([
      ...Array<string>(2).fill('text/html; charset=utf-8'),
      ...Array<string>(2).fill('application/json'),
    ]);
    expect(simulator.struck).toEqual({ htmlWith200: 2 });
    faults.htmlWith200 = { times: 1 };
    expect((await ask(simulator, PATH)).headers['content-type']).toContain('html');
  });

  it('on the page, site and attempt that it is tied to, by values or by a function', async () => {
    faults.emptyBody = { when: { page: [2, 3], site: SITE, attempt: 1 } };
    const uri = await first();
    expect((await ask(simulator, uri)).text).toBe('');
    expect((await ask(simulator, uri)).text).not.toBe('');
    faults.emptyBody = { when: ({ page, attempt }) => page === 2 && attempt === 3 };
    expect((await ask(simulator, uri)).text).toBe('');
    expect((await ask(simulator, uri)).text).not.toBe('');
  });

  it('from the start when it is given with the options', async () => {
    const other = await start({ faults: { loginDown: true } });
    expect((await login(other.simulator)).status).toBe(503);
    await other.simulator.close();
  });
});

describe('refusals', () => {
  it('429 tells in seconds or as a date when to come back, and counts who does not wait', async () => {
    faults.tooManyRequests = { retryAfter: 30, times: 1 };
    const busy = await ask(simulator, PATH);
    expect([busy.status, busy.headers['retry-after']]).toEqual([429, '30']);
    expect((await ask(simulator, PATH)).status).toBe(200);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual(['retry-after-ignored']);
    faults.tooManyRequests = { retryAfter: 'date', times: 1 };
    expect(Date.parse(String((await ask(simulator, PATH)).headers['retry-after']))).toBe(
      Math.floor(NOW / 1000) * 1000 + 2000,
    );
  });

  it('400 with the words of the rate limit', async () => {
    faults.rateLimit400 = { times: 1 };
    const answer = await ask(simulator, PATH);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toEqual({ message: 'Rate limit exceeded' });
    expect((await ask(simulator, PATH)).status).toBe(200);
  });

  it('401 on one page ends the session; a new login opens the same link', async () => {
    faults.unauthorizedOnPage = { page: 2, times: 1 };
    const headers = await bearer(simulator);
    const uri = nextUri(await ask(simulator, SMALL_PAGES, { headers }));
    expect((await ask(simulator, uri, { headers })).status).toBe(401);
    expect((await ask(simulator, uri, { headers })).status).toBe(401);
    expect((await ask(simulator, uri, { headers: await bearer(simulator) })).status).toBe(200);
    expect(simulator.violations).toEqual([]);
  });

  it('502 always, or with a probability', async () => {
    faults.badGateway = { times: 1 };
    expect((await ask(simulator, PATH)).status).toBe(502);
    faults.badGateway = { probability: 0.5 };
    const statuses: number[] = [];
    for (let times = 0; times < 40; times++) statuses.push((await ask(simulator, PATH)).status);
    expect(new Set(statuses)).toEqual(new Set([200, 502]));
  });

  it('302 leads to a login page', async () => {
    faults.redirect302 = true;
    expect(await ask(simulator, PATH)).toMatchObject({ status: 302, headers: { location: '/login' } });
    faults.redirect302 = { location: 'http://127.0.0.1:1/' };
    expect((await ask(simulator, PATH)).headers['location']).toBe('http://127.0.0.1:1/');
  });

  it('414 for a URL above 8 kB, which a posted form avoids', async () => {
    faults.cursorBytes = 20_000;
    const uri = await first();
    expect(nextValue(uri).length).toBeGreaterThanOrEqual(20_000);
    expect((await ask(simulator, uri)).status).toBe(414);
    expect((await post(simulator, uri)).status).toBe(200);
    faults.uriTooLong = false;
    expect((await ask(simulator, uri)).status).toBe(200);
  });
});

describe('next links', () => {
  it('expire at once, or when they count as older than they are, with the status that is set', async () => {
    const uri = await first();
    faults.expireNextAfterMs = 0;
    faults.expiredStatus = 410;
    expect((await ask(simulator, uri)).status).toBe(410);
    faults.expireNextAfterMs = null;
    faults.expiredStatus = 400;
    faults.ageNextLink = { times: 1, when: { page: 2 } };
    expect((await ask(simulator, uri)).status).toBe(400);
    expect((await ask(simulator, uri)).status).toBe(200);
    expect(simulator.violations).toEqual([]);
  });

  it('lead to another origin', async () => {
    const url = 'http://127.0.0.1:1/steal?next=x';
    faults.foreignNextLink = { url, when: { page: 1 } };
    expect(await first()).toBe(url);
  });

  it('lead to the same page again, for ever', async () => {
    faults.loopingNext = true;
    const uri = await first();
    const second = await ask(simulator, uri);
    expect(nextUri(second)).toBe(uri);
  });

  it.each([
    ['empty-uri', { uri: '' }],
    ['empty-object', {}],
    ['null', null],
    ['absent', undefined],
    ['null-uri', { uri: null }],
  ] as const)('end as %s', async (end, next) => {
    faults.endOfChain = end;
    expect(parse(await ask(simulator, PATH)).next).toEqual(next);
  });
});

describe('records', () => {
  it('repeat over the borders of pages and three pages later, and nothing is missing', async () => {
    faults.repeatsOverPageBorder = true;
    const pages = await sampleProgram(simulator, PATH, 50);
    const lists = pages.map((page) => ids([page]));
    expect(lists.length).toBeGreaterThanOrEqual(4);
    expect(lists.every((list) => list.length <= 50)).toBe(true);
    expect(lists[1]?.[0]).toBe(lists[0]?.at(-1));
    expect(lists[3]?.[0]).toBe(lists[2]?.at(-1));
    expect(lists[3]).toContain(lists[0]?.[0]);
    expect(held(pages)).toEqual(truthOf(simulator, FROM, UNTIL));
  });

  it.each([50, 1000])('come twice with other content, and the last one is the truth (pages of %i)', async (limit) => {
    faults.changedRepeat = true;
    faults.repeatsOverPageBorder = true;
    simulator.load(SITE, FROM, UNTIL, 5000);
    const pages = await sampleProgram(simulator, PATH, limit);
    const changed = pages.flatMap((page) => slices(page.bytes)).filter((bytes) => bytes.includes('"augmented":true'));
    expect(changed.length).toBeGreaterThanOrEqual(100);
    expect(held(pages)).toEqual(truthOf(simulator, FROM, UNTIL));
  });

  it('never have an older form after the newer one, where both kinds of repeats meet', async () => {
    // With this seed the first of page 2, which comes again on page 5, is an event whose newer form stands on page 4.
    const other = await start({ seed: 106, faults: { changedRepeat: true, repeatsOverPageBorder: true } });
    other.simulator.load(SITE, FROM, UNTIL, 195);
    expect(held(await sampleProgram(other.simulator, PATH, 50))).toEqual(truthOf(other.simulator, FROM, UNTIL));
    await other.simulator.close();
  });

  it.each(['headersInNull', 'prettyPrinted', 'badUtf8'] as const)('are as the truth says with %s', async (name) => {
    const before = truthOf(simulator, FROM, UNTIL);
    faults[name] = true;
    const pages = await sampleProgram(simulator, PATH, 50);
    expect(held(pages)).toEqual(truthOf(simulator, FROM, UNTIL));
    expect(held(pages)).not.toEqual(before);
  });

  it('have no request headers, or spread over lines, or bytes that are not UTF-8', async () => {
    const meanings = parse(await ask(simulator, PATH)).data;
    faults.prettyPrinted = true;
    const pretty = await ask(simulator, PATH);
    expect(parse(pretty).data).toEqual(meanings);
    expect(pretty.text).toContain('\n    {\n      "id": "');
    faults.prettyPrinted = false;
    faults.headersInNull = true;
    const { data } = parse(await ask(simulator, PATH));
    expect(data).toEqual(meanings.map((record) => ({ ...record, headersIn: null })));
    faults.headersInNull = false;
    faults.badUtf8 = true;
    const { bytes } = await ask(simulator, PATH);
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow(TypeError);
    expect((JSON.parse(bytes.toString('utf8')) as { data: unknown[] }).data).toHaveLength(meanings.length);
  });

  it('are missing from the answer', async () => {
    faults.dataMissing = true;
    expect(JSON.parse((await ask(simulator, PATH)).text)).toEqual({ next: { uri: '' } });
  });
});

describe('the transport', () => {
  it.each(['content-length', 'chunked'] as const)('ends a body half-way (%s)', async (how) => {
    faults.truncatedBody = { how, times: 1 };
    await expect(ask(simulator, PATH)).rejects.toThrow();
    expect((await ask(simulator, PATH)).status).toBe(200);
    expect(simulator.connections.current.get(SITE)).toBe(0);
  });

  it('resets after the headers', async () => {
    faults.resetAfterHeaders = { times: 1 };
    await expect(ask(simulator, PATH)).rejects.toThrow();
    expect((await ask(simulator, PATH)).status).toBe(200);
  });

  it('brings the body in drops, all of it in the end', async () => {
    simulator.load(SITE, FROM, UNTIL, 1);
    const whole = await ask(simulator, PATH);
    faults.drip = { bytes: 100, everyMs: 1 };
    expect((await ask(simulator, PATH)).text).toBe(whole.text);
    faults.drip = true;
    const slow = ask(simulator, PATH, { signal: AbortSignal.timeout(300) });
    await expect(slow).rejects.toThrow('timeout');
  });

  it('accepts and never answers, until the client gives up', async () => {
    faults.hang = { times: 1 };
    await expect(ask(simulator, PATH, { signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout');
    expect((await ask(simulator, PATH)).status).toBe(200);
  });

  it('takes its time before each page', async () => {
    faults.latencyMs = 120;
    const begun = performance.now();
    await ask(simulator, PATH);
    expect(performance.now() - begun).toBeGreaterThan(100);
  });

  it('is cut when the simulator closes, in the middle of whatever it does', async () => {
    faults.hang = true;
    const asking = ask(simulator, PATH).then(
      () => 'an answer',
      () => 'no answer',
    );
    await new Promise<void>((resolve) => simulator.onRequest(() => resolve()));
    await simulator.close();
    expect(await asking).toBe('no answer');
    const port = Number(new URL(simulator.url).port);
    const next = createServer().listen(port, '127.0.0.1');
    await once(next, 'listening');
    next.close();
  });
});

describe('sessions', () => {
  it('end when they are old', async () => {
    faults.sessionMaxAgeMs = 5 * MINUTE;
    const headers = await bearer(simulator);
    trial.pass(5 * MINUTE);
    expect((await ask(simulator, PATH, { headers })).status).toBe(200);
    trial.pass(1);
    expect((await ask(simulator, PATH, { headers })).status).toBe(401);
  });

  it('cannot be had while the login is down, or only slowly', async () => {
    faults.loginDown = { times: 1, status: 500 };
    expect((await login(simulator)).status).toBe(500);
    faults.slowLogin = { ms: 120 };
    const begun = performance.now();
    expect((await login(simulator)).status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThan(100);
  });
});

describe('faults from JSON', () => {
  it('are read, and null puts one back', () => {
    const json = { endOfChain: 'null', hang: { times: 1, when: { page: 2 } }, latencyMs: 5, badUtf8: true, drip: null };
    expect(readFaults(json)).toEqual({ ...json, drip: false });
    expect(readFaults(JSON.parse(JSON.stringify(noFaults())))).toEqual(noFaults());
  });

  it.each([
    [[]],
    [{ hangs: true }],
    [{ __proto__x: 1 }],
    [{ endOfChain: 'nothing' }],
    [{ latencyMs: 'long' }],
    [{ badUtf8: 1 }],
    [{ expiredStatus: 500 }],
    [{ foreignNextLink: true }],
    [{ unauthorizedOnPage: { times: 1 } }],
  ])('are refused when they are no faults: %o', (json) => {
    expect(() => readFaults(json)).toThrow(TypeError);
  });
});
