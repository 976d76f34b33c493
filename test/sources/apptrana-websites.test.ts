import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/core/time.ts';
import type { Reply } from './scripted-vendor.ts';
import { answer, API_ID, attack, BASE, SITE, start, within, type Options } from './apptrana.scripted.ts';
import { everythingIn, failureOf, live } from './window-source.contract.ts';

const NOTHING: Reply = { body: answer([]) };
const listing = (body: unknown, more: Options = {}) => start(() => NOTHING, { websites: () => ({ body }), ...more });

describe('discovering', () => {
  const names = ['a.example.com', 'b.example.com'];
  it.each([
    ['names', names],
    ['names in a member', { websites: names }],
    ['names deep in the answer', { messages: ['OK'], result: { page: 1, websites: [' b.example.com ', names[0]] } }],
    ['objects with a websiteName', { data: [{ id: 1, websiteName: names[1] }, { websiteName: ` ${names[0]} ` }] }],
    ['objects with a name', { successMessage: 'Success', data: names.map((name) => ({ name, active: true })) }],
    ['objects with a domain', [{ domain: names[0] }, { domain: names[1] }, { domain: names[1] }]],
    ['objects in another case', { Sites: names.map((Website_Name) => ({ Website_Name })) }],
    ['names beside other lists', { roles: ['admin'], result: { websites: names } }],
  ])('finds the websites in %s', async (_, body) => {
    const { source, vendor } = await listing(body);
    expect(await source.discover?.(live())).toEqual([{ about: 'websites', setting: 'websites', entries: names }]);
    const { method, url, headers } = vendor.seen.at(-1) ?? {};
    expect(`${method} ${url}`).toBe(`GET ${BASE}/v2/website/get-websites`);
    expect(headers?.authorization).toMatch(/^Bearer /);
  });

  it('finds none in an empty list', async () => {
    const { source } = await listing({ data: [] });
    expect((await source.discover?.(live()))?.[0]?.entries).toEqual([]);
  });

  it.each<[string, Reply, string]>([
    ['no list', { body: { successMessage: 'Success' } }, 'unexpected-answer'],
    ['a list of numbers', { body: { data: [1, 2] } }, 'unexpected-answer'],
    ['a list of things without names', { body: { data: [{ id: 1 }] } }, 'unexpected-answer'],
    ['errors only', { body: { errorMessages: ['Unauthorised'] } }, 'unexpected-answer'],
    ['text', { body: '"www.example.com"' }, 'unexpected-answer'],
    ['half an answer', { body: '["a.example.com"' }, 'unexpected-answer'],
    ['a page for people', { body: '<p>', headers: { 'content-type': 'text/html' } }, 'unexpected-answer'],
    ['404', { status: 404 }, 'unexpected-answer'],
    ['401', { status: 401 }, 'credentials-rejected'],
    ['403', { status: 403 }, 'credentials-rejected'],
    ['500', { status: 500 }, 'unavailable'],
  ])('fails by name for %s', async (_, reply, name) => {
    const { source } = await start(() => NOTHING, { websites: () => reply });
    const failure = await failureOf(source.discover?.(live()) ?? Promise.resolve());
    expect(failure.name).toBe(name);
    expect(everythingIn(failure)).not.toContain('canary');
  });
});

describe('a review', () => {
  it('complains of websites that the account does not have, with those that it has', async () => {
    const known = ['www.example.com', 'shop.example.com'];
    const { source } = await listing(known, {
      settings: { websites: ['WWW.example.com', 'shop.example.org', 'shop.example.com'] },
    });
    expect(await source.review?.(live())).toEqual([
      {
        path: ['websites', 1],
        message: 'the account has no website `shop.example.org`',
        known: known.toSorted(),
      },
    ]);
  });

  it('asks for no list where no website is configured, but for a login', async () => {
    const { source, vendor } = await listing([], { settings: { websites: [] } });
    expect(await source.review?.(live())).toEqual([]);
    expect(vendor.seen.map(({ url }) => url)).toEqual([`${BASE}/siem/v1/getAuthToken`]);
  });
});

describe('a check', () => {
  it('asks for one settled minute of each stream, and tells what is in it', async () => {
    const { source, asked } = await start(
      (request) => {
        const five = [1, 2, 3, 4, 5].map((i) => attack(request.from + i, { category: `Category \u001b[31m ${i}` }));
        return { body: answer(within(five, request), request.website) };
      },
      { settings: { websites: [SITE, 'b.example.com'] } },
    );
    const lines = await source.check(live());
    expect(lines[0]).toMatch(`login: ok, as ${API_ID} by client_credentials, the token ends 20`);
    expect(lines[1]).toMatch(/^www\.example\.com: ok, 5 attacks in \[.*\), such as .*Category .* 3 \(Log\)$/);
    expect(lines[2]).toMatch(/^b\.example\.com: ok, 5 attacks/);
    expect(lines.join()).not.toContain('\u001b');
    expect(lines.join()).not.toContain('canary');
    expect(asked().map(({ from, until, website }) => [until - from, website])).toEqual([
      [MINUTE + 1, SITE],
      [MINUTE + 1, 'b.example.com'],
    ]);
    const settled = Date.now() - 10 * MINUTE;
    for (const { until } of asked()) expect(until).toBeLessThanOrEqual(settled);
  });
});
