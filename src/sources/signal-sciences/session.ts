import type { Secret } from '../../core/contract.ts';
import { CredentialsRejected, UnexpectedAnswer } from '../../core/failures.ts';
import { SECOND } from '../../core/time.ts';
import type { Http, HttpResponse } from '../../http/client.ts';
import { isJson, memberOf, messageOf } from '../answers.ts';
import { reveal, sendable, tokenSession, type Proof, type Session } from '../session.ts';
import { failureOf } from './answers.ts';
import type { SignalSciencesSettings } from './settings.ts';

const LOGIN_DEADLINE = 30 * SECOND;

export function openSession(auth: SignalSciencesSettings['auth'], send: Http['request'], clock: () => number): Session {
  if (!('email' in auth)) return apiTokenSession(auth);
  // How long a token lives is not stated.
  const logInNow = async (signal: AbortSignal): Promise<{ proof: Proof }> => ({
    proof: await logIn(auth, send, signal),
  });
  return tokenSession({ place: auth.password.place, logIn: logInNow, clock });
}

/** `POST /api/v0/auth` with a form, then `Authorization: Bearer` (signal-sciences.txt:73-92). */
async function logIn(
  auth: { email: string; password: Secret },
  send: Http['request'],
  signal: AbortSignal,
): Promise<Proof> {
  const answer = await send({
    method: 'POST',
    path: '/api/v0/auth',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({ email: auth.email, password: reveal(auth.password) }).toString(),
    signal,
    deadlineMs: LOGIN_DEADLINE,
  });
  const token = tokenOf(answer, auth.password.place);
  return { headers: { authorization: `Bearer ${token}` }, secret: token };
}

/** The body of a login is never attached to a failure: whatever its shape, it may hold a token. */
function tokenOf(answer: HttpResponse, place: string): string {
  const { status } = answer;
  if (status === 401) throw new CredentialsRejected('the vendor refused the login', place);
  if (status !== 200) {
    throw (
      failureOf(answer, 'the login', place) ?? new UnexpectedAnswer(`the login: status ${status}: ${messageOf(answer)}`)
    );
  }
  const token = isJson(answer) ? memberOf(answer.body, 'token') : undefined;
  if (typeof token !== 'string' || !sendable(token)) throw new UnexpectedAnswer('the login: an answer without a token');
  return token;
}

/** An API token needs no login: every request carries it. */
function apiTokenSession(auth: { user: string; token: Secret }): Session {
  let held: Proof | undefined;
  const { place } = auth.token;
  const read = (): Proof => {
    const token = reveal(auth.token);
    if (token === held?.secret) return held;
    if (!sendable(token)) throw new CredentialsRejected('the token holds characters that no header can carry', place);
    held = { headers: { 'x-api-user': auth.user, 'x-api-token': token }, secret: token };
    return held;
  };
  return {
    place,
    proof: async () => read(),
    // Secrets rotate: the one that was refused may not be the one that is in place by now.
    renew: async (refused) => {
      const proof = read();
      if (proof === refused) throw new CredentialsRejected('the vendor refused the token', place);
      return proof;
    },
    async verify() {
      read();
      return undefined;
    },
    close: () => undefined,
  };
}
