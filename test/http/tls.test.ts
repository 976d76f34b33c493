import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Secret } from '../../src/core/contract.ts';
import { createHttp, type Http, type HttpResponse } from '../../src/http/client.ts';
import { connectProxy, makeCertificates, raw, secureWeb, silent, type Certificates } from './servers.ts';

const made = makeCertificates();
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

function kept<T extends { close(): Promise<void> }>(one: T): T {
  open.push(one);
  return one;
}

async function vendor(options: ServerOptions): Promise<number> {
  const server = await secureWeb(options, (_, response) => response.end('{"ok":true}'));
  return kept(server).port;
}

function client(port: number, more: { ca?: string; proxy?: Secret } = {}, host = '127.0.0.1'): Http {
  return kept(createHttp({ baseUrl: `https://${host}:${port}`, connections: 1, ...more }));
}

const get = (http: Http): Promise<HttpResponse> =>
  http.request({
    method: 'GET',
    path: '/feed',
    headers: { 'x-api-token': 't0ken' },
    signal: AbortSignal.timeout(10_000),
  });

const secret = (value: () => string): Secret => ({ place: '${env:PROXY}', reveal: value });

function withEnvironment(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  open.push({
    async close() {
      if (before === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before;
    },
  });
}

// The certificates of these tests need the openssl command.
describe.skipIf(made === undefined)('TLS', () => {
  const { ca, good, expired, wrongHost, selfSigned } =
    made ?? ({ good: {}, expired: {}, wrongHost: {}, selfSigned: {} } as Certificates);

  it('trusts a private authority that the user named, by address and by name', async () => {
    const port = await vendor(good);
    expect((await get(client(port, { ca }))).status).toBe(200);
    expect((await get(client(port, { ca }, 'localhost'))).status).toBe(200);
  });

  it('still trusts NODE_EXTRA_CA_CERTS when the user names another authority', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-extra-'));
    writeFileSync(join(folder, 'extra.pem'), ca);
    withEnvironment('NODE_EXTRA_CA_CERTS', join(folder, 'extra.pem'));
    const port = await vendor(good);
    expect((await get(client(port, { ca: selfSigned.cert }))).status).toBe(200);
    rmSync(folder, { recursive: true });
  });

  it('goes on without a NODE_EXTRA_CA_CERTS that is not there, as Node does', async () => {
    withEnvironment('NODE_EXTRA_CA_CERTS', '/nowhere/extra.pem');
    expect((await get(client(await vendor(good), { ca }))).status).toBe(200);
  });

  it.each<[string, ServerOptions, string | undefined, RegExp]>([
    [
      'a private authority that nobody named',
      good,
      undefined,
      /UNABLE_TO_VERIFY_LEAF_SIGNATURE\); .*name it under `ca`/,
    ],
    ['a certificate signed by itself', selfSigned, ca, /DEPTH_ZERO_SELF_SIGNED_CERT/],
    ['a certificate that ended', expired, ca, /certificate has expired \(CERT_HAS_EXPIRED\)/],
    ["another host's certificate", wrongHost, ca, /ERR_TLS_CERT_ALTNAME_INVALID/],
    [
      'nothing newer than TLS 1.1',
      { ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      ca,
      /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|ECONNRESET/,
    ],
  ])('sends nothing to a vendor with %s', async (_, options, ca, message) => {
    let requests = 0;
    const server = kept(
      await secureWeb(options, (_, response) => {
        requests += 1;
        response.end();
      }),
    );
    await expect(get(client(server.port, ca === undefined ? {} : { ca }))).rejects.toMatchObject({
      name: 'unavailable',
      message: expect.stringMatching(message) as string,
    });
    expect(requests).toBe(0);
  });

  it('cannot be switched off by the environment, before or after', async () => {
    const http = client(await vendor(good));
    withEnvironment('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    await expect(get(http)).rejects.toMatchObject({ name: 'unavailable' });
    expect(() => createHttp({ baseUrl: 'https://api.example.com', connections: 1 })).toThrow(
      /NODE_TLS_REJECT_UNAUTHORIZED=0 .*unset it/,
    );
  });

  it('refuses a `ca` that holds no certificate, before any request', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    expect(() => client(443, { ca: 'not PEM' })).toThrow('ca holds no certificate in PEM form');
    expect(() => client(443, { ca: `${ca}${broken}` })).toThrow('ca: certificate 2 of 2 cannot be read');
  });

  describe('by way of a proxy', () => {
    it('goes through with the credentials of its URL, and verifies the vendor', async () => {
      const port = await vendor(good);
      const proxy = kept(await connectProxy(() => 'me:p@ss/word'));
      const address = secret(() => `http://me:p%40ss%2Fword@127.0.0.1:${proxy.port}`);
      expect((await get(client(port, { ca, proxy: address }))).status).toBe(200);
      expect(proxy.targets).toEqual([`127.0.0.1:${port}`]);
      await expect(get(client(port, { proxy: address }))).rejects.toMatchObject({ name: 'unavailable' });
      const other = await vendor(wrongHost);
      await expect(get(client(other, { ca, proxy: address }))).rejects.toThrow(/ALTNAME_INVALID|UND_ERR_PRX_TLS/);
    });

    it('tells other credentials from a proxy that is down, and never shows the password', async () => {
      const port = await vendor(good);
      const proxy = kept(await connectProxy(() => 'me:right-one'));
      const wrong = get(client(port, { ca, proxy: secret(() => `http://me:wr0ng-one@127.0.0.1:${proxy.port}`) }));
      await expect(wrong).rejects.toMatchObject({
        name: 'credentials-rejected',
        place: '${env:PROXY}',
        message: 'GET /feed: the proxy wants other credentials (status 407) (secret: ${env:PROXY})',
      });
      await proxy.close();
      open.splice(open.indexOf(proxy), 1);
      const down = get(client(port, { ca, proxy: secret(() => `http://me:wr0ng-one@127.0.0.1:${proxy.port}`) }));
      await expect(down).rejects.toMatchObject({
        name: 'unavailable',
        message: expect.stringMatching(/^GET \/feed: connect ECONNREFUSED .*by way of the proxy$/) as string,
      });
      await expect(down).rejects.not.toThrow(/wr0ng/);
    });

    it('uses a rotated password from the next request on', async () => {
      let right = 'me:monday-pw';
      const proxy = kept(await connectProxy(() => right));
      let held = 'me:monday-pw';
      const http = client(await vendor(good), { ca, proxy: secret(() => `http://${held}@127.0.0.1:${proxy.port}`) });
      expect((await get(http)).status).toBe(200);
      right = 'me:tuesday-pw';
      held = 'me:tuesday-pw';
      expect((await get(http)).status).toBe(200);
      expect(proxy.targets).toHaveLength(2);
    });

    it('says what the proxy said when it could not connect', async () => {
      const proxy = kept(await connectProxy(() => 'me:right-one'));
      const gone = await silent();
      await gone.close();
      const http = client(gone.port, { ca, proxy: secret(() => `http://me:right-one@127.0.0.1:${proxy.port}`) });
      await expect(get(http)).rejects.toMatchObject({
        name: 'unavailable',
        message: 'GET /feed: the proxy would not connect (status 502)',
      });
    });

    it('does not wait longer than a deadline for a proxy that says nothing', async () => {
      const proxy = kept(await silent());
      const http = client(443, { proxy: secret(() => `http://127.0.0.1:${proxy.port}`) });
      const answer = http.request({ method: 'GET', path: '/', signal: new AbortController().signal, deadlineMs: 500 });
      await expect(answer).rejects.toMatchObject({ name: 'unavailable', message: 'GET /: no answer within 500 ms' });
    });

    it.each<[string, () => string]>([
      [
        'cannot be read',
        () => {
          throw new Error('no file /run/secrets/proxy-hunter2');
        },
      ],
      ['is no URL', () => 'me:hunter2@proxy:3128'],
      ['speaks another protocol', () => 'socks5://me:hunter2@proxy:1080'],
    ])('names the place of an address that %s, not its value', async (_, reveal) => {
      const error: unknown = await get(client(443, { proxy: secret(reveal) })).catch((error: unknown) => error);
      expect(error).toMatchObject({ name: 'credentials-rejected', place: '${env:PROXY}' });
      expect(String(error)).not.toContain('hunter2');
    });
  });

  it('takes no plain answer on a TLS port', async () => {
    const { port } = kept(await raw('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    await expect(get(client(port, { ca }))).rejects.toMatchObject({ name: 'unavailable' });
  });
});
