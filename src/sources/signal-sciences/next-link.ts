import { RefusedTarget, UnexpectedAnswer } from '../../core/failures.ts';

/** A link to the next page, checked, as path and query, and how to send its `next` value in a form instead. */
export interface NextLink {
  /** Path and query as the vendor wrote them, for a GET. */
  readonly path: string;
  /** The same page by POST: the query without `next`, and its decoded value; undefined when the link has none to send. */
  readonly form?: { readonly path: string; readonly next: string };
}

/** What the contract allows a cursor to be; the vendor's grow with the query (a GET with one of 20 kB is refused with 414). */
const LONGEST_CURSOR = 32 * 1024;

/**
 * The link to the next page out of the `next` of an answer, or null at the end of the chain. The vendor's sample ends at
 * `next.uri == ''` (signal-sciences.txt:110-112); its own Splunk app also stops when `next` or `next.uri` is missing or null.
 *
 * @param body the whole answer, for quarantine.
 * @throws UnexpectedAnswer when it is anything else than text, or too long to be kept as a cursor.
 */
export function nextUri(next: unknown, body: Uint8Array): string | null {
  if (next === undefined || next === null) return null;
  if (typeof next !== 'object' || Array.isArray(next)) throw new UnexpectedAnswer('next is not an object', { body });
  const uri = (next as Record<string, unknown>)['uri'];
  if (uri === undefined || uri === null || uri === '') return null;
  if (typeof uri !== 'string') throw new UnexpectedAnswer('next.uri is not text', { body });
  const bytes = Buffer.byteLength(uri);
  if (bytes > LONGEST_CURSOR) {
    throw new UnexpectedAnswer(`next.uri has ${bytes} bytes; at most ${LONGEST_CURSOR} are followed`, { body });
  }
  return uri;
}

/**
 * Takes a link apart.
 *
 * @param link path and query, the origin checked already.
 * @param feedPath the path of this stream's feed.
 * @param limit records a page, kept in the URL of a POST as the vendor's Splunk app does.
 * @throws RefusedTarget when it leads anywhere but to the same feed: it would be asked with our session, and what came back would be
 *   stored under the wrong site.
 */
export function nextLink(link: string, feedPath: string, limit: number): NextLink {
  const [path = '', ...rest] = link.split('?');
  if (!samePath(path, feedPath)) throw new RefusedTarget(`the next link leads out of ${feedPath}`);
  const pairs = rest.join('?').split('&').filter(Boolean);
  const values = pairs.filter((pair) => nameOf(pair) === 'next').map(valueOf);
  const [next] = values;
  if (values.length !== 1 || next === undefined || next === '') return { path: link };
  const kept = pairs.filter((pair) => nameOf(pair) !== 'next');
  if (!kept.some((pair) => nameOf(pair) === 'limit')) kept.push(`limit=${limit}`);
  return { path: link, form: { path: `${path}?${kept.join('&')}`, next } };
}

/** The body of the POST: encoded once, as a form is. */
export function nextForm(next: string): string {
  return new URLSearchParams({ next }).toString();
}

function samePath(a: string, b: string): boolean {
  const left = a.split('/').map(decoded);
  const right = b.split('/').map(decoded);
  return left.length === right.length && left.every((segment, i) => segment !== undefined && segment === right[i]);
}

function nameOf(pair: string): string | undefined {
  return decoded(pair.split('=', 1)[0] ?? '');
}

/**
 * Decoded once, and `+` stays `+`: `URLSearchParams` would read it as a space, which no cursor holds (they are base64), so a `+` in
 * a link that was not escaped can only mean itself.
 */
function valueOf(pair: string): string | undefined {
  const equals = pair.indexOf('=');
  return equals < 0 ? undefined : decoded(pair.slice(equals + 1));
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
