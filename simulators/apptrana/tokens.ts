import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Strikes } from '../kit/faults.ts';
import { Refusal } from '../kit/http.ts';
import { createCodes, UNAUTHORISED, type CodeParts } from './codes.ts';
import type { Faults, Occasion } from './faults.ts';
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
  /** Counts a request about attacks; the token ends when it has had its share. @returns which request of its token it is, from 1. */
  use(headers: IncomingHttpHeaders): number;
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

const STORM = 30;
const STORM_SPAN = 60_000;

interface TokenParts extends CodeParts {
  readonly strikes: Strikes<Occasion>;
}

interface Living {
  readonly clientId: string;
  /** ms since the epoch. */
  readonly until: number;
  /** How many requests about attacks it was used for. */
  uses: number;
}

export function createTokens(options: SimulatorOptions, parts: TokenParts): Tokens {
  const { faults, now, report, strikes } = parts;
  const { clients = [DEFAULT_CLIENT], grants = ['authorization_code', 'client_credentials', 'basic'] } = options;
  const codes = createCodes(parts);
  const living = new Map<string, Living>();
  /** API IDs that were given a token before. */
  const served = new Set<string>();
  const watchLogins = createWatch(now, report);

  return {
    authorize(clientId) {
      if (!clients.some(({ id }) => id === clientId)) throw new Refusal(401, UNAUTHORISED);
      return codes.give(clientId);
    },
    logIn({ grant, id, secret, code }) {
      watchLogins();
      if (!clients.some((client: Client) => client.id === id && client.secret === secret)) {
        report('wrong-secret', 'the API ID and the key do not belong together');
        throw new Refusal(401, UNAUTHORISED);
      }
      if (!grants.includes(grant)) throw new Refusal(401, UNAUTHORISED);
      if (grant === 'authorization_code') codes.redeem(code ?? '', id);
      const isRefused = served.has(id) && strikes.strike('refuseRenewal', faults.refuseRenewal, { kind: 'token' });
      if (isRefused) throw new Refusal(401, UNAUTHORISED);
      served.add(id);
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
    use(headers) {
      const token = tokenIn(headers, faults.header) ?? '';
      const one = living.get(token);
      if (one === undefined) return 0;
      one.uses += 1;
      if (one.uses > (faults.tokenEndsAfterRequests ?? Infinity)) living.delete(token);
      return one.uses;
    },
    end(headers) {
      const token = tokenIn(headers, faults.header);
      if (token !== undefined) living.delete(token);
    },
    endAll: () => living.clear(),
  };

  /** A repeated login gives the same token with what is left of its life: a sample of another guide has 86288 s. */
  function tokenFor(clientId: string): Token {
    const known = [...living].find(([, one]) => one.clientId === clientId && one.until - now() >= 1000);
    if (known !== undefined && faults.repeatedLogin === 'same')
      return { token: known[0], leftMs: known[1].until - now() };
    for (const [old, one] of living) if (one.clientId === clientId) living.delete(old);
    const token = randomBytes(24).toString('base64url');
    living.set(token, { clientId, until: now() + faults.tokenLifeMs, uses: 0 });
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
