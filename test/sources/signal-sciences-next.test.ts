import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND, HOUR, floorTo } from '../../src/core/time.ts';
import type { Unavailable } from '../../src/core/failures.ts';
import { startScriptedVendor, type Reply, type Seen } from './scripted-vendor.ts';
import { END, FEED, hourAgo, start } from './signal-sciences.scripted.ts';
import { failureOf, live } from './window-source.contract.ts';

const linkTo = (uri: unknown): Reply => ({ body: { data: [], next: { uri } } });

/** A vendor whose first page has the link, and that answers the next page as told. */
const startAt = (link: unknown, next: (request: Seen) => Reply = () => ({ body: END })) =>
  start((request) => (request.url.includes('from=') && !request.url.includes('next=') ? linkTo(link) : next(request)));

const dateOf = (time: number): Record<string, string> => ({ date: new Date(time).toUTCString() });

const refusedAt = (date: number) => start(() => ({ status: 400, headers: dateOf(date) }));

describe('the next page', () => {
  it.each([
    ['AB%2BC%3D', 'AB+C='],
    ['AB+C=', 'AB+C='],
    ['AB%252BC', 'AB%2BC'],
    ['a%26limit%3D9', 'a&limit=9'],
    ['%C3%BC', 'ü'],
  ])('sends the value of ?next=%s as %s, in a form', async (written, meant) => {
    const { vendor, stream } = await startAt(`${FEED}?next=${written}`, (request) =>
      request.method === 'POST' ? { body: END } : linkTo(`${FEED}?next=${written}`),
    );
    const { next } = await stream.fetchPage(hourAgo(), null, live());
    await stream.fetchPage(hourAgo(), next, live());
    const { method, url, body, headers } = vendor.seen.at(-1) ?? {};
    expect(method).toBe('POST');
    expect(headers?.['content-type']).toBe('application/x-www-form-urlencoded');
    expect(url).toBe(`${FEED}?limit=1000`);
    expect([...new URLSearchParams(body)]).toEqual([['next', meant]]);
  });

  it('keeps what else the link holds in the URL', async () => {
    const { vendor, stream } = await start(() => ({ body: END }));
    await stream.fetchPage(hourAgo(), `${FEED}?tags=SQLI%2CXSS&next=A&limit=7`, live());
    expect(vendor.seen.at(-1)).toMatchObject({
      method: 'POST',
      url: `${FEED}?tags=SQLI%2CXSS&limit=7`,
      body: 'next=A',
    });
  });

  it.each([`${FEED}?cursor=A%2B`, `${FEED}?next=%ZZ`, `${FEED}?next=A&next=B`, `${FEED}?next=`])(
    'follows %s as it stands, as it has no value to send',
    async (link) => {
      const { vendor, stream } = await start(() => ({ body: END }));
      await stream.fetchPage(hourAgo(), link, live());
      expect(vendor.seen.at(-1)).toMatchObject({ method: 'GET', url: link });
    },
  );

  it.each([404, 405, 415])('goes by GET where a POST ends in %d, and remembers that', async (status) => {
    const { vendor, stream } = await start(({ method }) => (method === 'GET' ? { body: END } : { status }));
    await stream.fetchPage(hourAgo(), `${FEED}?next=A%2B`, live());
    await stream.fetchPage(hourAgo(), `${FEED}?next=B`, live());
    expect(vendor.seen.slice(1).map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST ${FEED}?limit=1000`,
      `GET ${FEED}?next=A%2B`,
      `GET ${FEED}?next=B`,
    ]);
  });

  it('does not take an expired link for a vendor that knows no POST', async () => {
    const { vendor, stream } = await start(() => ({ status: 404 }));
    expect((await failureOf(stream.fetchPage(hourAgo(), `${FEED}?next=A`, live()))).name).toBe('cursor-expired');
    await failureOf(stream.fetchPage(hourAgo(), `${FEED}?next=A`, live()));
    expect(vendor.seen.slice(1).map(({ method }) => method)).toEqual(['POST', 'GET', 'POST', 'GET']);
  });

  it('goes back to POST for a link that has become too long for a GET', async () => {
    let posts = false;
    const { vendor, stream } = await start(({ method, url }) => {
      if (method === 'POST') return posts ? { body: END } : { status: 405 };
      return url.length > 8_000 ? { status: 414 } : { body: END };
    });
    await stream.fetchPage(hourAgo(), `${FEED}?next=A`, live());
    posts = true;
    await stream.fetchPage(hourAgo(), `${FEED}?next=${'A'.repeat(20_000)}`, live());
    expect(vendor.seen.slice(1).map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'POST']);
  });

  it.each([
    [400, 'cursor-expired'],
    [404, 'cursor-expired'],
    [410, 'cursor-expired'],
    [422, 'cursor-expired'],
    [401, 'credentials-rejected'],
    [403, 'credentials-rejected'],
    [408, 'unavailable'],
    [429, 'rate-limited'],
    [500, 'unavailable'],
    [204, 'unexpected-answer'],
  ])('that ends in %d is %s', async (status, name) => {
    const { stream } = await start(() => ({ status, body: status === 204 ? '' : { message: 'no' } }));
    expect((await failureOf(stream.fetchPage(hourAgo(), `${FEED}?next=A`, live()))).name).toBe(name);
  });

  it('tells a busy vendor from a refused way: the cursor may still live', async () => {
    const { stream } = await start(({ method }) => ({ status: method === 'POST' ? 405 : 503 }));
    expect((await failureOf(stream.fetchPage(hourAgo(), `${FEED}?next=A`, live()))).name).toBe('unavailable');
  });

  it.each([
    ['an empty uri', { uri: '' }],
    ['a null uri', { uri: null }],
    ['an empty object', {}],
    ['null', null],
    ['nothing', undefined],
  ])('is not asked for after %s', async (_, next) => {
    const { stream } = await start(() => ({ body: { data: [], next } }));
    expect((await stream.fetchPage(hourAgo(), null, live())).next).toBeNull();
  });

  it.each([
    ['another site of the corp', '/api/v0/corps/testcorp/sites/other/feed/requests?next=A'],
    ['another corp', '/api/v0/corps/evil/sites/www.example.com/feed/requests?next=A'],
    ['the login', '/api/v0/auth?next=A'],
    ['a way around', `${FEED}/../../../../../auth?next=A`],
    ['an escaped way around', `${FEED}/%2e%2e/%2e%2e?next=A`],
    ['a deeper place', `${FEED}/x?next=A`],
  ])('is not asked of %s', async (_, link) => {
    const { vendor, stream } = await startAt(link);
    expect((await failureOf(stream.fetchPage(hourAgo(), null, live()))).name).toBe('refused-target');
    const sent = vendor.seen.length;
    expect((await failureOf(stream.fetchPage(hourAgo(), link, live()))).name).toBe('refused-target');
    expect(vendor.seen).toHaveLength(sent);
  });

  it.each(['http://HOST', '//HOST', 'http://user@HOST', '/\\HOST', 'http:\\\\HOST'])(
    'is never asked of another host (%s): not one connection is opened',
    async (form) => {
      const evil = await startScriptedVendor(() => ({ body: END }));
      try {
        const link = `${form.replace('HOST', new URL(evil.url).host)}${FEED}?next=A`;
        const { stream } = await startAt(link);
        expect((await failureOf(stream.fetchPage(hourAgo(), null, live()))).name).toBe('refused-target');
        expect((await failureOf(stream.fetchPage(hourAgo(), link, live()))).name).toBe('refused-target');
        expect(evil.connections()).toBe(0);
      } finally {
        await evil.close();
      }
    },
  );

  it('may be an address in full on the vendor’s own host', async () => {
    const { vendor, stream } = await start((request) => linkTo(`http://${request.headers.host}${FEED}?next=A`));
    expect((await stream.fetchPage(hourAgo(), null, live())).next).toBe(`${FEED}?next=A`);
    expect(vendor.seen).toHaveLength(2);
  });

  it('may be the same again: who walks the pages notices that it never ends', async () => {
    const { stream } = await start(() => linkTo(`${FEED}?next=A`));
    const { next } = await stream.fetchPage(hourAgo(), `${FEED}?next=A`, live());
    expect(next).toBe(`${FEED}?next=A`);
  });
});

describe('a full page', () => {
  const data = ['1', '2'].map((id) => ({ id, timestamp: '2026-11-21T09:00:00Z' }));
  it.each([
    ['{}', {}, true],
    ['null', null, true],
    ['nothing', undefined, true],
    ['a null uri', { uri: null }, true],
    ['the vendor’s word that it was the last', { uri: '' }, false],
  ])('with %s for next is noted: %s', async (_, next, noted) => {
    const { stream } = await start(() => ({ body: { data, next } }), { settings: { limit: 2 } });
    const page = await stream.fetchPage(hourAgo(), null, live());
    expect(page.records).toHaveLength(2);
    expect(page.note !== undefined).toBe(noted);
  });
});

describe('the vendor’s clock', () => {
  it('is learnt from the login, and decides which window has settled', async () => {
    const { source, stream, vendor } = await start(() => ({ body: END, headers: dateOf(Date.now() - 90 * SECOND) }), {
      login: () => ({ body: { token: 't' }, headers: dateOf(Date.now() - 90 * SECOND) }),
    });
    const { skew } = await source.authenticate(live());
    expect(Math.abs(skew + 90 * SECOND)).toBeLessThan(2 * SECOND);
    const until = floorTo(Date.now() - 5 * MINUTE, MINUTE);
    const sent = vendor.seen.length;
    const failure = await failureOf(stream.fetchPage({ from: until - MINUTE, until }, null, live()));
    expect(failure.name).toBe('unavailable');
    const wait = (failure as Unavailable).retryAfterMs ?? 0;
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(92 * SECOND);
    expect(vendor.seen).toHaveLength(sent);
  });

  it('is ours when they differ by a second, as its header counts seconds', async () => {
    const { source } = await start(() => ({ body: END }), {
      login: () => ({ body: { token: 't' }, headers: dateOf(Date.now() - SECOND) }),
    });
    expect(await source.authenticate(live())).toEqual({ skew: 0 });
  });

  it('is not the clock of a proxy in between', async () => {
    const { source, stream } = await start(() => ({
      status: 502,
      headers: { ...dateOf(0), 'content-type': 'text/html' },
      body: '<p>Bad gateway</p>',
    }));
    await failureOf(stream.fetchPage(hourAgo(), null, live()));
    expect(Math.abs(source.now() - Date.now())).toBeLessThan(2 * SECOND);
  });

  it('turns a refused window into a wait, when the vendor is behind us', async () => {
    const until = floorTo(Date.now() - 6 * MINUTE, MINUTE);
    const { stream } = await start(
      () => ({ status: 400, body: { message: 'until is too recent' }, headers: dateOf(until + 4 * MINUTE) }),
      { login: () => ({ body: { token: 't' }, headers: dateOf(Date.now()) }) },
    );
    const failure = await failureOf(stream.fetchPage({ from: until - MINUTE, until }, null, live()));
    expect(failure.name).toBe('unavailable');
    expect((failure as Unavailable).retryAfterMs).toBeGreaterThan(55 * SECOND);
  });

  it('turns a refused window into a loss, when the vendor is ahead of us', async () => {
    const from = floorTo(Date.now() - 24 * HOUR, MINUTE);
    const { stream } = await start(() => ({
      status: 400,
      body: { message: 'from is too old' },
      headers: dateOf(from + 24 * HOUR + 6 * MINUTE),
    }));
    const failure = await failureOf(stream.fetchPage({ from, until: from + MINUTE }, null, live()));
    expect(failure.name).toBe('retention-passed');
  });

  it('gives a refusal on the very bound the benefit of the doubt', async () => {
    const [from, until] = [floorTo(Date.now() - 24 * HOUR, MINUTE), floorTo(Date.now() - 6 * MINUTE, MINUTE)];
    const young = await refusedAt(until + 5 * MINUTE);
    const wait = await failureOf(young.stream.fetchPage({ from: until - MINUTE, until }, null, live()));
    expect(wait.name).toBe('unavailable');
    expect((wait as Unavailable).retryAfterMs).toBeLessThanOrEqual(2 * SECOND);
    const old = await refusedAt(from + 24 * HOUR + 5 * MINUTE - SECOND);
    const loss = await failureOf(old.stream.fetchPage({ from, until: from + MINUTE }, null, live()));
    expect(loss.name).toBe('retention-passed');
  });

  it('is not judged by a page that took a minute, and is ours again once ours was set right', async () => {
    let now = floorTo(Date.now(), SECOND);
    let vendorTime = now;
    const { source, stream } = await start(
      () => {
        const headers = dateOf(now);
        now += MINUTE;
        return { body: END, headers };
      },
      { clock: () => now, login: () => ({ body: { token: 't' }, headers: dateOf(vendorTime) }) },
    );
    await stream.fetchPage(hourAgo(), null, live());
    expect(source.now()).toBe(now);
    vendorTime = (now += 10 * MINUTE) - 90 * SECOND;
    expect(await source.authenticate(live())).toEqual({ skew: -90 * SECOND });
    vendorTime = (now += 10 * MINUTE) - SECOND;
    expect(await source.authenticate(live())).toEqual({ skew: 0 });
  });
});
