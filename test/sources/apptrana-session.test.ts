import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/core/time.ts';
import { redact } from '../../src/http/redaction.ts';
import type { Reply, Seen } from './scripted-vendor.ts';
import {
  answer,
  API_ID,
  authBy,
  BASE,
  fiveMinutes,
  KEY,
  REDIRECT,
  start,
  TOKEN,
  tokenAnswer,
  type Asked,
  type Options,
} from './apptrana.scripted.ts';
import { everythingIn, failureOf, live } from './window-source.contract.ts';

const NOTHING: Reply = { body: answer([]) };
const form = (seen: Seen | undefined): unknown => Object.fromEntries(new URLSearchParams(seen?.body));
const bearer = ({ seen }: Asked): string | undefined => seen.headers.authorization;

const leadingTo = (location: string, status = 302): Reply => ({ status, headers: { location } });
const CODE = 'code-canary-71c0/+=';

/** A vendor that hands out codes good for one use. */
function byCode(options: Options = {}): Options {
  let codes = 0;
  return {
    settings: { auth: authBy('authorization_code') },
    authorize: () => leadingTo(`${REDIRECT}&code=${encodeURIComponent(`${CODE}${(codes += 1)}`)}`),
    ...options,
  };
}

describe('a token', () => {
  it('is asked for by client credentials, and goes with each request', async () => {
    const { source, stream, logins, asked } = await start(() => NOTHING);
    const before = Date.now();
    const { until = 0 } = await source.authenticate(live());
    expect(until).toBeGreaterThanOrEqual(before + 86_400 * SECOND);
    expect(until).toBeLessThanOrEqual(Date.now() + 86_400 * SECOND);
    await stream.fetchPage(fiveMinutes(), null, live());
    expect(logins()).toHaveLength(1);
    expect(logins()[0]).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(form(logins()[0])).toEqual({ client_id: API_ID, client_secret: KEY, grant_type: 'client_credentials' });
    expect(new Set(asked().map(bearer))).toEqual(new Set([`Bearer ${TOKEN}-1`]));
  });

  it('is asked for by HTTP Basic with an empty form', async () => {
    const { source, logins } = await start(() => NOTHING, { settings: { auth: authBy('basic') } });
    await source.authenticate(live());
    expect(logins()[0]?.body).toBe('');
    const [kind, pair = ''] = logins()[0]?.headers.authorization?.split(' ') ?? [];
    expect([kind, Buffer.from(pair, 'base64').toString('utf8')]).toEqual(['Basic', `${API_ID}:${KEY}`]);
    expect(redact(`sent ${pair}`)).toBe('sent [redacted]');
  });

  it.each([
    ['Authorization', [true, false]],
    ['Authorisation', [false, true]],
    ['both', [true, true]],
  ] as const)('goes in the header %s', async (header, there) => {
    const { stream, asked } = await start(() => NOTHING, { settings: { header } });
    await stream.fetchPage(fiveMinutes(), null, live());
    const headers = asked()[0]?.seen.headers ?? {};
    const expected = there.map((sent) => (sent ? `Bearer ${TOKEN}-1` : undefined));
    expect([headers.authorization, headers['authorisation']]).toEqual(expected);
  });

  it('says which other header there is when a fresh one is refused', async () => {
    const { stream, logins } = await start(({ seen }) =>
      'authorisation' in seen.headers ? NOTHING : { status: 401, body: { errorMessages: ['Unauthorised'] } },
    );
    const failure = await failureOf(stream.fetchPage(fiveMinutes(), null, live()));
    expect(failure.name).toBe('credentials-rejected');
    expect(failure.message).toContain('`header: Authorization`');
    expect(failure.message).toContain('${env:APPTRANA_KEY}');
    expect(logins()).toHaveLength(2);
  });

  it('that ends in the middle of ten parallel windows is renewed exactly once', async () => {
    let ended = false;
    let served = 0;
    const { stream, logins } = await start((asked) => {
      if ((served += 1) > 7) ended = true;
      return ended && bearer(asked) === `Bearer ${TOKEN}-1` ? { status: 401 } : NOTHING;
    });
    const { from } = fiveMinutes();
    const windows = Array.from({ length: 10 }, (_, i) => ({
      from: from - i * 5 * MINUTE,
      until: from - (i - 1) * 5 * MINUTE,
    }));
    await Promise.all(windows.map((window) => stream.fetchPage(window, null, live())));
    expect(logins()).toHaveLength(2);
  });

  it('is renewed at four fifths of its life, before anybody is refused', async () => {
    let now = Date.now();
    const { stream, logins, asked } = await start(() => NOTHING, { clock: () => now });
    const window = fiveMinutes();
    await stream.fetchPage(window, null, live());
    now += 0.79 * 86_400 * SECOND;
    await stream.fetchPage(window, null, live());
    expect(logins()).toHaveLength(1);
    now += 0.02 * 86_400 * SECOND;
    await stream.fetchPage(window, null, live());
    expect(logins()).toHaveLength(2);
    expect(asked().map(bearer).at(-1)).toBe(`Bearer ${TOKEN}-2`);
  });

  it('may come again with what is left of its life, and is good until it ends', async () => {
    const [begun, life] = [Date.now(), 86_400 * SECOND];
    let now = begun;
    const token = (): string => `${TOKEN}-${now < begun + life ? 'old' : 'new'}`;
    const { stream, logins } = await start(
      (asked) => (bearer(asked) === `Bearer ${token()}` ? NOTHING : { status: 401 }),
      {
        clock: () => now,
        login: () => ({ body: tokenAnswer(token(), String(Math.ceil((begun + life - now) / SECOND) || 86_400)) }),
      },
    );
    const window = fiveMinutes();
    for (const share of [0, 0.5, 0.81, 0.9, 0.97, 1]) {
      now = begun + share * life;
      await stream.fetchPage(window, null, live());
    }
    expect(logins()).toHaveLength(4);
  });

  it('that is refused and comes again all the same is left to a person', async () => {
    const { stream, logins, asked } = await start(() => ({ status: 401 }), {
      login: () => ({ body: tokenAnswer(TOKEN, 86_288) }),
    });
    expect((await failureOf(stream.fetchPage(fiveMinutes(), null, live()))).name).toBe('credentials-rejected');
    expect([logins().length, asked().length]).toEqual([2, 2]);
  });

  it.each([
    [undefined, false],
    [null, false],
    ['3600', true],
    [3600.5, true],
    [1e300, true],
  ])('whose expires_in is %s is good', async (life, ends) => {
    const { source } = await start(() => NOTHING, {
      login: () => ({ body: { ...tokenAnswer(TOKEN), expires_in: life } }),
    });
    const { until } = await source.authenticate(live());
    expect(until !== undefined).toBe(ends);
    if (until !== undefined) expect(() => new Date(until).toISOString()).not.toThrow();
  });
});

describe('an authorisation code', () => {
  it('is taken from the redirection, which is not followed, and sent once', async () => {
    const { source, vendor, logins } = await start(() => NOTHING, byCode());
    await source.authenticate(live());
    expect(vendor.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${BASE}/siem/v1/authorize?client_id=${API_ID}`,
      `POST ${BASE}/siem/v1/getAuthToken`,
    ]);
    expect(vendor.seen[0]?.headers['content-type']).toBe('application/json');
    expect(form(logins()[0])).toEqual({ client_id: API_ID, client_secret: KEY, code: `${CODE}1` });
  });

  it.each([
    ['under another name', `${REDIRECT}&authCode=${CODE}`, CODE],
    ['beside other parameters', `${REDIRECT}&state=x&code=abc&scope=y`, 'abc'],
    ['with a plus that was not escaped', `${REDIRECT}&code=a+b`, 'a+b'],
    ['without the parameters that were configured', 'https://siem.example.com/callback?code=abc', 'abc'],
    ['with the port spelt out', 'https://siem.example.com:443/callback?tenant=7&code=abc', 'abc'],
  ])('may come %s', async (_, location, code) => {
    const { source, logins } = await start(() => NOTHING, byCode({ authorize: () => leadingTo(location, 303) }));
    await source.authenticate(live());
    expect(form(logins()[0])).toMatchObject({ code });
  });

  it('is told from a parameter of that name in the configured URL', async () => {
    const redirectUrl = 'https://siem.example.com/?code=configured';
    const { source, logins } = await start(() => NOTHING, {
      settings: { auth: { ...authBy('authorization_code'), grant: 'authorization_code', redirectUrl } },
      authorize: () => leadingTo(`${redirectUrl}&code=abc`),
    });
    await source.authenticate(live());
    expect(form(logins()[0])).toMatchObject({ code: 'abc' });
  });

  const wrong: [string, Reply, string][] = [
    ['another host', leadingTo(`https://evil.example.com/callback?code=${CODE}`), 'refused-target'],
    ['another path', leadingTo(`https://siem.example.com/other?code=${CODE}`), 'refused-target'],
    ['plain http', leadingTo(`http://siem.example.com/callback?code=${CODE}`), 'refused-target'],
    ['a page of its own', leadingTo(`${BASE}/login?code=${CODE}`), 'refused-target'],
    ['no code', leadingTo(REDIRECT), 'unexpected-answer'],
    ['an empty code', leadingTo(`${REDIRECT}&code=`), 'unexpected-answer'],
    ['two codes', leadingTo(`${REDIRECT}&code=${CODE}&code=b`), 'unexpected-answer'],
    ['two parameters and no code', leadingTo(`${REDIRECT}&x=${CODE}&y=b`), 'unexpected-answer'],
    ['an error', leadingTo(`${REDIRECT}&error=access_denied`), 'credentials-rejected'],
    ['nowhere', { status: 302 }, 'unexpected-answer'],
    ['a code in the body', { body: { code: CODE } }, 'unexpected-answer'],
    ['401', { status: 401, body: { errorMessages: ['Unauthorised'] } }, 'credentials-rejected'],
    ['500', { status: 500 }, 'unavailable'],
    ['429', { status: 429 }, 'rate-limited'],
    ['400', { status: 400, body: { errorMessages: ['no such client'] } }, 'unexpected-answer'],
  ];
  it.each(wrong)('is not had from an authorisation that ends in %s', async (_, reply, name) => {
    const { source, logins } = await start(() => NOTHING, byCode({ authorize: () => reply }));
    const failure = await failureOf(source.authenticate(live()));
    expect(failure.name).toBe(name);
    expect(everythingIn(failure)).not.toContain('canary');
    expect(failure).not.toHaveProperty('body', expect.anything());
    expect(logins()).toHaveLength(0);
  });

  it('is never sent twice, whatever became of it', async () => {
    const replies: Reply[] = [
      { status: 500 },
      { status: 401, body: { errorMessages: ['Unauthorised'] } },
      { status: 200, body: '<p>', headers: { 'content-type': 'text/html' } },
      { status: 200, body: tokenAnswer('') },
      { status: 200, body: tokenAnswer(TOKEN) },
    ];
    const { source, stream, logins } = await start(() => NOTHING, byCode({ login: () => replies.shift() ?? {} }));
    const names = [];
    for (let i = 0; i < 4; i += 1) names.push((await failureOf(source.authenticate(live()))).name);
    expect(names).toEqual(['unavailable', 'credentials-rejected', 'unexpected-answer', 'unexpected-answer']);
    await stream.fetchPage(fiveMinutes(), null, live());
    const codes = logins().map(({ body }) => new URLSearchParams(body).get('code'));
    expect(codes).toEqual([1, 2, 3, 4, 5].map((i) => `${CODE}${i}`));
  });

  it('is asked for anew when the token was refused, once for all who wait', async () => {
    const options = byCode();
    const { stream, vendor, logins } = await start(
      (asked) => (bearer(asked) === `Bearer ${TOKEN}-1` ? { status: 401 } : NOTHING),
      options,
    );
    await Promise.all(Array.from({ length: 10 }, () => stream.fetchPage(fiveMinutes(), null, live())));
    expect(logins().map(form)).toMatchObject([{ code: `${CODE}1` }, { code: `${CODE}2` }]);
    expect(vendor.seen.filter(({ url }) => url.includes('/authorize'))).toHaveLength(2);
  });
});

describe('a login', () => {
  const refusals: [string, Reply, string][] = [
    ['401', { status: 401, body: { errorMessages: [`Unauthorised ${KEY}`] } }, 'credentials-rejected'],
    ['403', { status: 403, body: { errorMessages: ['address'] } }, 'credentials-rejected'],
    ['429', { status: 429, headers: { 'retry-after': '7' } }, 'rate-limited'],
    ['503', { status: 503, body: '<p>', headers: { 'content-type': 'text/html' } }, 'unavailable'],
    ['400', { status: 400, body: { errorMessages: ['code is missing'] } }, 'unexpected-answer'],
    ['302', leadingTo('https://tas.indusface.com/login'), 'refused-target'],
    ['no token', { body: { token: TOKEN } }, 'unexpected-answer'],
    ['an empty token', { body: tokenAnswer('') }, 'unexpected-answer'],
    ['a token that is a number', { body: { access_token: 5 } }, 'unexpected-answer'],
    ['a token with a line break', { body: tokenAnswer(`${TOKEN}\r\nx: y`) }, 'unexpected-answer'],
    ['a token of another type', { body: { ...tokenAnswer(TOKEN), token_type: 'mac' } }, 'unexpected-answer'],
    ['a token without a life', { body: tokenAnswer(TOKEN, 0) }, 'unexpected-answer'],
    ['a token whose life is no number', { body: tokenAnswer(TOKEN, 'a day') }, 'unexpected-answer'],
    ['an error and a token', { body: { ...tokenAnswer(TOKEN), errorMessages: ['no'] } }, 'unexpected-answer'],
    ['half an answer', { body: `{"access_token":"${TOKEN}"` }, 'unexpected-answer'],
    ['a page for people', { body: `<p>${TOKEN}</p>`, headers: { 'content-type': 'text/html' } }, 'unexpected-answer'],
  ];
  it.each(refusals)('that ends in %s is a failure by name, without the Key or a token', async (_, reply, name) => {
    for (const grant of ['client_credentials', 'basic'] as const) {
      const { source } = await start(() => NOTHING, { settings: { auth: authBy(grant) }, login: () => reply });
      const failure = await failureOf(source.authenticate(live()));
      expect(failure.name).toBe(name);
      expect(everythingIn(failure)).not.toContain('canary');
      expect(failure).not.toHaveProperty('body', expect.anything());
    }
  });

  it('takes a type that is spelt otherwise, or none', async () => {
    for (const token_type of ['bearer', 'BEARER', null, undefined]) {
      const { source } = await start(() => NOTHING, { login: () => ({ body: { ...tokenAnswer(TOKEN), token_type } }) });
      expect((await source.authenticate(live())).skew).toBe(0);
    }
  });

  it('asks whether the grant is right where the vendor does not understand it', async () => {
    const { source } = await start(() => NOTHING, { login: () => ({ status: 400 }) });
    expect((await failureOf(source.authenticate(live()))).message).toContain('`auth.grant`');
  });

  it('says when the Key cannot be read, by its place', async () => {
    const auth = authBy('client_credentials', () => {
      throw new Error('no such variable');
    });
    const { source, vendor } = await start(() => NOTHING, { settings: { auth } });
    const failure = await failureOf(source.authenticate(live()));
    expect(failure.name).toBe('credentials-rejected');
    expect(failure.message).toContain('${env:APPTRANA_KEY}');
    expect(vendor.seen).toEqual([]);
  });
});
