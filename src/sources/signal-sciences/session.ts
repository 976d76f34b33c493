import type { Secret } from '../../core/contract.ts';
import { CredentialsRejected, UnexpectedAnswer } from '../../core/failures.ts';
import { MINUTE, SECOND } from '../../core/time.ts';
import type { Http, HttpRequest, HttpResponse } from '../../http/client.ts';
import { registerSecret } from '../../http/redaction.ts';
import { failureOf, isJson, messageOf } from './answers.ts';
import type { SignalSciencesSettings } from './settings.ts';

/** What proves who asks. Two proofs are the same when they are the same object. */
export interface Proof {
  readonly headers: Readonly<Record<string, string>>;
  /** The part of the headers that must not be printed. */
  readonly secret: string;
}

/** Keeps the proof of one account, in memory only. */
export interface Session {
  /** Where the secret comes from, for messages. */
  readonly place: string;
  /** The proof to ask with; logs in when there is none yet. */
  proof(signal: AbortSignal): Promise<Proof>;
  /** After a 401: another proof than the refused one, or `CredentialsRejected` when there is none to be had. */
  renew(refused: Proof, signal: AbortSignal): Promise<Proof>;
  /** Proves that the credentials work, as far as the vendor has a way to ask. */
  verify(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Sends one request of the feed with the session's proof; `what` names it in messages. Never resolves with a 401. */
export type Ask = (request: HttpRequest, what: string) => Promise<HttpResponse>;

const LOGIN_DEADLINE = 30 * SECOND;

/** A page of 1,000 requests with their headers can take the vendor long; its own Splunk app waits up to five minutes. */
const PAGE_DEADLINE = 2 * MINUTE;

/** A login younger than this proves that the credentials work: every stream asks for that proof at about the same time. */
const FRESH = 5 * MINUTE;

export function openSession(auth: SignalSciencesSettings['auth'], send: Http['request'], clock: () => number): Session {
  return 'email' in auth ? loginSession(auth, send, clock) : tokenSession(auth);
}

/** Asks again, once, with a fresh proof when the present one is refused; `CredentialsRejected` when that is refused too. */
export function askWith(session: Session, send: Http['request']): Ask {
  return async (request, what) => {
    const { signal } = request;
    const sendWith = ({ headers, secret }: Proof): Promise<HttpResponse> => {
      // At every use: redaction forgets what nobody has used for long.
      registerSecret(secret);
      return send({ ...request, headers: { ...request.headers, ...headers }, deadlineMs: PAGE_DEADLINE });
    };
    const proof = await session.proof(signal);
    const answer = await sendWith(proof);
    if (answer.status !== 401) return answer;
    const again = await sendWith(await session.renew(proof, signal));
    if (again.status !== 401) return again;
    throw new CredentialsRejected(`${what}: refused again with fresh credentials`, session.place);
  };
}

/** `POST /api/v0/auth` with a form, then `Authorization: Bearer` (signal-sciences.txt:73-92). How long a token lives is not stated. */
function loginSession(auth: { email: string; password: Secret }, send: Http['request'], clock: () => number): Session {
  const closing = new AbortController();
  let held: { proof: Proof; since: number } | undefined;
  let flight: Promise<Proof> | undefined;

  // One login for all who wait. It belongs to none of them, so the one who gives up does not take it from the others.
  const login = (): Promise<Proof> => {
    flight ??= logIn(auth, send, closing.signal)
      .then((proof) => {
        held = { proof, since: clock() };
        return proof;
      })
      .finally(() => {
        flight = undefined;
      });
    return flight;
  };

  return {
    place: auth.password.place,
    proof: async (signal) => held?.proof ?? orAborted(login(), signal),
    // Whoever was refused with an older token than the present one needs no login of its own.
    renew: async (refused, signal) => (held && held.proof !== refused ? held.proof : orAborted(login(), signal)),
    async verify(signal) {
      if (held === undefined || clock() - held.since >= FRESH) await orAborted(login(), signal);
    },
    close: () => closing.abort(new Error('the source was closed')),
  };
}

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
  const token = isJson(answer) ? field(answer.body, 'token') : undefined;
  if (typeof token !== 'string' || !sendable(token)) throw new UnexpectedAnswer('the login: an answer without a token');
  return token;
}

function field(body: Buffer, name: string): unknown {
  try {
    return (JSON.parse(body.toString('utf8')) as Record<string, unknown> | null)?.[name];
  } catch {
    return undefined;
  }
}

/** An API token needs no login: every request carries it. */
function tokenSession(auth: { user: string; token: Secret }): Session {
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
    verify: async () => void read(),
    close: () => undefined,
  };
}

function reveal(secret: Secret): string {
  try {
    const value = secret.reveal();
    registerSecret(value);
    return value;
  } catch (cause) {
    throw new CredentialsRejected('the secret cannot be read', secret.place, { cause });
  }
}

/** Visible ASCII: anything else would break the header, or the client's refusal to send it would print it. */
function sendable(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
