import { RefusedTarget } from '../core/failures.ts';
import { excerpt } from './redaction.ts';

/** Where a source's requests may go: one origin, and everything below one path of it. */
export interface Target {
  /** `https://host:port`, without a path. */
  readonly origin: string;
  /**
   * The path to put on the wire.
   * @param path path and query below the base URL's own path.
   * @throws RefusedTarget when it leads out of it.
   */
  full(path: string): string;
  /**
   * Takes a vendor's next link, a path or a whole URL, to path and query below the base URL's own path.
   * @throws RefusedTarget when it leads anywhere else. A link glued to the host, as the vendor's own sample does it
   *   (signal-sciences.txt:110-113), or resolved without a check would take the credentials to a host of somebody else's choosing.
   */
  follow(next: string): string;
}

/** Cursors of 20 kB are in use; a link is kept for as long as it can be one. */
const LONGEST = 64 * 1024;

/** @throws Error when the base URL is not http(s), or has more than an origin and a path. */
export function openTarget(baseUrl: string): Target {
  const base = baseOf(baseUrl);
  const prefix = base.pathname.replace(/\/+$/, '');
  const home = `${base.origin}${prefix}`;

  /** Path and query below the prefix. */
  function below(url: URL, what: string): string {
    if (url.username !== '' || url.password !== '') throw new RefusedTarget(`${what} carries a user name or password`);
    if (url.origin !== base.origin) throw new RefusedTarget(`${what} leads to ${originOf(url)}, not to ${base.origin}`);
    const path = url.pathname.slice(prefix.length) || '/';
    const inside = url.pathname.startsWith(prefix) && path.startsWith('/') && !path.startsWith('//');
    if (!inside || climbs(path)) throw new RefusedTarget(`${what} leads out of ${home}/`);
    return path + url.search;
  }

  return {
    origin: base.origin,
    full(path) {
      if (!path.startsWith('/')) throw new RefusedTarget('the path does not start with /');
      return prefix + below(parse(home + path, base, 'the path'), 'the path');
    },
    follow(next) {
      const what = 'the next link';
      if (/^[^/?#]*\/\/[^/?#]*@/.test(next)) throw new RefusedTarget(`${what} carries a user name or password`);
      return below(parse(next, new URL(`${home}/`), what), what);
    },
  };
}

/** The origin that a `Location` names, for a message: its query may hold a token. */
export function originOf(url: URL): string {
  const origin = url.origin === 'null' ? url.protocol : url.origin;
  return excerpt(Buffer.from(origin), 120);
}

function baseOf(baseUrl: string): URL {
  let url: URL;
  try {
    url = new URL(baseUrl);
  } catch {
    throw new Error('baseUrl is not a URL; expected something like https://api.example.com');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new Error('baseUrl must begin with https:// or http://');
  if (url.username !== '' || url.password !== '') throw new Error('baseUrl must not hold a user name or password');
  if (url.search !== '' || url.hash !== '') throw new Error('baseUrl must end with its path, without ? and #');
  return url;
}

/** `new URL` drops tabs and line ends and turns backslashes into slashes before it looks, so these are refused in what comes in. */
function parse(text: string, base: URL, what: string): URL {
  if (text === '' || text.length > LONGEST) throw new RefusedTarget(`${what} has ${text.length} characters`);
  if (/[\\\s\p{Cc}]/u.test(text))
    throw new RefusedTarget(`${what} holds a backslash, white space or a control character`);
  let url: URL;
  try {
    url = new URL(text, base);
  } catch {
    throw new RefusedTarget(`${what} is not a URL`);
  }
  if (url.href.length > LONGEST) throw new RefusedTarget(`${what} has ${url.href.length} characters`);
  return url;
}

/** `new URL` resolves `..` and `%2e%2e`, but not `..%2f`, which a server or proxy behind it may. */
function climbs(path: string): boolean {
  try {
    return /(?:^|[/\\])\.\.?(?:[/\\]|$)/.test(decodeURIComponent(path));
  } catch {
    // Not UTF-8 once decoded: look at what could hide dots and slashes only.
    return /%2f|%5c/i.test(path);
  }
}
