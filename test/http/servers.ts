import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A listener on the loopback, and what it saw. */
export interface Listener {
  readonly port: number;
  /** Connections so far. */
  accepted(): number;
  close(): Promise<void>;
}

export async function listen(server: Server): Promise<Listener> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export const web = (handler: RequestListener): Promise<Listener> => listen(createServer(handler));

export const secureWeb = (options: ServerOptions, handler: RequestListener): Promise<Listener> =>
  listen(createTlsServer(options, handler));

/** Says `answer` to whatever comes, and leaves the rest to `then`. */
export const raw = (
  answer: string | Buffer,
  then: (socket: Socket) => void = (socket) => socket.end(),
): Promise<Listener> =>
  listen(
    createTcpServer((socket) => {
      socket.once('data', () => socket.write(answer, () => then(socket)));
    }),
  );

/** Takes connections and never says a word. */
export const silent = (): Promise<Listener> => listen(createTcpServer((socket) => socket.resume()));

/** A proxy that speaks CONNECT, and wants this user and password. */
export async function connectProxy(userPassword: () => string): Promise<Listener & { readonly targets: string[] }> {
  const targets: string[] = [];
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', (request, socket: Socket) => {
    socket.on('error', () => undefined);
    const expected = `Basic ${Buffer.from(userPassword()).toString('base64')}`;
    if (request.headers['proxy-authorization'] !== expected) {
      socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    targets.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const out = connect(Number(port), host);
    out.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'));
    out.on('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(out).pipe(socket);
      socket.on('close', () => out.destroy());
    });
  });
  return { ...(await listen(server)), targets };
}

export interface Certificates {
  /** The authority, PEM. */
  readonly ca: string;
  /** For 127.0.0.1 and localhost. */
  readonly good: Pair;
  readonly expired: Pair;
  /** For another host. */
  readonly wrongHost: Pair;
  readonly selfSigned: Pair;
}

export interface Pair {
  readonly key: string;
  readonly cert: string;
}

/** A private authority of this run, made with the `openssl` command; undefined where there is none. */
export function makeCertificates(): Certificates | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ca-'));
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const request = (name: string, subject: string, ...more: string[]): void =>
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-subj',
      subject,
      ...more,
    );
  const signed = (name: string, hosts: string, days: string): Pair => {
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${hosts}\n`);
    request(name, `/CN=${name}`, '-out', `${name}.csr`);
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...authority,
      '-days',
      days,
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    );
    return { key: text(`${name}.key`), cert: text(`${name}.pem`) };
  };
  const here = 'IP:127.0.0.1,DNS:localhost';
  try {
    openssl('version');
    request('ca', '/CN=test authority', '-x509', '-days', '2', '-out', 'ca.pem');
    request('self', '/CN=127.0.0.1', '-x509', '-days', '2', '-addext', `subjectAltName=${here}`, '-out', 'self.pem');
    return {
      ca: text('ca.pem'),
      good: signed('good', here, '2'),
      expired: signed('expired', here, '-1'),
      wrongHost: signed('wrong', 'DNS:other.example', '2'),
      selfSigned: { key: text('self.key'), cert: text('self.pem') },
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
