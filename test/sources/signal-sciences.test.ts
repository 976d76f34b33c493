import { EventEmitter, once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_ACCOUNT, startSignalSciences } from '../../simulators/signal-sciences.ts';
import type { Faults } from '../../simulators/signal-sciences/faults.ts';
import type { SignalSciencesSimulator } from '../../simulators/signal-sciences/simulator.ts';
import type { Page, Secret, Source, WindowStream } from '../../src/core/contract.ts';
import type { FailureName, RateLimited, Unavailable } from '../../src/core/failures.ts';
import { HOUR, MINUTE, SECOND, floorTo, type Interval } from '../../src/core/time.ts';
import { startScriptedVendor } from './scripted-vendor.ts';
import { openSource, windowStream } from './signal-sciences.scripted.ts';
import {
  failureOf,
  live,
  testWindowSource,
  walk,
  type WindowSourceTrial,
  type WrongAnswer,
} from './window-source.contract.ts';

const SITE = 'www.example.com';
const OTHER = 'shop.example.com';

interface Trial extends WindowSourceTrial {
  readonly simulator: SignalSciencesSimulator;
}

interface Given {
  readonly byToken?: boolean;
  readonly tags?: string[];
  readonly limit?: number;
  /** Our own clock, ms. */
  readonly clock?: () => number;
  readonly faults?: Partial<Faults>;
}

describe.each([
  ['with a password', false],
  ['with an API token', true],
])('%s', (way, byToken) => {
  testWindowSource(`signal-sciences ${way}`, () => start({ byToken }), [
    wrong('an HTML page with status 200', { htmlWith200: true }, 'unexpected-answer'),
    wrong('an HTML page in the middle of the chain', { htmlWith200: { when: { page: 2 } } }, 'unexpected-answer'),
    wrong('no body', { emptyBody: true }, 'unexpected-answer'),
    wrong('an object without data', { dataMissing: true }, 'unexpected-answer'),
    wrong('a redirect to a login page', { redirect302: true }, 'refused-target'),
    wrong('a bad gateway on page 2', { badGateway: { probability: 1, when: { page: 2 } } }, 'unavailable'),
    wrong('a body shorter than it says', { truncatedBody: { how: 'content-length' } }, 'unavailable'),
    wrong('chunks without an end', { truncatedBody: { how: 'chunked' } }, 'unavailable'),
    wrong('a connection that breaks after the headers', { resetAfterHeaders: true }, 'unavailable'),
    wrong('too many requests', { tooManyRequests: true }, 'rate-limited'),
    wrong('a 400 that means too many requests', { rateLimit400: { when: { page: 2 } } }, 'rate-limited'),
    wrong('a next link older than a minute', { ageNextLink: true }, 'cursor-expired'),
    wrong('a next link that is gone', { ageNextLink: true, expiredStatus: 410 }, 'cursor-expired'),
    wrong('a next link to another host', { foreignNextLink: { url: 'http://127.0.0.1:9/next' } }, 'refused-target'),
  ]);
});

describe('a walk', () => {
  it('takes 2,501 requests in three pages, in whatever order they come', async () => {
    const { simulator, stream, window } = await opened({ limit: 1000 });
    simulator.load(SITE, window.from, window.until, 2501);
    const sizes: number[] = [];
    const times: number[] = [];
    let cursor: string | null = null;
    do {
      const page = await stream.fetchPage(window, cursor, live());
      sizes.push(page.records.length);
      times.push(...page.records.map((record) => stream.identify(record).time));
      cursor = page.next;
    } while (cursor !== null);
    expect(sizes).toEqual([1000, 1000, 501]);
    expect(times).not.toEqual(times.toSorted((a, b) => a - b));
    expect(simulator.violations).toEqual([]);
  });

  it('of an empty window is one page without records', async () => {
    const { simulator, stream, window } = await opened();
    simulator.load(SITE, window.from, window.until, 0);
    expect(await stream.fetchPage(window, null, live())).toEqual({ records: [], next: null });
  });

  it('asks by GET first and by POST then, never with a limit or tags that were not set', async () => {
    const { simulator, stream, window } = await opened({ limit: 50, tags: ['SQLI', 'XSS'] });
    const events = await walk(stream, window);
    const held = simulator.truth(SITE, window.from, window.until);
    const wanted = held.filter(({ bytes }) => /"type":"(SQLI|XSS)"/.test(bytes.toString()));
    expect(wanted.length).toBeGreaterThan(50);
    expect(wanted.length).toBeLessThan(held.length);
    expect(events).toEqual(wanted.map(({ bytes }) => bytes.toString('utf8')).toSorted());
    const feed = simulator.requests.filter(({ path }) => path.includes('/feed/requests'));
    const [first, ...rest] = feed.map(({ method, path }) => ({
      method,
      query: new URLSearchParams(path.split('?')[1]),
    }));
    expect(first?.method).toBe('GET');
    expect([first?.query.get('limit'), first?.query.get('tags')]).toEqual(['50', 'SQLI,XSS']);
    expect(new Set(rest.map(({ method, query }) => `${method} ${query.toString()}`))).toEqual(
      new Set(['POST limit=50']),
    );
    expect(simulator.violations).toEqual([]);
  });

  it.each<[string, Partial<Faults>]>([
    ['repeats over page borders', { repeatsOverPageBorder: true }],
    ['records that come again with more in them', { changedRepeat: true }],
    ['headers that are null', { headersInNull: true }],
    ['records spread over lines', { prettyPrinted: true }],
    ['cursors of 20 kB', { cursorBytes: 20_000 }],
    ['a last page that says {}', { endOfChain: 'empty-object' }],
    ['a last page that says null', { endOfChain: 'null' }],
    ['a last page that says nothing', { endOfChain: 'absent' }],
    ['a last page with a null uri', { endOfChain: 'null-uri' }],
  ])('brings everything in spite of %s', async (_, faults) => {
    const { simulator, stream, window, truth } = await opened({ faults });
    expect(await walk(stream, window)).toEqual([...truth(window)].toSorted());
    expect(simulator.violations).toEqual([]);
  });

  it('keeps bytes that are not UTF-8, and says so', async () => {
    const { simulator, stream, window } = await opened({ limit: 1000, faults: { badUtf8: true } });
    const page = await stream.fetchPage(window, null, live());
    const held = simulator.truth(SITE, window.from, window.until).map(({ bytes }) => bytes.toString('latin1'));
    expect(page.records.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).toSorted()).toEqual(held.toSorted());
    expect(page.note).toContain('UTF-8');
  });

  it('that lost its cursor brings everything once it is opened again', async () => {
    const { simulator, stream, window, truth } = await opened({
      faults: { ageNextLink: { ms: 61 * SECOND, times: 1, when: { page: 3 } } },
    });
    expect((await failureOf(walk(stream, window))).name).toBe('cursor-expired');
    expect(await walk(stream, window)).toEqual([...truth(window)].toSorted());
    expect(simulator.violations).toEqual([]);
  });

  it('passes a link that leads to the same page on as it is', async () => {
    const { stream, window } = await opened({ faults: { loopingNext: true } });
    const first = await stream.fetchPage(window, null, live());
    const second = await stream.fetchPage(window, first.next, live());
    expect(second.next).toBe(first.next);
  });

  it('opens no connection to a host that a link names', async () => {
    const evil = await startScriptedVendor(() => ({}));
    onTestFinished(() => evil.close());
    const { stream, window } = await opened({ faults: { foreignNextLink: { url: `${evil.url}/api/v0/next` } } });
    expect((await failureOf(stream.fetchPage(window, null, live()))).name).toBe('refused-target');
    expect(evil.connections()).toBe(0);
  });
});

describe('a session', () => {
  it('that ends in the middle of a walk is opened anew, once', async () => {
    const { simulator, stream, window, truth } = await opened({
      faults: { unauthorizedOnPage: { page: 2, times: 1 } },
    });
    expect(await walk(stream, window)).toEqual([...truth(window)].toSorted());
    expect(loginsOf(simulator)).toBe(2);
    expect(simulator.violations).toEqual([]);
  });

  it('that is refused again after a fresh login is left to a person', async () => {
    const { simulator, stream, window } = await opened({ faults: { unauthorizedOnPage: { page: 2 } } });
    expect((await failureOf(walk(stream, window))).name).toBe('credentials-rejected');
    expect(loginsOf(simulator)).toBe(2);
  });

  it('is shared by all streams, and so is the login after it was revoked', async () => {
    const { simulator, source, window } = await opened({ limit: 1000 });
    const both = (): Promise<unknown> =>
      Promise.all([SITE, OTHER].map((site) => walk(windowStream(source, site), window)));
    await both();
    expect(loginsOf(simulator)).toBe(1);
    simulator.revokeSessions();
    await both();
    expect(loginsOf(simulator)).toBe(2);
    expect(simulator.violations).toEqual([]);
  });

  it('is refused with the place of the password, never the password', async () => {
    const { simulator, source } = await opened();
    await source.close();
    const wrong = openSource(simulator.url, {
      settings: { auth: { email: DEFAULT_ACCOUNT.email, password: secret('not the password') } },
    });
    onTestFinished(() => wrong.close());
    const failure = await failureOf(wrong.authenticate(live()));
    expect(failure.name).toBe('credentials-rejected');
    expect(failure.message).toContain('${env:SIGSCI_SECRET}');
    expect(failure.message).not.toContain('not the password');
  });
});

describe('the vendor’s limits', () => {
  it.each<[string, Partial<Faults>, number | undefined]>([
    ['400', {}, undefined],
    ['429', { limitsAs429: { retryAfter: 3 } }, 3 * SECOND],
  ])('a connection too many (%s) is rate-limited, and the others go on', async (_, faults, wait) => {
    const { simulator, source, stream, window } = await opened({ faults, limit: 1000 });
    await source.authenticate(live());
    const gate = new EventEmitter();
    const both = once(gate, 'arrived');
    let waiting = 0;
    simulator.onRequest(async () => {
      const open = once(gate, 'open');
      waiting += 1;
      if (waiting === 2) gate.emit('arrived');
      await open;
    });
    const two = [stream.fetchPage(window, null, live()), stream.fetchPage(window, null, live())];
    await both;
    const failure = await failureOf(stream.fetchPage(window, null, live()));
    gate.emit('open');
    expect(failure.name).toBe('rate-limited');
    expect((failure as RateLimited).retryAfterMs).toBe(wait);
    for (const page of await Promise.all(two)) expect(page.records.length).toBeGreaterThan(0);
  });

  it('a call that is stopped gives its connection back', async () => {
    const { simulator, source, stream, window } = await opened({ faults: { hang: true } });
    await source.authenticate(live());
    const stop = new AbortController();
    const reason = new Error('the worker shuts down');
    simulator.onRequest(() => setImmediate(() => stop.abort(reason)) && undefined);
    await expect(stream.fetchPage(window, null, stop.signal)).rejects.toBe(reason);
    simulator.faults.hang = false;
    expect((await stream.fetchPage(window, null, live())).records.length).toBeGreaterThan(0);
    expect(simulator.violations).toEqual([]);
  });
});

describe('the vendor’s clock', () => {
  it.each([90 * SECOND, -90 * SECOND, 26 * HOUR])(
    'is learnt when ours is off by %d ms: every request is legal',
    async (off) => {
      const { simulator, source, stream } = await opened({ clock: () => Date.now() + off });
      expect(Math.abs((await source.authenticate(live())).skew + off)).toBeLessThan(2 * SECOND);
      const until = floorTo(source.now() - 6 * MINUTE, MINUTE);
      await walk(stream, { from: until - 10 * MINUTE, until });
      expect((await source.check(live())).join('\n')).toMatch(/vendor clock: .+ (ahead of|behind) ours/);
      expect(simulator.violations).toEqual([]);
    },
  );

  it('is learnt from the first refusal where there is no login', async () => {
    const { source, stream } = await opened({ byToken: true, clock: () => Date.now() + 10 * MINUTE });
    expect(await source.authenticate(live())).toEqual({ skew: 0 });
    const until = floorTo(Date.now() + 4 * MINUTE, MINUTE);
    const failure = await failureOf(stream.fetchPage({ from: until - MINUTE, until }, null, live()));
    expect(failure.name).toBe('unavailable');
    expect((failure as Unavailable).retryAfterMs).toBeGreaterThan(8 * MINUTE);
    expect(Math.abs(source.now() - Date.now())).toBeLessThan(2 * SECOND);
  });

  it('is learnt by a check as well, which then asks for a minute that has settled', async () => {
    const { source } = await opened({ byToken: true, clock: () => Date.now() + 10 * MINUTE });
    const lines = await source.check(live());
    expect(lines.join('\n')).toContain(`${SITE}: ok`);
    expect(lines.join('\n')).toMatch(/vendor clock: .+ behind ours/);
  });
});

it('tells a person what it found, the smallest request for each site', async () => {
  const { simulator, source } = await opened();
  const lines = await source.check(live());
  expect(lines.slice(0, 3)).toEqual([
    expect.stringContaining(`login: ok, as ${DEFAULT_ACCOUNT.email}`),
    expect.stringMatching(`^${SITE}: ok, at least 3 requests in \\[`),
    expect.stringMatching(`^${OTHER}: ok, at least 3 requests in \\[`),
  ]);
  const asked = simulator.requests
    .filter(({ method }) => method === 'GET')
    .map(({ path }) => new URL(path, simulator.url).searchParams);
  expect(asked.map((query) => [query.get('limit'), Number(query.get('until')) - Number(query.get('from'))])).toEqual([
    ['3', 60],
    ['3', 60],
  ]);
  expect(simulator.violations).toEqual([]);
});

it('is driven by a ten-line script, without Temporal, ledger or archive', async () => {
  const { simulator, source, window } = await opened();
  // The script.
  await source.authenticate(live());
  const ids = new Map<string, string>();
  for (const stream of source.streams) {
    let cursor: string | null = null;
    do {
      const page: Page = await windowStream(source, stream.name).fetchPage(window, cursor, live());
      for (const record of page.records) ids.set(stream.identify(record).id, stream.name);
      cursor = page.next;
    } while (cursor !== null);
  }
  // What it brought.
  for (const site of [SITE, OTHER]) {
    const held = simulator.truth(site, window.from, window.until).map(({ id }) => id);
    expect(
      [...ids]
        .filter(([, name]) => name === site)
        .map(([id]) => id)
        .toSorted(),
    ).toEqual(held.toSorted());
  }
});

/** A simulator with two sites and a source that is open on it; both are closed when the test is over. */
async function opened(given: Given = {}): Promise<Trial> {
  const trial = await start(given);
  onTestFinished(() => trial.close());
  return trial;
}

async function start({ byToken = false, tags, limit = 100, clock, faults = {} }: Given): Promise<Trial> {
  const simulator = await startSignalSciences({ corp: 'testcorp', sites: [SITE, OTHER], faults });
  const { email, password, token } = DEFAULT_ACCOUNT;
  const auth = byToken ? { user: email, token: secret(token) } : { email, password: secret(password) };
  const source: Source = openSource(simulator.url, {
    settings: { sites: [SITE, OTHER], auth, limit, ...(tags && { tags }) },
    ...(clock && { clock }),
  });
  const stream: WindowStream = windowStream(source, SITE);
  const until = floorTo(Date.now(), MINUTE) - HOUR;
  const window: Interval = { from: until - 20 * MINUTE, until };
  return {
    simulator,
    source,
    stream,
    window,
    secrets: [password, token],
    truth: ({ from, until }) => simulator.truth(SITE, from, until).map(({ bytes }) => bytes.toString('utf8')),
    async close() {
      await source.close();
      await simulator.close();
    },
  };
}

function wrong(what: string, faults: Partial<Faults>, failure: FailureName): WrongAnswer<Trial> {
  return { what, failure, provoke: ({ simulator }) => void Object.assign(simulator.faults, faults) };
}

function secret(value: string): Secret {
  return { place: '${env:SIGSCI_SECRET}', reveal: () => value };
}

function loginsOf(simulator: SignalSciencesSimulator): number {
  return simulator.requests.filter(({ path }) => path === '/api/v0/auth').length;
}
