import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { Agent, Pool, ProxyAgent, type Dispatcher } from 'undici';
import type { Secret } from '../core/contract.ts';
import { CredentialsRejected } from '../core/failures.ts';
import { registerSecret } from './redaction.ts';

/** A source's own connections to its vendor, straight or by way of a proxy. */
export interface Connections {
  /** What to send the next request through. Throws `credentials-rejected` when the proxy's setting cannot be read. */
  dispatcher(): Dispatcher;
  /** Ends them, whatever is under way. */
  close(): Promise<void>;
}

export interface ConnectionOptions {
  /** How many at once; never more than one request on each at a time. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly proxy?: Secret | undefined;
  readonly ca?: string | undefined;
}

/** @throws Error when the verification of certificates was switched off for the process, or `ca` is not PEM. */
export function openConnections(options: ConnectionOptions): Connections {
  refuseUnverified();
  const connect = tlsOptions(options);
  if (options.proxy === undefined) {
    const agent = new Agent({ connections: options.connections, pipelining: 1, connect });
    return { dispatcher: () => agent, close: () => agent.destroy() };
  }
  return proxied(options.proxy, options.connections, connect);
}

type Connect = NonNullable<ProxyAgent.Options['requestTls']>;

/** The proxy's URL holds its password: it is read anew each time, and connections are made anew once it changed. */
function proxied(proxy: Secret, connections: number, connect: Connect): Connections {
  let held: { readonly url: string; readonly agent: ProxyAgent } | undefined;
  return {
    dispatcher() {
      const url = revealed(proxy);
      if (held?.url === url) return held.agent;
      const old = held?.agent;
      held = { url, agent: proxyAgent(url, proxy.place, connections, connect) };
      // What is under way ends by itself.
      old?.close().catch(() => undefined);
      return held.agent;
    },
    close: async () => held?.agent.destroy(),
  };
}

function revealed(proxy: Secret): string {
  try {
    return proxy.reveal();
  } catch {
    throw new CredentialsRejected('the address of the proxy cannot be read', proxy.place);
  }
}

function proxyAgent(text: string, place: string, connections: number, connect: Connect): ProxyAgent {
  const url = proxyUrl(text, place);
  const { username, password } = url;
  const user = unescaped(username);
  const pair = `${user}:${unescaped(password)}`;
  for (const secret of [text, password, unescaped(password), pair]) registerSecret(secret);
  return new ProxyAgent({
    uri: url.origin,
    ...(username !== '' && { token: `Basic ${Buffer.from(pair).toString('base64')}` }),
    connections,
    pipelining: 1,
    requestTls: connect,
    proxyTls: connect,
    // The answer to CONNECT, which the total deadline of a request does not reach.
    clientFactory: (origin, options) => new Pool(origin, { ...options, headersTimeout: connect.timeout ?? 0 }),
  });
}

function proxyUrl(text: string, place: string): URL {
  const wrong = 'the address of the proxy is not like http://user:password@host:3128';
  if (!URL.canParse(text)) throw new CredentialsRejected(wrong, place);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new CredentialsRejected(wrong, place);
  return url;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The certificates are read once, not for every connection: parsing all of the system's takes milliseconds. */
function tlsOptions({ ca, connectTimeoutMs }: ConnectionOptions): Connect {
  const authorities = ca === undefined ? {} : { ca: [...systemAuthorities(), checkedPem(ca)] };
  return {
    timeout: connectTimeoutMs,
    rejectUnauthorized: true,
    secureContext: tls.createSecureContext({ minVersion: 'TLSv1.2', ...authorities }),
  };
}

/** A `ca` of one's own replaces Node's whole list, `NODE_EXTRA_CA_CERTS` included, so the list has to be put together again. */
function systemAuthorities(): readonly string[] {
  // Since Node 22.15 this also has what `--use-system-ca` adds.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  return [...(getCACertificates?.('default') ?? tls.rootCertificates), ...extraAuthorities()];
}

function extraAuthorities(): readonly string[] {
  const file = process.env['NODE_EXTRA_CA_CERTS'];
  if (!file) return [];
  try {
    return [readFileSync(file, 'utf8')];
  } catch {
    // Node itself warns of this at its start, and goes on.
    return [];
  }
}

/** OpenSSL reads over what is not a certificate, and every request would fail later without a word about why. */
function checkedPem(ca: string): string {
  const certificates = ca.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs);
  if (certificates === null) throw new Error('ca holds no certificate in PEM form');
  certificates.forEach((certificate, i) => {
    try {
      return new X509Certificate(certificate);
    } catch {
      throw new Error(`ca: certificate ${i + 1} of ${certificates.length} cannot be read`);
    }
  });
  return ca;
}

function refuseUnverified(): void {
  if (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return;
  throw new Error(
    'NODE_TLS_REJECT_UNAUTHORIZED=0 switches off the verification of certificates: unset it, and name a private authority under `ca`',
  );
}
