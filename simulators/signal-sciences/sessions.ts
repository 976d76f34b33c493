import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../kit/http.ts';
import { PER_CORP } from './connections.ts';
import type { Report } from './violations.ts';

export interface Account {
  readonly email: string;
  readonly password: string;
  /** For `x-api-user` and `x-api-token`; without it the account can only log in. */
  readonly token?: string;
}

export interface Sessions {
  /** @returns a bearer token; throws a {@link Refusal} (401) for a wrong login (signal-sciences.txt:78). */
  login(email: string, password: string): string;
  /** Throws a {@link Refusal} (401) unless the request carries a living session or an account's API token. */
  check(headers: IncomingHttpHeaders): void;
  /** Ends the session that the request carries, if it carries one, and refuses it (401). */
  end(headers: IncomingHttpHeaders): Refusal;
  endAll(): void;
}

interface Session {
  readonly email: string;
  readonly since: number;
}

const STORM = 10;
const STORM_SPAN = 60_000;

export function createSessions(
  accounts: readonly Account[],
  now: () => number,
  maxAge: () => number | null,
  report: Report,
): Sessions {
  const sessions = new Map<string, Session>();
  const watch = createWatch(now, report);
  return { login, check, end, endAll: () => [...sessions.keys()].forEach(kill) };

  function login(email: string, password: string): string {
    watch.login();
    if (!accounts.some((account) => account.email === email && account.password === password)) {
      throw new Refusal(401, 'Incorrect email or password');
    }
    const token = randomBytes(24).toString('hex');
    sessions.set(token, { email, since: now() });
    return token;
  }

  function check(headers: IncomingHttpHeaders): void {
    const token = bearer(headers);
    const user = headers['x-api-user'];
    if (token === undefined && user === undefined) {
      report('no-credentials', 'neither a bearer token nor x-api-user and x-api-token');
      throw new Refusal(401, 'Missing credentials');
    }
    if (token !== undefined ? lives(token) : hasApiToken(user, headers['x-api-token'])) return;
    throw refusal(token);
  }

  function end(headers: IncomingHttpHeaders): Refusal {
    const token = bearer(headers);
    if (token !== undefined) kill(token);
    return refusal(token);
  }

  function refusal(token: string | undefined): Refusal {
    if (token !== undefined) watch.refusal(token);
    return new Refusal(401, 'Unauthorized');
  }

  function kill(token: string): void {
    if (sessions.delete(token)) watch.ending();
  }

  function lives(token: string): boolean {
    const session = sessions.get(token);
    if (session === undefined) return false;
    if (now() - session.since <= (maxAge() ?? Infinity)) return true;
    kill(token);
    return false;
  }

  function hasApiToken(user: unknown, token: unknown): boolean {
    return accounts.some((account) => account.token !== undefined && account.email === user && account.token === token);
  }
}

/** Looks for clients that do not learn from a refusal. */
function createWatch(
  now: () => number,
  report: Report,
): { login(): void; ending(): void; refusal(token: string): void } {
  const refused = new Map<string, number>();
  const logins: number[] = [];
  const endings: number[] = [];
  const recent = (times: readonly number[]): number => times.filter((time) => now() - time < STORM_SPAN).length;
  return {
    /** A session that ended is a reason to log in again; otherwise ten logins in a minute serve more workers than there are connections. */
    login: () => {
      logins.push(now());
      while ((logins[0] ?? Infinity) <= now() - STORM_SPAN) logins.shift();
      if (recent(logins) > STORM + recent(endings)) report('login-storm', `${recent(logins)} logins in a minute`);
    },
    ending: () => void endings.push(now()),
    /** As many requests as may be under way at once can learn of a session's end at the same time; the next one should have known. */
    refusal: (token) => {
      const times = (refused.get(token) ?? 0) + 1;
      refused.set(token, times);
      if (times > PER_CORP) report('dead-token-reused', `a token that was refused ${times} times`);
    },
  };
}

function bearer(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
}
