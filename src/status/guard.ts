import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

export interface GuardOptions {
  /** Whether only this machine can reach the server: then actions need no token of a person's. */
  readonly isLocal: boolean;
  /** What actions need elsewhere; absent: there are none. */
  readonly token?: string | undefined;
  /** Hosts under which the server may be asked, beside the loopback's. */
  readonly hosts: readonly string[];
}

const LOCAL = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;
const COOKIE = 'sluice-form';

export interface Guard {
  /** For every request: security headers, and an end for whoever comes under a name that is not ours (DNS rebinding). */
  readonly headers: MiddlewareHandler<{ Variables: { nonce: string } }>;
  /** What a form must send back. */
  formToken(c: Context): string;
  /** @returns why an action is refused; `undefined` when it may go on */
  refusal(c: Context, form: Readonly<Record<string, unknown>>): string | undefined;
  /** Whether somebody may act from here at all. */
  readonly mayAct: boolean;
}

export function createGuard({ isLocal, token, hosts }: GuardOptions): Guard {
  return {
    mayAct: isLocal || token !== undefined,
    async headers(c, next) {
      const host = c.req.header('host') ?? '';
      if (!LOCAL.test(host) && !hosts.includes(host)) return c.text('this server is not known by that name\n', 421);
      const nonce = randomBytes(16).toString('base64');
      c.set('nonce', nonce);
      await next();
      c.header('Content-Security-Policy', policy(nonce));
      c.header('X-Content-Type-Options', 'nosniff');
      // Not `no-referrer`: a browser would then call the origin of our own forms `null`.
      c.header('Referrer-Policy', 'same-origin');
      c.header('X-Frame-Options', 'DENY');
      c.header('Cross-Origin-Opener-Policy', 'same-origin');
      if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
      return undefined;
    },
    formToken(c) {
      const known = getCookie(c, COOKIE);
      if (known !== undefined && /^[\w-]{20,}$/.test(known)) return known;
      const fresh = randomBytes(18).toString('base64url');
      setCookie(c, COOKIE, fresh, { httpOnly: true, sameSite: 'Strict', path: '/' });
      return fresh;
    },
    refusal(c, form) {
      if (!(isLocal || token !== undefined)) return 'this server only shows: start it with a token to act from here';
      const origin = c.req.header('origin');
      const site = c.req.header('sec-fetch-site');
      if (site !== undefined && site !== 'same-origin') return 'actions come from this page alone';
      if (origin !== undefined && hostOf(origin) !== c.req.header('host')) return 'actions come from this page alone';
      if (!same(textIn(form['form']), getCookie(c, COOKIE) ?? '')) return 'the form is stale: load the page again';
      if (token !== undefined && !same(textIn(form['token']), token)) return 'that is not the token';
      return undefined;
    },
  };
}

/** Nothing but what the page brings itself. */
function policy(nonce: string): string {
  return `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
}

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

function same(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length > 0 && one.length === other.length && timingSafeEqual(one, other);
}
