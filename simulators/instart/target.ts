import type { IncomingMessage } from 'node:http';
import { lookUp } from './catalogue.ts';
import type { Occasion } from './faults.ts';

/** What a request points at. */
export interface Target {
  /** After `/{customer}/v1/stats/security/`; null for a path that does not begin like this. */
  readonly path: string | null;
  readonly found: ReturnType<typeof lookUp>;
  readonly pairs: readonly (readonly [string, string])[];
  /** Whether each name and value is URL-encoded (instart.txt:44). */
  readonly encoded: boolean;
}

/** What a query may hold by RFC 3986; the page's own examples leave `,` `:` `;` and `=` as they are. */
const LEGAL = /^(?:[\w\-.~!$&'()*+,;=:@/?]|%[\da-f]{2})*$/i;

export function readTarget(url: string, customer: string): Target {
  const [pathname = '', ...rest] = url.split('?');
  const prefix = `/${encodeURIComponent(customer)}/v1/stats/security/`;
  const path = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : null;
  const query = rest.join('?');
  let encoded = true;
  const decode = (text: string): string => {
    if (!LEGAL.test(text)) encoded = false;
    try {
      return decodeURIComponent(text.replaceAll('+', ' '));
    } catch {
      encoded = false;
      return text;
    }
  };
  const pairs = query === '' ? [] : query.split('&').map((pair) => cut(pair).map(decode) as [string, string]);
  return { path, found: path === null ? undefined : lookUp(path), pairs, encoded };
}

function cut(pair: string): [string, string] {
  const equals = pair.indexOf('=');
  return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
}

export function occasionOf({ method }: IncomingMessage, { path, found, pairs }: Target, attempt: number): Occasion {
  const parameters = new Map(pairs);
  const [starttime, endtime, limit] = ['starttime', 'endtime', 'limit'].map((name) => parameters.get(name));
  return {
    kind: kindOf(found),
    path: path ?? '',
    method: method === 'HEAD' ? 'HEAD' : 'GET',
    ...(starttime !== undefined && { starttime }),
    ...(endtime !== undefined && { endtime }),
    ...(limit !== undefined && { limit: Number(limit) }),
    attempt,
  };
}

function kindOf(found: Target['found']): Occasion['kind'] {
  if (found === undefined || found.action === null) return 'head';
  return found.action === 'data' ? found.resource.type : 'list';
}
