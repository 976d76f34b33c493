import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../kit/http.ts';
import type { Faults } from './faults.ts';
import { DEFAULT_CLIENT, type Client, type Grant, type SimulatorOptions } from './simulator.ts';
import type { Report } from './violations.ts';

export interface Token {
  readonly token: string;
  /** What is left of its life, ms. */
  readonly leftMs: number;
}

export interface Tokens {
  /** A code for the API ID, good once. Throws a {@link Refusal} (401) for one that it does not know. */
  authorize(clientId: string): string;
  /** Throws a {@link Refusal} (401) for wrong credentials, a code that is not good, or a grant that the account does not take. */
  logIn(login: Login): Token;
  /** Throws a {@link Refusal} (401) unless a header carries a living token. */
  check(headers: IncomingHttpHeaders): void;
  /** Ends the token that a request carries. */
  end(headers: IncomingHttpHeaders): void;
  endAll(): void;
}

export interface Login {
  readonly grant: Grant;
  readonly id: string;
  readonly secret: string;
  readonly code?: string | undefined;
}

interface Code {
  readonly clientId: string;
  readonly at: number;
  used: boolean;
}

const STORM = 30;
const STORM_SPAN = 60_000;
const UNAUTHORISED = 'Unauthorised';

export function createTokens(options: SimulatorOptions, faults: Faults, now: () => number, report: Report): Tokens {
  const { clients = [DEFAULT_CLIENT], grants = ['authorization_code', 'client_credentials', 'basic'] } = options;
  const codes = new Map<string, Code>();
  const living = new Map<string, { readonly clientId: string; readonly until: number }>();
  const watchLogins = createWatch(now, report);

  return {
    authorize(clientId) {
      if (!clients.some(({ id }) => id === clientId)) throw new Refusal(401, UNAUTHORISED);
      const code = randomBytes(12).toString('base64url');
      codes.set(code, { clientId, at: now(), used: false });
      return code;
    },
    logIn({ grant, id, secret, code }) {
      watchLogins();
      if (!clients.some((client: Client) => client.id === id && client.secret === secret)) {
        report('wrong-secret', 'the API ID and the key do not belong together');
        throw new Refusal(401, UNAUTHORISED);
      }
      if (!grants.includes(grant)) throw new Refusal(401, UNAUTHORISED);
      if (grant === 'authorization_code') redeem(code ?? '', id);
      return tokenFor(id);
    },
    check(headers) {
      const token = tokenIn(headers, faults.header);
      if (token === undefined) {
        report('no-credentials', `no token in the header that is read (${faults.header})`);
        throw new Refusal(401, UNAUTHORISED);
      }
      if (now() >= (living.get(token)?.until ?? 0)) throw new Refusal(401, UNAUTHORISED);
    },
    end(headers) {
      const token = tokenIn(headers, faults.header);
      if (token !== undefined) living.delete(token);
    },
    endAll: () => living.clear(),
  };

  function redeem(text: string, clientId: string): void {
    const code = codes.get(text);
    if (code === undefined || code.clientId !== clientId) {
      report('code-unknown', 'a code that was not given out to this API ID');
      throw new Refusal(401, UNAUTHORISED);
    }
    if (code.used) report('code-reused', 'a code is good once');
    if (code.used || now() - code.at > faults.codeLifeMs) throw new Refusal(401, UNAUTHORISED);
    code.used = true;
  }

  /** A repeated login gives the same token with what is left of its life: a sample of another guide has 86288 s. */
  function tokenFor(clientId: string): Token {
    const known = [...living].find(([, one]) => one.clientId === clientId && one.until - now() >= 1000);
    if (known !== undefined && faults.repeatedLogin === 'same')
      return { token: known[0], leftMs: known[1].until - now() };
    for (const [old, one] of living) if (one.clientId === clientId) living.delete(old);
    const token = randomBytes(24).toString('base64url');
    living.set(token, { clientId, until: now() + faults.tokenLifeMs });
    return { token, leftMs: faults.tokenLifeMs };
  }
}

/** `Authorisation` (indusface.txt:79) is no header that HTTP knows; blanks before `Bearer` are let through, as in the page. */
function tokenIn(headers: IncomingHttpHeaders, mode: Faults['header']): string | undefined {
  const documented = mode === 'Authorization' ? undefined : headers['authorisation'];
  const modern = mode === 'Authorisation' ? undefined : headers['authorization'];
  const value = [documented, modern].flat().find((one) => one !== undefined) ?? '';
  return /^\s*Bearer\s+(\S+)\s*$/i.exec(value)?.[1];
}

function createWatch(now: () => number, report: Report): () => void {
  const logins: number[] = [];
  return () => {
    logins.push(now());
    while ((logins[0] ?? 0) < now() - STORM_SPAN) logins.shift();
    if (logins.length === STORM) report('login-storm', `${STORM} logins within a minute`);
  };
}
