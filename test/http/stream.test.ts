import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { RefusedTarget, Unavailable, UnexpectedAnswer } from '../../src/core/failures.ts';
import { createHttp, type Http, type HttpLimits, type HttpResponse } from '../../src/http/client.ts';
import type { HttpStream, StreamRequest } from '../../src/http/stream.ts';
import { raw, silent, web } from './servers.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

function to(port: number, limits: Partial<HttpLimits> = {}): Http {
  const http = createHttp({ baseUrl: `http://127.0.0.1:${port}`, connections: 1, limits });
  open.push(http);
  return http;
}

async function at(listener: RequestListener, limits: Partial<HttpLimits> = {}): Promise<Http> {
  const server = await web(listener);
  open.push(server);
  return to(server.port, limits);
}

class Refused extends Error {
  readonly answer: HttpResponse;

  constructor(answer: HttpResponse) {
    super('refused');
    this.answer = answer;
  }
}

function stream(http: Http, more: Partial<StreamRequest> = {}): Promise<HttpStream> {
  const { signal } = new AbortController();
  const request = { method: 'GET', path: '/file?token=t0psecret', signal, ...more } as const;
  return http.stream(request, (answer) => new Refused(answer));
}

async function whole(answer: HttpStream | Promise<HttpStream>): Promise<Buffer> {
  const opened = await answer;
  const all: Buffer[] = [];
  for await (const piece of opened.body) all.push(piece);
  opened.close();
  return Buffer.concat(all);
}

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no failure',
    (error: unknown) => error,
  );

describe('an answer of any size', () => {
  it('is there once its headers are, and comes as it is sent', async () => {
    let response: ServerResponse | undefined;
    const http = await at((_, answer) => {
      response = answer;
      answer.writeHead(200, { etag: '"1"', 'content-type': 'text/csv; charset=utf-8', 'content-length': 8 });
      answer.write('begin');
    });
    const opened = await stream(http);
    expect(opened).toMatchObject({ status: 200, contentType: 'text/csv', length: 8, headers: { etag: '"1"' } });
    expect(opened.vendorTime).toBeGreaterThan(0);
    const pieces = opened.body[Symbol.asyncIterator]();
    expect(String((await pieces.next()).value)).toBe('begin');
    response?.end('end');
    expect(String((await pieces.next()).value)).toBe('end');
    expect((await pieces.next()).done).toBe(true);
  });

  it('is unpacked as it comes, however often it is as large as what is kept of it', async () => {
    const text = Array.from({ length: 200_000 }, (_, i) => `row ${i * 7919}\n`).join('');
    const packed = gzipSync(text);
    let offered: string | undefined;
    const http = await at((request, response) => {
      offered = request.headers['accept-encoding'];
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed);
    });
    const opened = await stream(http);
    expect(opened.length).toBeUndefined();
    expect((await whole(opened)).toString()).toBe(text);
    expect(offered).toBe('gzip');
  });

  it('of nothing is nothing, packed or not', async () => {
    const plain = await at((_, response) => void response.end());
    expect(await whole(stream(plain))).toHaveLength(0);
    const packed = await at((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end());
    expect(await whole(stream(packed))).toHaveLength(0);
  });

  it('is asked for unpacked where a range is', async () => {
    const seen: unknown[] = [];
    const http = await at(({ headers }, response) => {
      seen.push(headers['accept-encoding'], headers.range);
      response.writeHead(206, { 'content-range': 'bytes 5-7/8' }).end('end');
    });
    const opened = await stream(http, { packed: false, headers: { range: 'bytes=5-' } });
    expect(opened.status).toBe(206);
    expect((await whole(opened)).toString()).toBe('end');
    expect(seen).toEqual(['identity', 'bytes=5-']);
  });

  it('that unpacks to far more than it is, is refused before it is much', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const http = await at((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    const opened = await stream(http);
    let length = 0;
    const error = await failure(
      (async () => {
        for await (const piece of opened.body) length += piece.length;
      })(),
    );
    expect(error).toBeInstanceOf(UnexpectedAnswer);
    expect(length).toBeLessThan(16 * 1024 * 1024);
  });

  it('packed in a way that was not offered, or badly, is refused', async () => {
    const odd = await at((_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end('x'));
    expect(await failure(whole(stream(odd)))).toBeInstanceOf(UnexpectedAnswer);
    const half = gzipSync(Buffer.from('x'.repeat(10_000))).subarray(0, 20);
    for (const body of [half, Buffer.from('not gzip at all')]) {
      const bad = await at((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(body));
      expect(await failure(whole(stream(bad)))).toBeInstanceOf(Unavailable);
    }
  });

  it.each([
    ['by its length', 'content-length: 10\r\n\r\nhalf'],
    ['in chunks', 'transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['packed', 'content-encoding: gzip\r\ncontent-length: 100\r\n\r\n\u001f'],
  ])('that is cut short %s is never taken for whole', async (_, rest) => {
    const server = await raw(Buffer.from(`HTTP/1.1 200 OK\r\n${rest}`, 'latin1'));
    open.push(server);
    const error = await failure(whole(stream(to(server.port))));
    expect(error).toBeInstanceOf(Unavailable);
    expect((error as Error).message).not.toContain('t0psecret');
  });

  it('of another status is for the caller to name, its body read whole', async () => {
    const http = await at((_, response) => response.writeHead(404).end('why'));
    const error = await failure(stream(http));
    expect(error).toBeInstanceOf(Refused);
    expect((error as Refused).answer).toMatchObject({ status: 404, body: Buffer.from('why') });
  });

  it('that leads elsewhere is not followed', async () => {
    const http = await at((_, response) => response.writeHead(302, { location: 'https://evil.example/' }).end());
    const error = await failure(stream(http));
    expect(error).toBeInstanceOf(RefusedTarget);
    expect((error as Error).message).toContain('evil.example');
  });

  it('may take longer than its beginning may, as long as it does not fall silent', async () => {
    const http = await at(
      (_, response) => {
        let left = 5;
        const timer = setInterval(() => {
          response.write('x');
          left -= 1;
          if (left > 0) return;
          clearInterval(timer);
          response.end();
        }, 200);
      },
      { deadlineMs: 400, headersTimeoutMs: 3_000 },
    );
    expect((await whole(stream(http))).toString()).toBe('xxxxx');
  });

  it('that falls silent ends, before its headers and inside its body', async () => {
    const mute = await silent();
    open.push(mute);
    const limits = { deadlineMs: 300, headersTimeoutMs: 300 };
    expect(await failure(stream(to(mute.port, limits)))).toBeInstanceOf(Unavailable);
    const http = await at((_, response) => void response.write('begin'), limits);
    const error = await failure(whole(stream(http)));
    expect(error).toBeInstanceOf(Unavailable);
    expect((error as Error).message).toContain('stopped');
  });

  it('waits for a reader that takes its time', async () => {
    const http = await at((_, response) => void response.end(Buffer.alloc(4 * 1024 * 1024)), { headersTimeoutMs: 500 });
    const opened = await stream(http);
    let length = 0;
    for await (const piece of opened.body) {
      if (length === 0) await new Promise((resolve) => setTimeout(resolve, 2_000));
      length += piece.length;
    }
    expect(length).toBe(4 * 1024 * 1024);
  });

  it.each(['identity', 'gzip'])('that is stopped ends with the reason, and frees its connection (%s)', async (how) => {
    const controller = new AbortController();
    let asked = 0;
    const http = await at((_, response) => {
      asked += 1;
      if (asked > 1) return void response.end('second');
      response.writeHead(200, { 'content-encoding': how });
      response.write(how === 'gzip' ? gzipSync(Buffer.alloc(200_000)).subarray(0, 200) : 'begin');
    });
    const opened = await stream(http, { signal: controller.signal });
    const error = await failure(
      (async () => {
        for await (const _ of opened.body) controller.abort(new Error('told to stop'));
      })(),
    );
    expect(error).toEqual(new Error('told to stop'));
    expect((await whole(stream(http))).toString()).toBe('second');
    await expect(stream(http, { signal: controller.signal })).rejects.toThrow('told to stop');
  });

  it.each(['unread', 'read in part', 'packed and read in part'])(
    'that is let go of, %s, frees its connection',
    async (how) => {
      let gone: Promise<unknown> | undefined;
      let asked = 0;
      const http = await at((_, response) => {
        asked += 1;
        if (asked > 1) return void response.end('second');
        gone = once(response, 'close');
        const packed = how.startsWith('packed');
        response.writeHead(200, packed ? { 'content-encoding': 'gzip' } : {});
        response.write(packed ? gzipSync(Buffer.alloc(200_000)).subarray(0, 200) : 'begin');
      });
      const opened = await stream(http);
      if (how !== 'unread') for await (const _ of opened.body) break;
      opened.close();
      await gone;
      expect((await whole(stream(http))).toString()).toBe('second');
    },
  );
});
