import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Secret } from '../../src/core/contract.ts';
import { CredentialsRejected, type RateLimited, type Unavailable, UnexpectedAnswer } from '../../src/core/failures.ts';
import { MINUTE, SECOND } from '../../src/core/time.ts';
import type { SignalSciencesSettings } from '../../src/sources/signal-sciences/settings.ts';
import type { Reply } from './scripted-vendor.ts';
import { END, FEED, PASSWORD, TOKEN, hourAgo, logins, secretOf, start } from './signal-sciences.scripted.ts';
import { everythingIn, failureOf, live } from './window-source.contract.ts';

// What the vendor document leaves open, and what no decent vendor would do: answers are written down by the test, one by one.

const auth = (token: Secret): SignalSciencesSettings['auth'] => ({ user: 'ops@example.com', token });

describe('logging in', () => {
  it('sends the form of the vendor document, and the token with every request of the feed', async () => {
    const { vendor, stream } = await start(() => ({ body: END }));
    await stream.fetchPage(hourAgo(), null, live());
    const [login, page] = vendor.seen;
    expect(login).toMatchObject({ method: 'POST', url: '/api/v0/auth' });
    expect(login?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(login?.body))).toEqual({
      email: 'ops@example.com',
      password: PASSWORD,
    });
    expect(page?.method).toBe('GET');
    expect(page?.headers.authorization).toBe(`Bearer ${TOKEN}-1`);
    expect(page?.headers['content-type']).toBe('application/json');
  });

  it('logs in once for twenty who ask at the same time', async () => {
    const { vendor, stream } = await start(() => ({ body: END }));
    await Promise.all(Array.from({ length: 20 }, () => stream.fetchPage(hourAgo(), null, live())));
    expect(logins(vendor)).toBe(1);
  });

  it('logs in once more for twenty whose session ended, and nobody is refused', async () => {
    const { vendor, stream } = await start((request) =>
      request.headers.authorization === `Bearer ${TOKEN}-1` ? { status: 401 } : { body: END },
    );
    await Promise.all(Array.from({ length: 20 }, () => stream.fetchPage(hourAgo(), null, live())));
    expect(logins(vendor)).toBe(2);
  });

  it('does not log in again for each stream that asks for proof at about the same time, but does so later', async () => {
    let now = Date.now();
    const { vendor, source } = await start(() => ({ body: END }), { clock: () => now });
    await source.authenticate(live());
    await source.authenticate(live());
    expect(logins(vendor)).toBe(1);
    now += 10 * MINUTE;
    await source.authenticate(live());
    expect(logins(vendor)).toBe(2);
  });

  it('keeps the login for the others when one of those who wait gives up', async () => {
    const giveUp = new AbortController();
    const { vendor, stream } = await start(() => ({ body: END }), {
      login: () => {
        giveUp.abort(new Error('gave up'));
        return { body: { token: TOKEN } };
      },
    });
    const [one, other] = await Promise.allSettled([
      stream.fetchPage(hourAgo(), null, giveUp.signal),
      stream.fetchPage(hourAgo(), null, live()),
    ]);
    expect(one.status).toBe('rejected');
    expect(other.status).toBe('fulfilled');
    expect(logins(vendor)).toBe(1);
  });

  it('lets the one who gives up go, however long the login takes', async () => {
    const giveUp = new AbortController();
    const gone = new EventEmitter();
    const { stream } = await start(() => ({ body: END }), {
      login: async () => {
        const free = once(gone, 'gone');
        giveUp.abort(new Error('gave up'));
        await free;
        return { body: { token: TOKEN } };
      },
    });
    const call = stream.fetchPage(hourAgo(), null, giveUp.signal);
    await expect(call).rejects.toThrow('gave up');
    gone.emit('gone');
  });

  it('does not log in for a refusal that came late, after another has already led to a fresh login', async () => {
    const late = new EventEmitter();
    let first = true;
    const { vendor, stream } = await start(async ({ headers }) => {
      if (headers.authorization !== `Bearer ${TOKEN}-1`) return { body: END };
      if (first) {
        first = false;
        await once(late, 'answer');
      }
      return { status: 401 };
    });
    const slow = stream.fetchPage(hourAgo(), null, live());
    await stream.fetchPage(hourAgo(), null, live());
    expect(logins(vendor)).toBe(2);
    late.emit('answer');
    await slow;
    expect(logins(vendor)).toBe(2);
  });

  it('never repeats the token, should the vendor say it back', async () => {
    const { stream } = await start(() => ({ status: 400, body: { message: `no session ${TOKEN}-1 here` } }));
    const { message } = await failureOf(stream.fetchPage(hourAgo(), null, live()));
    expect(message).toContain('no session');
    expect(message).not.toContain(TOKEN);
  });

  it('gives up after one fresh login and names where the password comes from', async () => {
    const { vendor, stream } = await start(() => ({ status: 401, body: { message: `no ${PASSWORD}` } }));
    const failure = await failureOf(stream.fetchPage(hourAgo(), null, live()));
    expect(failure).toBeInstanceOf(CredentialsRejected);
    expect(failure.message).toContain('${env:SIGSCI_PASSWORD}');
    expect(logins(vendor)).toBe(2);
  });

  const refusals: [string, Reply, string][] = [
    ['401', { status: 401 }, 'credentials-rejected'],
    ['403', { status: 403, body: { message: `${PASSWORD} is locked` } }, 'credentials-rejected'],
    ['429', { status: 429, headers: { 'retry-after': '7' } }, 'rate-limited'],
    ['a 400 for its rate limit', { status: 400, body: { message: 'Rate limit exceeded' } }, 'rate-limited'],
    ['503', { status: 503 }, 'unavailable'],
    ['400', { status: 400, body: { message: PASSWORD } }, 'unexpected-answer'],
    ['no token', { body: { session: TOKEN } }, 'unexpected-answer'],
    ['an empty token', { body: { token: '' } }, 'unexpected-answer'],
    ['a token with a line break', { body: { token: `${TOKEN}\r\nx: y` } }, 'unexpected-answer'],
    ['a body that is not JSON', { body: `{"token":"${TOKEN}"` }, 'unexpected-answer'],
    ['null', { body: 'null' }, 'unexpected-answer'],
    ['a page for people', { body: `<p>${TOKEN}</p>`, headers: { 'content-type': 'text/html' } }, 'unexpected-answer'],
  ];
  it.each(refusals)(
    'answers a login that ends in %s by name, without the password or a token',
    async (_, reply, name) => {
      const { source } = await start(() => ({ body: END }), { login: () => reply });
      const failure = await failureOf(source.authenticate(live()));
      expect(failure.name).toBe(name);
      expect(everythingIn(failure)).not.toContain(PASSWORD);
      expect(everythingIn(failure)).not.toContain(TOKEN);
      expect(failure).not.toHaveProperty('body', expect.anything());
    },
  );

  it('says when the secret cannot be read, by its place', async () => {
    const secret = {
      place: '${file:/run/secrets/sigsci}',
      reveal: () => {
        throw new Error('no such file');
      },
    };
    const { source } = await start(() => ({ body: END }), {
      settings: { auth: { email: 'ops@example.com', password: secret } },
    });
    const failure = await failureOf(source.authenticate(live()));
    expect(failure).toBeInstanceOf(CredentialsRejected);
    expect(failure.message).toContain('${file:/run/secrets/sigsci}');
  });
});

describe('an API token', () => {
  it('goes with every request and needs no login', async () => {
    const { vendor, source, stream } = await start(() => ({ body: END }), {
      settings: { auth: auth(secretOf(() => 'api-token-1')) },
    });
    await source.authenticate(live());
    await stream.fetchPage(hourAgo(), null, live());
    expect(vendor.seen.map((request) => request.method)).toEqual(['GET']);
    expect(vendor.seen[0]?.headers).toMatchObject({ 'x-api-user': 'ops@example.com', 'x-api-token': 'api-token-1' });
    expect(vendor.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('is given up at once when it is refused, as there is no other to be had', async () => {
    const { vendor, stream } = await start(() => ({ status: 401 }), {
      settings: { auth: auth(secretOf(() => 'api-token-1')) },
    });
    const failure = await failureOf(stream.fetchPage(hourAgo(), null, live()));
    expect(failure).toBeInstanceOf(CredentialsRejected);
    expect(everythingIn(failure)).not.toContain('api-token-1');
    expect(vendor.seen).toHaveLength(1);
  });

  it('is read anew when it is refused, so that a rotated one needs no restart', async () => {
    let token = 'api-token-1';
    const { stream } = await start(
      (request) => {
        if (request.headers['x-api-token'] === 'api-token-2') return { body: END };
        token = 'api-token-2';
        return { status: 401 };
      },
      { settings: { auth: auth(secretOf(() => token)) } },
    );
    expect((await stream.fetchPage(hourAgo(), null, live())).next).toBeNull();
  });

  it('is refused before it is sent when no header can carry it', async () => {
    const { vendor, source } = await start(() => ({ body: END }), {
      settings: { auth: auth(secretOf(() => 'to\nken')) },
    });
    expect((await failureOf(source.authenticate(live()))).name).toBe('credentials-rejected');
    expect(vendor.seen).toHaveLength(0);
  });
});

describe('the first page', () => {
  it('is asked for in Unix seconds, with limit and tags, names escaped', async () => {
    const settings = { corp: 'a/b c', sites: ['ü?.example.com'], tags: ['SQLI', 'XSS'], limit: 250 };
    const { vendor, stream } = await start(() => ({ body: END }), { settings });
    const window = hourAgo();
    await stream.fetchPage(window, null, live());
    const url = new URL(vendor.seen[1]?.url ?? '', vendor.url);
    expect(url.pathname).toBe('/api/v0/corps/a%2Fb%20c/sites/%C3%BC%3F.example.com/feed/requests');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      from: String(window.from / SECOND),
      until: String(window.until / SECOND),
      limit: '250',
      tags: 'SQLI,XSS',
    });
  });

  const refusals: [string, Reply, string][] = [
    ['403', { status: 403 }, 'credentials-rejected'],
    ['429', { status: 429 }, 'rate-limited'],
    ['400 for the rate limit', { status: 400, body: { message: 'rate LIMIT exceeded, wait' } }, 'rate-limited'],
    ['400', { status: 400, body: { message: 'no such tag' } }, 'unexpected-answer'],
    ['404', { status: 404, body: { message: 'Site not found' } }, 'unexpected-answer'],
    ['408', { status: 408 }, 'unavailable'],
    ['500', { status: 500 }, 'unavailable'],
    [
      '502 for people',
      { status: 502, body: '<p>Bad gateway</p>', headers: { 'content-type': 'text/html' } },
      'unavailable',
    ],
    ['204', { status: 204, body: '' }, 'unexpected-answer'],
    ['206', { status: 206, body: END }, 'unexpected-answer'],
    ['302 to a login page', { status: 302, headers: { location: '/login' } }, 'refused-target'],
    ['a 200 for people', { body: '<p>Welcome</p>', headers: { 'content-type': 'text/html' } }, 'unexpected-answer'],
    [
      'a 200 in a type of its own',
      { body: JSON.stringify(END), headers: { 'content-type': 'application/jsonp' } },
      'unexpected-answer',
    ],
    ['half a body', { body: '{"data":[{"id":"1"' }, 'unexpected-answer'],
    ['a list', { body: '[]' }, 'unexpected-answer'],
    ['no data', { body: { next: { uri: '' } } }, 'unexpected-answer'],
    ['data that is no list', { body: { data: {}, next: { uri: '' } } }, 'unexpected-answer'],
    ['a record that is none', { body: { data: [1], next: { uri: '' } } }, 'unexpected-answer'],
    ['next as text', { body: { data: [], next: FEED } }, 'unexpected-answer'],
    ['next as a list', { body: { data: [], next: [] } }, 'unexpected-answer'],
    ['a next that is a number', { body: { data: [], next: { uri: 1 } } }, 'unexpected-answer'],
    [
      'a next of 33 KiB',
      { body: { data: [], next: { uri: `${FEED}?next=${'x'.repeat(33 * 1024)}` } } },
      'unexpected-answer',
    ],
  ];
  it.each(refusals)('that ends in %s is a failure by name', async (_, reply, name) => {
    const { stream } = await start(() => reply);
    expect((await failureOf(stream.fetchPage(hourAgo(), null, live()))).name).toBe(name);
  });

  it('tells a person what the vendor said, and that it does not know a site', async () => {
    const { stream } = await start(() => ({ status: 404, body: { message: 'Site not found' } }));
    const { message } = await failureOf(stream.fetchPage(hourAgo(), null, live()));
    expect(message).toContain('does not know this corp or site');
    expect(message).toContain('Site not found');
  });

  it('keeps the vendor’s word on when to come back', async () => {
    for (const status of [429, 503]) {
      const { stream } = await start(() => ({ status, headers: { 'retry-after': '7' } }));
      const failure = await failureOf(stream.fetchPage(hourAgo(), null, live()));
      expect((failure as RateLimited | Unavailable).retryAfterMs).toBe(7_000);
    }
  });

  it('hands the whole body over for quarantine, and none of it in the message', async () => {
    const body = { data: [record('1'), { ...record('2'), timestamp: '2026-11-21T09:00:00', note: 'payload' }] };
    const { stream } = await start(() => ({ body }));
    const failure = await failureOf(stream.fetchPage(hourAgo(), null, live()));
    expect(failure).toBeInstanceOf(UnexpectedAnswer);
    expect(failure.message).toContain('record 2 of 2');
    expect(failure.message).not.toContain('payload');
    expect(Buffer.from((failure as UnexpectedAnswer).body ?? []).toString()).toBe(JSON.stringify(body));
  });
});

describe('identity', () => {
  it.each([
    ['2026-11-21T09:00:00Z', Date.UTC(2026, 10, 21, 9)],
    ['2026-11-21T09:00:00.25+01:00', Date.UTC(2026, 10, 21, 8, 0, 0, 250)],
  ])('reads %s', async (timestamp, time) => {
    const { stream } = await start(() => ({ body: END }));
    const bytes = Buffer.from(JSON.stringify({ ...record('a'), timestamp }));
    expect(stream.identify({ bytes })).toEqual({ id: 'a', time });
  });

  const unfit: [string, unknown][] = [
    ['no id', { timestamp: '2026-11-21T09:00:00Z' }],
    ['an empty id', record('')],
    ['an id that is a number', { ...record('a'), id: 1 }],
    ['no timestamp', { id: 'a' }],
    ['a timestamp without a zone', { ...record('a'), timestamp: '2026-11-21T09:00:00' }],
    ['an hour 24', { ...record('a'), timestamp: '2026-02-28T24:00:00Z' }],
    ['a date', { ...record('a'), timestamp: '2026-11-21' }],
    ['30 February', { ...record('a'), timestamp: '2026-02-30T09:00:00Z' }],
    ['a timestamp in seconds', { ...record('a'), timestamp: 1_795_000_000 }],
    ['null', null],
  ];
  it.each(unfit)('refuses a record with %s', async (_, value) => {
    const { stream } = await start(() => ({ body: { data: [value], next: null } }));
    expect((await failureOf(stream.fetchPage(hourAgo(), null, live()))).name).toBe('unexpected-answer');
    expect(() => stream.identify({ bytes: Buffer.from(JSON.stringify(value)) })).toThrow(UnexpectedAnswer);
  });

  it('refuses a record that is not JSON', async () => {
    const { stream } = await start(() => ({ body: END }));
    expect(() => stream.identify({ bytes: Buffer.from('{') })).toThrow(UnexpectedAnswer);
  });
});

function record(id: string): Record<string, unknown> {
  return { id, timestamp: '2026-11-21T09:00:00Z' };
}
