import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Unavailable, UnexpectedAnswer } from '../../src/core/failures.ts';
import { createHttp, type Http, type HttpRequest, type HttpResponse } from '../../src/http/client.ts';
import { web } from './servers.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function at(listener: RequestListener): Promise<Http> {
  const server = await web(listener);
  open.push(server);
  const http = createHttp({ baseUrl: `http://127.0.0.1:${server.port}`, connections: 1 });
  open.push(http);
  return http;
}

class Refused extends Error {
  readonly answer: HttpResponse;

  constructor(answer: HttpResponse) {
    super('refused');
    this.answer = answer;
  }
}

function download(http: Http, more: Partial<HttpRequest> = {}): AsyncIterable<Buffer> {
  const request = {
    method: 'GET',
    path: '/file?token=t0psecret',
    signal: new AbortController().signal,
    ...more,
  } as const;
  return http.download(request, (answer) => new Refused(answer));
}

async function whole(pieces: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all).toString();
}

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no failure',
    (error: unknown) => error,
  );

describe('a download', () => {
  it('comes as it is sent: its beginning is there before the end exists', async () => {
    let response: ServerResponse | undefined;
    const http = await at((_, answer) => {
      response = answer;
      answer.write('begin');
    });
    const pieces = download(http)[Symbol.asyncIterator]();
    expect(String((await pieces.next()).value)).toBe('begin');
    response?.end('end');
    expect(String((await pieces.next()).value)).toBe('end');
    expect((await pieces.next()).done).toBe(true);
  });

  it('is not asked for packed, and refused when it is', async () => {
    let offered: string | undefined;
    const plain = await at((request, response) => {
      offered = request.headers['accept-encoding'];
      response.end('x');
    });
    expect(await whole(download(plain))).toBe('x');
    expect(offered).toBe('identity');
    const packed = await at((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'));
    expect(await failure(whole(download(packed)))).toBeInstanceOf(UnexpectedAnswer);
  });

  it('that is refused, or leads elsewhere, is for the caller to name', async () => {
    for (const status of [302, 404, 503]) {
      const http = await at((_, response) =>
        response.writeHead(status, { location: 'https://elsewhere.example' }).end('why'),
      );
      const error = await failure(whole(download(http)));
      expect(error).toBeInstanceOf(Refused);
      expect((error as Refused).answer.status).toBe(status);
      expect((error as Refused).answer.body.toString()).toBe('why');
    }
  });

  it('that is cut short is never taken for whole', async () => {
    const http = await at((_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half');
      setImmediate(() => response.destroy());
    });
    const error = await failure(whole(download(http)));
    expect(error).toBeInstanceOf(Unavailable);
    expect((error as Error).message).not.toContain('t0psecret');
  });

  it('that takes too long ends', async () => {
    const http = await at((_, response) => void response.write('begin'));
    const error = await failure(whole(download(http, { deadlineMs: 300 })));
    expect(error).toBeInstanceOf(Unavailable);
  });

  it('that is stopped ends with the reason, and frees its connection', async () => {
    const controller = new AbortController();
    let asked = 0;
    const http = await at((_, response) => {
      asked += 1;
      if (asked === 1) response.write('begin');
      else response.end('second');
    });
    const pieces = download(http, { signal: controller.signal })[Symbol.asyncIterator]();
    await pieces.next();
    controller.abort(new Error('told to stop'));
    await expect(pieces.next()).rejects.toThrow('told to stop');
    expect(await whole(download(http))).toBe('second');
  });

  it('that nobody reads to its end frees its connection', async () => {
    let gone: Promise<unknown> | undefined;
    let asked = 0;
    const http = await at((_, response) => {
      asked += 1;
      if (asked > 1) return void response.end('second');
      gone = once(response, 'close');
      response.write('begin');
    });
    for await (const piece of download(http)) {
      expect(String(piece)).toBe('begin');
      break;
    }
    await gone;
    expect(await whole(download(http))).toBe('second');
  });
});
