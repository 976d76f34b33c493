import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RefusedTarget } from '../../src/core/failures.ts';
import { createHttp, type Http } from '../../src/http/client.ts';
import { web, type Listener } from './servers.ts';

const TOKEN = 'tok-5f9c8a1b2c3d';
let home: Listener;
let evil: Listener;
let http: Http;
const seen: string[] = [];

beforeAll(async () => {
  home = await web((request, response) => {
    seen.push(request.url ?? '');
    response.end('{}');
  });
  evil = await web((_, response) => response.end('{}'));
  http = createHttp({ baseUrl: `http://127.0.0.1:${home.port}/api`, connections: 2 });
});

afterAll(async () => {
  await http.close();
  await Promise.all([home.close(), evil.close()]);
});

/** What a client does with a next link, `H` and `E` standing for our host and port and the evil one's. */
async function walk(link: string): Promise<void> {
  const next = link
    .replaceAll('{H}', `127.0.0.1:${home.port}`)
    .replaceAll('{E}', `127.0.0.1:${evil.port}`)
    .replaceAll('{P}', `${evil.port}`);
  const path = http.follow(next);
  const headers = { authorization: `Bearer ${TOKEN}` };
  await http.request({ method: 'GET', path, headers, signal: AbortSignal.timeout(5_000) });
}

const refused: readonly string[] = [
  'http://{E}/api/x',
  'https://{E}/api/x',
  '//{E}/api/x',
  '///{E}/api/x',
  '////{E}/api/x',
  '\\\\{E}\\api\\x',
  '/\\{E}/api/x',
  '\\/{E}/api/x',
  '/\t/{E}/api/x',
  '/\n/{E}/api/x',
  '\thttp://{E}/api/x',
  ' http://{E}/api/x',
  '\u0000http://{E}/api/x',
  'ht\ntp://{E}/api/x',
  'http:\\\\{E}\\api\\x',
  'http:///{E}/api/x',
  'http:/{E}/api/x',
  'http://user@{E}/api/x',
  'http://{H}@{E}/api/x',
  'http://{H}:pw@{E}/api/x',
  'http://user:pw@{H}/api/x',
  'http://@{H}/api/x',
  '//user@{H}/api/x',
  'http://{H}#@{E}/api/x',
  'http://{H}\\@{E}/api/x',
  'http://127.0.0.1:{P}/api/x',
  'http://localhost:{P}/api/x',
  'http://127.1:{P}/api/x',
  'http://2130706433:{P}/api/x',
  'http://0x7f000001:{P}/api/x',
  'http://0177.0.0.1:{P}/api/x',
  'http://[::ffff:127.0.0.1]:{P}/api/x',
  'http://[::1]:{P}/api/x',
  'http://0:{P}/api/x',
  'http://127.0.0.1.:{P}/api/x',
  'http://１２７.0.0.1:{P}/api/x',
  'https://{H}/api/x',
  'ws://{H}/api/x',
  'blob:http://{H}/api/x',
  'ftp://{E}/api/x',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'data:application/json,{}',
  '/admin',
  '/',
  '/apix',
  '/api/../admin',
  '/api/%2e%2e/admin',
  '/api/.%2E/admin',
  '/api/..%2fadmin',
  '/api/x%5c..%5cadmin',
  '/api//{E}/x',
  '../admin',
  '/api/x y',
  '/api/x\u0085',
  '/api/x\u2028',
  '/api/x HTTP/1.1\r\nHost: {E}\r\n\r\n',
  '',
  'http://',
  `/api/x?next=${'x'.repeat(65 * 1024)}`,
  `/api/x?next=${'é'.repeat(20_000)}`,
];

describe('a next link', () => {
  it.each(refused)('is refused, and nothing sent: %j', async (link) => {
    const before = seen.length;
    await expect(walk(link)).rejects.toBeInstanceOf(RefusedTarget);
    expect(evil.accepted()).toBe(0);
    expect(seen).toHaveLength(before);
  });

  it.each([
    ['/api/x?next=AB%2BC%3D', '/api/x?next=AB%2BC%3D'],
    ['http://{H}/api/x?next=1', '/api/x?next=1'],
    ['HTTP://{H}/api/x', '/api/x'],
    ['//{H}/api/x', '/api/x'],
    ['http://2130706433:{h}/api/x', '/api/x'],
    ['/api', '/api/'],
    ['x?next=1', '/api/x?next=1'],
    ['?next=1', '/api/?next=1'],
    ['/api/x#part', '/api/x'],
    ['/api/a/../b', '/api/b'],
    ['/api/sites/a%2Fb/feed', '/api/sites/a%2Fb/feed'],
    ['/api/x?to=http://{E}/', undefined],
    ['@{E}/x', undefined],
    ['.evil.example/x', '/api/.evil.example/x'],
    [`/api/x?next=${'A'.repeat(15_000)}`, `/api/x?next=${'A'.repeat(15_000)}`],
  ])('that stays at home is followed there: %s', async (link, path) => {
    await walk(link.replace('{h}', `${home.port}`));
    if (path !== undefined) expect(seen.at(-1)).toBe(path);
    expect(seen.at(-1)).toMatch(/^\/api\//);
    expect(evil.accepted()).toBe(0);
  });

  it('of 60,000 characters is followed: the vendor decides what is too long', () => {
    expect(http.follow(`/api/x?next=${'A'.repeat(60_000)}`)).toHaveLength(60_000 + 8);
  });

  it('shows at most its origin in the refusal', () => {
    expect(() => http.follow('https://evil.example/api?token=abcdefgh')).toThrow(
      `the next link leads to https://evil.example, not to http://127.0.0.1:${home.port}`,
    );
  });
});

describe('a path', () => {
  it.each([
    '@{E}/x',
    '.evil.example/x',
    'x',
    '',
    '/../admin',
    '/%2e%2e/admin',
    '//{E}/x',
    '/\\{E}/x',
    '/x\r\nHost: evil',
  ])('that leads out of the base URL is refused, whoever made it: %j', async (path) => {
    const sent = http.request({
      method: 'GET',
      path: path.replace('{E}', `127.0.0.1:${evil.port}`),
      signal: AbortSignal.timeout(5_000),
    });
    await expect(sent).rejects.toBeInstanceOf(RefusedTarget);
    expect(evil.accepted()).toBe(0);
  });
});

describe('a base URL', () => {
  it.each([
    'api.example.com',
    'ftp://api.example.com',
    'https://me:pass1@api.example.com',
    'https://api.example.com/?a=1',
    'https://x/#a',
  ])('is refused before anything is built: %s', (baseUrl) => {
    expect(() => createHttp({ baseUrl, connections: 1 })).toThrow(/^baseUrl (?!.*pass1)/);
  });

  it('may end in a slash or not', () => {
    for (const baseUrl of [
      'https://api.example.com/v0',
      'https://api.example.com/v0/',
      'https://API.example.com:443/v0',
    ]) {
      expect(createHttp({ baseUrl, connections: 1 }).follow('https://api.example.com/v0/a?b=c')).toBe('/a?b=c');
    }
  });
});
