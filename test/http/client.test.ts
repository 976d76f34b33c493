import { EventEmitter, once } from 'node:events';
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { RefusedTarget, Unavailable, UnexpectedAnswer } from '../../src/core/failures.ts';
import { createHttp, type Http, type HttpLimits, type HttpRequest, type HttpResponse } from '../../src/http/client.ts';
import { raw, silent, web, type Listener } from './servers.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function at(listener: Promise<Listener>, limits: Partial<HttpLimits> = {}, connections = 1): Promise<Http> {
  const { port } = await kept(listener);
  const http = createHttp({ baseUrl: `http://127.0.0.1:${port}`, connections, limits });
  open.push(http);
  return http;
}

async function kept(listener: Promise<Listener>): Promise<Listener> {
  const server = await listener;
  open.push(server);
  return server;
}

const get = (http: Http, more: Partial<HttpRequest> = {}): Promise<HttpResponse> =>
  http.request({ method: 'GET', path: '/feed?token=t0psecret', signal: new AbortController().signal, ...more });

const failure = async (answer: Promise<unknown>): Promise<Error> => {
  const error: unknown = await answer.then(
    () => new Error('it was answered'),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
};

const answering =
  (status: number, headers: Record<string, string | string[]>, body: string | Buffer = ''): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(body);

/** Answers, but not soon. */
const slow: RequestListener = (_, response) => void setTimeout(() => response.end('{}'), 2_600);

const head = (length: number): string =>
  `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${length}\r\n\r\n`;

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function deferred(): Deferred {
  const target = new EventEmitter();
  return { promise: once(target, 'done').then(() => undefined), resolve: () => void target.emit('done') };
}

describe('an answer', () => {
  it('comes back with everything a source decides by', async () => {
    const date = 'Sun, 22 Nov 2026 09:00:00 GMT';
    const headers = {
      date,
      'content-type': 'Application/JSON; charset=utf-8',
      'retry-after': 'Sun, 22 Nov 2026 09:00:07 GMT',
    };
    const before = Date.now();
    const answer = await get(await at(web(answering(429, headers, '{"a":1}'))));
    expect(answer).toMatchObject({
      status: 429,
      contentType: 'application/json',
      retryAfterMs: 7_000,
      vendorTime: Date.parse(date),
    });
    expect(answer.body.toString()).toBe('{"a":1}');
    expect(answer.headers['retry-after']).toBe(headers['retry-after']);
    expect(answer.receivedAt - before).toBeLessThan(5_000);
    expect(answer.receivedAt).toBeGreaterThanOrEqual(before);
  });

  it.each([200, 204, 400, 401, 404, 414, 429, 500, 502, 503, 504])('of status %i is an answer', async (status) => {
    expect((await get(await at(web(answering(status, {}))))).status).toBe(status);
  });

  it('without a content type, a body or a date is one too', async () => {
    const answer = await get(await at(raw('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')));
    expect(answer).toMatchObject({ contentType: '', vendorTime: undefined, retryAfterMs: undefined });
    expect(answer.body).toHaveLength(0);
  });

  it.each(['gzip', 'x-gzip', 'GZIP'])('packed as %s is unpacked', async (encoding) => {
    const body = JSON.stringify({ data: Array.from({ length: 20_000 }, (_, i) => ({ i, at: `/path/${i * 7919}` })) });
    const answer = await get(await at(web(answering(200, { 'content-encoding': encoding }, gzipSync(body)))));
    expect(answer.body.equals(Buffer.from(body))).toBe(true);
  });

  it('that repeats itself a lot is no bomb while it is small', async () => {
    const body = 'a'.repeat(900_000);
    const answer = await get(await at(web(answering(200, { 'content-encoding': 'gzip' }, gzipSync(body)))));
    expect(answer.body).toHaveLength(body.length);
  });

  it('to a HEAD has no body, packed or not', async () => {
    const http = await at(web(answering(200, { 'content-encoding': 'gzip', 'content-length': '99' })));
    expect((await get(http, { method: 'HEAD' })).body).toHaveLength(0);
  });

  it('to a POST is to what was sent: method, path, headers and body', async () => {
    const seen: unknown[] = [];
    const http = await at(
      web((request, response) => {
        request.setEncoding('utf8').on('data', (body: string) => {
          const { 'accept-encoding': encoding, 'user-agent': agent, 'x-api-token': token } = request.headers;
          seen.push({ method: request.method, url: request.url, body, encoding, agent, token });
          response.end();
        });
      }),
    );
    const path = '/feed?next=AB%2BC%3D';
    await get(http, { method: 'POST', path, body: 'next=AB%2BC%3D', headers: { 'x-api-token': 'abc' } });
    const expected = {
      method: 'POST',
      url: path,
      body: 'next=AB%2BC%3D',
      encoding: 'gzip',
      agent: 'sluice',
      token: 'abc',
    };
    expect(seen).toEqual([expected]);
  });
});

describe('connections', () => {
  it('are never more than allowed, and are used again', async () => {
    let now = 0;
    let most = 0;
    const server = await kept(
      web((_, response) => {
        now += 1;
        most = Math.max(most, now);
        setTimeout(() => {
          now -= 1;
          response.end('{}');
        }, 20);
      }),
    );
    const http = await at(Promise.resolve(server), {}, 2);
    await Promise.all(Array.from({ length: 8 }, () => get(http)));
    expect(most).toBe(2);
    expect(server.accepted()).toBe(2);
  });

  it('end with the client, and with them what is under way', async () => {
    const http = await at(silent());
    const answer = failure(get(http));
    await http.close();
    expect(await answer).toMatchObject({ name: 'unavailable', message: 'GET /feed: the connections were closed' });
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])(
    '%i is refused, shows its origin only, and nothing is sent there',
    async (status) => {
      const other = await kept(web(answering(200, {})));
      const location = `http://127.0.0.1:${other.port}/login?token=abcdef`;
      const error = await failure(get(await at(web(answering(status, { location })))));
      expect(error).toBeInstanceOf(RefusedTarget);
      expect(error.message).toBe(
        `GET /feed: status ${status} redirects to http://127.0.0.1:${other.port}; not followed`,
      );
      expect(other.accepted()).toBe(0);
    },
  );

  it.each(['', '/login', 'http://', '\u001b[2J'])('to %j is refused too', async (location) => {
    const text = `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
    const error = await failure(get(await at(raw(text))));
    expect(['refused-target', 'unavailable']).toContain(error.name);
    expect(error.message).not.toContain('\u001b');
  });
});

describe('time', () => {
  it('runs out over a body that drips', async () => {
    let timer: NodeJS.Timeout | undefined;
    const http = await at(
      web((_, response) => {
        response.writeHead(200);
        timer = setInterval(() => response.write('x'), 100);
        response.on('close', () => clearInterval(timer));
      }),
    );
    const start = performance.now();
    const error = await failure(get(http, { deadlineMs: 1_000 }));
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(error).toBeInstanceOf(Unavailable);
    expect(error.message).toBe('GET /feed: the answer was not complete after 1 s');
  });

  it('runs out while nobody answers, and while no connection is free', async () => {
    const http = await at(silent());
    const start = performance.now();
    const errors = await Promise.all([
      failure(get(http, { deadlineMs: 1_000 })),
      failure(get(http, { deadlineMs: 1_000 })),
    ]);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(errors.map((error) => error.message)).toEqual(Array(2).fill('GET /feed: no answer within 1 s'));
  });

  it('of silence before an answer, and inside one, has a limit of its own', async () => {
    const before = failure(get(await at(silent(), { headersTimeoutMs: 1_000 })));
    const inside = failure(
      get(
        await at(
          raw('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', () => undefined),
          { headersTimeoutMs: 1_000 },
        ),
      ),
    );
    expect((await before).message).toBe('GET /feed: no answer within 1 s');
    expect((await inside).message).toBe('GET /feed: the answer stopped for 1 s');
    expect([(await before).name, (await inside).name]).toEqual(['unavailable', 'unavailable']);
  });

  it('for the headers is as long as the deadline a caller gives', async () => {
    const http = await at(web(slow), { headersTimeoutMs: 1_000 });
    expect((await get(http, { deadlineMs: 10_000 })).status).toBe(200);
  });
});

describe("the caller's abort", () => {
  const reason = new Error('the worker shuts down');

  it.each([
    ['before the request', () => silent(), true],
    ['before the answer', () => silent(), false],
    ['inside the body', () => raw('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', () => undefined), false],
  ])('%s comes back as its own reason, at once', async (_, server, early) => {
    const listener = await kept(server());
    const http = await at(Promise.resolve(listener));
    const controller = new AbortController();
    if (early) controller.abort(reason);
    const error = failure(get(http, { signal: controller.signal }));
    if (!early) {
      while (listener.accepted() === 0) await new Promise(setImmediate);
      controller.abort(reason);
    }
    expect(await error).toBe(reason);
  });

  it('comes back at once while TLS is still being agreed on', async () => {
    const { port } = await kept(silent());
    const http = createHttp({ baseUrl: `https://127.0.0.1:${port}`, connections: 1 });
    open.push(http);
    const start = performance.now();
    expect(await failure(get(http, { signal: AbortSignal.timeout(200) }))).toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - start).toBeLessThan(1_500);
  });

  it('frees the connection at the vendor', async () => {
    const controller = new AbortController();
    const closed = deferred();
    const http = await at(
      web((request, response) => {
        response.on('close', () => closed.resolve());
        if (request.url === '/feed?token=t0psecret') controller.abort(reason);
      }),
    );
    expect(await failure(get(http, { signal: controller.signal }))).toBe(reason);
    await closed.promise;
  });

  it("leaves no listener behind in the caller's signal", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const http = await at(web(answering(200, {})));
    for (let i = 0; i < 5; i += 1) await get(http, { signal });
    expect(listeners).toBe(0);
  });
});

describe('a broken answer', () => {
  const packed = gzipSync(JSON.stringify({ data: Array.from({ length: 3_000 }, (_, i) => i * 7919) }));
  const cut = packed.subarray(0, packed.length - 20);
  const flipped = Buffer.from(packed);
  flipped.writeUInt32LE(0xdeadbeef, flipped.length - 8);

  it.each([
    ['shorter than its length', Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data":[')],
    ['cut between chunks', Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"dat\r\n')],
    ['cut inside a chunk', Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{"dat')],
    ['with a chunk of no length', Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{"dat')],
    ['cut in its gzip, whole on the wire', Buffer.concat([Buffer.from(head(cut.length)), cut])],
    ['cut in its gzip and on the wire', Buffer.concat([Buffer.from(head(packed.length)), cut])],
    ['with another checksum', Buffer.concat([Buffer.from(head(packed.length)), flipped])],
    ['with half its headers', Buffer.from('HTTP/1.1 200 OK\r\nContent-Le')],
    ['that is not HTTP', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
    ['of nothing', Buffer.alloc(0)],
  ])('%s is never taken for a page', async (_, bytes) => {
    const http = await at(raw(bytes));
    for (let i = 0; i < 5; i += 1) {
      const error = await failure(get(http));
      expect(error).toBeInstanceOf(Unavailable);
      expect(error.message).toMatch(/^GET \/feed: /);
    }
  });

  it('from a connection that is reset, or not there, is unavailable', async () => {
    const reset = await failure(
      get(await at(raw('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', (socket) => socket.resetAndDestroy()))),
    );
    expect(reset).toMatchObject({ name: 'unavailable', message: expect.stringMatching(/cut short: .*\(/) as string });
    const gone = await silent();
    const http = await at(Promise.resolve(gone));
    await gone.close();
    open.splice(open.indexOf(gone), 1);
    expect((await failure(get(http))).message).toBe(
      `GET /feed: connect ECONNREFUSED 127.0.0.1:${gone.port} (ECONNREFUSED)`,
    );
  });
});

describe('an answer that is too much', () => {
  it('unpacked is refused before it fills the memory', async () => {
    const block = Buffer.alloc(1024 * 1024);
    // Members of a gzip may follow each other: 200 MiB in about 200 kB, without ever holding them here.
    const bomb = Buffer.concat(Array<Buffer>(200).fill(gzipSync(block)));
    const http = await at(web(answering(200, { 'content-encoding': 'gzip' }, bomb)));
    const before = process.memoryUsage().rss;
    const start = performance.now();
    const error = await failure(get(http));
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
    expect(error).toBeInstanceOf(UnexpectedAnswer);
    expect(error.message).toMatch(/^GET \/feed: \d+ bytes of gzip unpack to more than \d+$/);
  });

  it.each<[string, Partial<HttpLimits>]>([
    ['on the wire', { maxWireBytes: 1_000_000 }],
    ['in all', { maxBytes: 1_000_000 }],
  ])('%s is refused while it still comes', async (_, limits) => {
    let sent = 0;
    const closed = deferred();
    const endless: RequestListener = (_, response) => {
      response.on('close', () => closed.resolve());
      const more = (): void => {
        do sent += 100_000;
        while (response.write(Buffer.alloc(100_000, 'x')) && sent < 1e9);
      };
      response.on('drain', more);
      more();
    };
    const error = await failure(get(await at(web(endless), limits)));
    expect(error).toMatchObject({
      name: 'unexpected-answer',
      message: 'GET /feed: an answer of more than 1000000 bytes',
    });
    await closed.promise;
    expect(sent).toBeLessThan(100_000_000);
  });

  it('in its headers is refused', async () => {
    const error = await failure(get(await at(raw(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(10_000_000)}\r\n\r\n`))));
    expect(error).toMatchObject({
      name: 'unexpected-answer',
      message: 'GET /feed: the headers of the answer are too large',
    });
  });

  it.each(['br', 'deflate', 'zstd', 'gzip, gzip', 'gzip, br'])(
    'packed as %s was not asked for: kept for quarantine',
    async (encoding) => {
      const body = Buffer.from('whatever');
      const error = await failure(get(await at(web(answering(200, { 'content-encoding': encoding }, body)))));
      expect(error).toBeInstanceOf(UnexpectedAnswer);
      expect(error).toMatchObject({ body });
    },
  );

  it('said to be gzip and is not: kept for quarantine', async () => {
    const body = Buffer.from('<html>Sign in</html>');
    const error = await failure(get(await at(web(answering(200, { 'content-encoding': 'gzip' }, body)))));
    expect(error).toMatchObject({ name: 'unexpected-answer', body, message: 'GET /feed: said to be gzip, and is not' });
  });
});

describe('a message', () => {
  it('never shows the query or a header', async () => {
    const gone = await silent();
    const http = await at(Promise.resolve(gone));
    await gone.close();
    open.splice(open.indexOf(gone), 1);
    const headers = { authorization: 'Bearer b3arer', 'x-api-token': 't0ken' };
    const error = await failure(get(http, { headers }));
    const bad = await failure(get(http, { headers: { authorization: 'Bearer b3arer\n' } }));
    for (const { message, cause, stack } of [error, bad]) {
      expect(`${message}${String(cause)}${stack}`).not.toMatch(/t0psecret|b3arer|t0ken/);
    }
    expect(bad.name).toBe('Error');
  });
});
