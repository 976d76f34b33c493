import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { askAhead } from '../../src/activities/ask-ahead.ts';
import { createHttp } from '../../src/http/client.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** A vendor that answers with the path, or never where it ends in `slow`. */
async function vendor() {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    if (!url.endsWith('slow')) response.end(url);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const http = createHttp({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: 1 });
  cleanUps.push(
    () => http.close(),
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const fetch = async (cursor: string, signal: AbortSignal) => {
    const { body } = await http.request({ method: 'GET', path: `/${cursor}`, signal });
    return { records: [], cursor: body.toString() };
  };
  return { asked, server, fetch };
}

describe('asking ahead', () => {
  it('brings the answer to what was asked last', async () => {
    const { fetch } = await vendor();
    const ahead = askAhead(fetch, new AbortController().signal);
    await ahead.ask('1');
    expect(await ahead.answer()).toMatchObject({ cursor: '/1' });
    await ahead.ask('2');
    expect(await ahead.answer()).toMatchObject({ cursor: '/2' });
  });

  it('keeps an error until somebody asks for the answer', async () => {
    const ahead = askAhead(() => Promise.reject(new RangeError('no such place')), new AbortController().signal);
    await ahead.ask('1');
    await expect(ahead.answer()).rejects.toThrow('no such place');
  });

  it.each(['its user', 'everybody'])('ends a request that is under way when %s has enough', async (who) => {
    const { fetch, server } = await vendor();
    const all = new AbortController();
    const ahead = askAhead(fetch, all.signal);
    const request = once(server, 'request');
    await ahead.ask('slow');
    await request;
    if (who === 'everybody') all.abort(new Error('cancelled'));
    else ahead.stop();
    await expect(ahead.answer()).rejects.toThrow(who === 'everybody' ? 'cancelled' : 'not needed');
  });
});
