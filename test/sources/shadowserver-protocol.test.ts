import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { signatureOf } from '../../src/sources/shadowserver/keys.ts';
import {
  KEY,
  NOW,
  openSource,
  reportStream,
  SECRET,
  secretOf,
  start,
  DAY,
  item,
  FILE,
} from './shadowserver.scripted.ts';
import { everythingIn, failureOf, live } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

describe('a call', () => {
  it.each([
    ['{"apikey": "123456798"}', 'ddd569fcb5ca011e58a045945d9450700f46797560fa6eb384f485c1cb8124d4'],
    ['{"apikey":"123456798"}', '997b6d9abc1f85dde3f66d84da9cf2e76c02d7032fe51ce496456a6e921d6761'],
  ])('is signed over the very bytes of %s', (body, signature) => {
    expect(signatureOf(Buffer.from(body), 'MySecret')).toBe(signature);
  });

  it('is a POST of an object with the key in it, and of what was signed', async () => {
    const { source, vendor } = await start();
    await source.authenticate(live());
    const [seen] = vendor.seen;
    expect(seen).toMatchObject({ method: 'POST', url: '/api2/test/ping', body: JSON.stringify({ apikey: KEY }) });
    expect(seen?.headers['hmac2']).toBe(signatureOf(Buffer.from(seen?.body ?? ''), SECRET));
  });

  it('is signed with what the secrets are now, and sent once more where they have changed meanwhile', async () => {
    const { vendor } = await start();
    let read = 0;
    const rotating = secretOf('SHADOW_SECRET', () => {
      read += 1;
      return read > 2 ? SECRET : 'the old secret';
    });
    const auth = { apiKey: secretOf('SHADOW_KEY', () => KEY), secret: rotating };
    const source = openSource(`${vendor.url}/api2`, vendor.url, { settings: { auth } });
    await source.authenticate(live());
    expect(vendor.seen).toHaveLength(2);
    await source.close();
  });

  it('that is refused twice names both places of the secrets, and neither of them', async () => {
    const { source, vendor } = await start(() => ({ status: 401, body: { error: `wrong key ${KEY} or ${SECRET}` } }));
    const failure = await failureOf(source.authenticate(live()));
    expect(failure.name).toBe('credentials-rejected');
    expect(failure.message).toContain('${env:SHADOW_KEY}, ${env:SHADOW_SECRET}');
    expect(everythingIn(failure)).not.toContain('canary');
    expect(vendor.seen).toHaveLength(1);
  });

  it.each([
    [429, { 'retry-after': '7' }, 'rate-limited'],
    [503, {}, 'unavailable'],
    [504, {}, 'unavailable'],
    [403, {}, 'credentials-rejected'],
    [400, {}, 'unexpected-answer'],
    [302, { location: 'https://evil.example/' }, 'refused-target'],
  ] as const)('answered with %d is named', async (status, headers, name) => {
    const { source } = await start(() => ({ status, headers, body: { error: 'in the vendor’s words' } }));
    const failure = await failureOf(reportStream(source).list(DAY, live()));
    expect(failure.name).toBe(name);
    if (status !== 302) expect(failure.message).toContain('in the vendor’s words');
    if (status === 429) expect(failure).toMatchObject({ retryAfterMs: 7_000 });
    expect(everythingIn(failure)).not.toContain('canary');
  });

  it.each([
    ['an error with 200', { body: { error: 'internal error' } }, 'internal error'],
    ['a page in HTML', { body: '<html>later</html>', headers: { 'content-type': 'text/html' } }, 'not JSON'],
    ['no body at all', { body: '' }, 'not JSON'],
  ])('answered with %s is no success', async (_, reply, words) => {
    const { source } = await start(({ method }) => (method === 'reports/list' ? reply : undefined));
    const failure = await failureOf(reportStream(source).list(DAY, live()));
    expect(failure.name).toBe('unexpected-answer');
    expect(failure.message).toContain(words);
  });

  it('takes the comma at the end of a list that the vendor’s own sample has', async () => {
    const { source } = await start(({ method }) =>
      method === 'reports/subscribed' ? { body: '[\n  "united-states",\n  "california",\n]\n' } : undefined,
    );
    expect((await source.check(live())).join()).toContain('united-states, california');
  });

  it('waits as long as a heavy query takes, and no longer', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const source = openSource(url, url, { patience: { call: 300, silence: 200 } });
    const failure = await failureOf(reportStream(source).list(DAY, live()));
    expect(failure).toMatchObject({ name: 'unavailable' });
    await source.close();
    server.closeAllConnections();
    server.close();
  });
});

describe('the account', () => {
  it('tells the vendor’s clock by the header of its answers', async () => {
    const { source } = await start(() => undefined, { clock: () => Date.now() - 3_600_000 });
    const { skew } = await source.authenticate(live());
    expect(Math.abs(skew - 3_600_000)).toBeLessThan(3_000);
    expect(Math.abs(source.now() - Date.now())).toBeLessThan(3_000);
  });

  it('is proved by its subscriptions where there is no ping', async () => {
    const { source, calls } = await start(({ method }) =>
      method === 'test/ping' ? { status: 404, body: { error: 'no such method' } } : undefined,
    );
    await source.authenticate(live());
    expect(calls().map(({ method }) => method)).toEqual(['test/ping', 'reports/subscribed']);
  });

  it('that is subscribed to nothing is an alarm, and not a day without reports', async () => {
    const { source } = await start(({ method }) => (method === 'reports/subscribed' ? { body: [] } : undefined));
    const failure = await failureOf(reportStream(source).list(DAY, live()));
    expect(failure).toMatchObject({
      name: 'unexpected-answer',
      message: expect.stringContaining('subscribed to no list') as string,
    });
  });

  it('that is not subscribed to the list is one as well, where nothing is listed', async () => {
    const settings = { reports: { lists: ['oregon'], types: 'all' } } as const;
    const { source } = await start(() => undefined, { settings });
    const failure = await failureOf(reportStream(source, 'oregon').list(DAY, live()));
    expect(failure.message).toContain('not subscribed to `oregon`, but to `united-states`, `california`');
    const listed = await start(
      ({ method }) => (method === 'reports/list' ? { body: [item(FILE, { report: 'oregon' })] } : undefined),
      { settings },
    );
    expect(await reportStream(listed.source, 'oregon').list(DAY, live())).toHaveLength(1);
  });

  it('is asked for its subscriptions once an hour', async () => {
    let now = NOW;
    const { source, calls } = await start(() => undefined, { clock: () => now });
    const list = (): Promise<unknown> => reportStream(source).list(DAY, live());
    await list();
    await list();
    expect(calls('reports/subscribed')).toHaveLength(1);
    now += 3_600_000;
    await list();
    expect(calls('reports/subscribed')).toHaveLength(2);
  });

  it('is shown to a person, but for what is secret', async () => {
    const { source, downloads } = await start(({ method }) =>
      method === 'key/info'
        ? { body: { key: KEY, status: 'active', query_limit: 10_000, query_count: 17, owner: 'somebody' } }
        : undefined,
    );
    const lines = await source.check(live());
    expect(lines[0]).toBe('key: ok, status active, query limit 10000, query count 17');
    expect(lines[1]).toBe('subscribed to: united-states, california');
    expect(lines[2]).toMatch(/^united-states: ok, 0 files of \d{4}-\d\d-\d\d$/);
    expect(lines.join()).not.toMatch(/canary|somebody/);
    expect(downloads).toEqual([]);
  });
});
