import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createHttp, type Http } from '../../src/http/client.ts';
import { traffic, type Traffic } from '../../src/http/traffic.ts';
import { silent, web } from './servers.ts';

describe('whoever measures', () => {
  const who = new AsyncLocalStorage<string>();
  const told: (Traffic & { readonly by: string | undefined })[] = [];
  const listen = (message: unknown): void => void told.push({ ...(message as Traffic), by: who.getStore() });
  beforeEach(() => {
    told.length = 0;
    traffic.subscribe(listen);
  });
  afterEach(() => {
    traffic.unsubscribe(listen);
  });

  async function at(listener: RequestListener): Promise<Http> {
    const server = await web(listener);
    onTestFinished(() => server.close());
    return to(server.port);
  }

  function to(port: number, deadlineMs = 5_000): Http {
    const http = createHttp({ baseUrl: `http://127.0.0.1:${port}`, connections: 1, limits: { deadlineMs } });
    onTestFinished(() => http.close());
    return http;
  }

  const get = (path: string) => ({ method: 'GET', path, signal: new AbortController().signal }) as const;

  it('hears of each request once that it begins and once that it ended, whatever the answer, from whoever asked', async () => {
    const http = await at((request, response) => {
      response.writeHead(request.url === '/refused' ? 401 : 200).end('{}');
    });
    await who.run('first', () => http.request(get('/fine')));
    await who.run('second', () => http.request(get('/refused')));
    expect(told).toMatchObject([
      { phase: 'begun', by: 'first' },
      { phase: 'ended', status: 200, by: 'first' },
      { phase: 'begun', by: 'second' },
      { phase: 'ended', status: 401, by: 'second' },
    ]);
    for (const one of told) if (one.phase === 'ended') expect(one.seconds).toBeGreaterThan(0);
  });

  it('hears of one without an answer as such', async () => {
    const server = await silent();
    onTestFinished(() => server.close());
    await expect(to(server.port, 50).request(get('/'))).rejects.toThrow('no answer');
    expect(told).toMatchObject([{ phase: 'begun' }, { phase: 'ended', status: undefined }]);
  });

  it('hears of the end of a download only when its last byte was read', async () => {
    const http = await at((_, response) => void response.end('x'.repeat(100_000)));
    const pieces = http.download(get('/file'), () => new Error('refused'));
    await who.run('reader', async () => {
      for await (const _ of pieces) expect(told.map(({ phase }) => phase)).toEqual(['begun']);
    });
    expect(told).toMatchObject([{ phase: 'begun' }, { phase: 'ended', status: 200, by: 'reader' }]);
  });

  it('costs nothing and changes nothing when nobody does', async () => {
    traffic.unsubscribe(listen);
    const http = await at((_, response) => void response.end('{}'));
    expect((await http.request(get('/'))).status).toBe(200);
    expect(told).toEqual([]);
  });
});
