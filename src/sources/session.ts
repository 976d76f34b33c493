import type { Secret } from '../core/contract.ts';
import { CredentialsRejected } from '../core/failures.ts';
import { MINUTE } from '../core/time.ts';
import type { Http, HttpRequest, HttpResponse } from '../http/client.ts';
import { registerSecret } from '../http/redaction.ts';

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
  /** The proof to ask with; logs in when there is none yet, or the present one is about to end. */
  proof(signal: AbortSignal): Promise<Proof>;
  /** After a 401: another proof than the refused one, or `CredentialsRejected` when there is none to be had. */
  renew(refused: Proof, signal: AbortSignal): Promise<Proof>;
  /** Proves that the credentials work, as far as the vendor has a way to ask. @returns when the proof ends, ms, where that is known. */
  verify(signal: AbortSignal): Promise<number | undefined>;
  close(): void;
}

/** Sends one request with the session's proof; `what` names it in messages. Never resolves with a 401. */
export type Ask = (request: HttpRequest, what: string) => Promise<HttpResponse>;

/**
 * Asks again, once, with a fresh proof when the present one is refused; `CredentialsRejected` when that is refused too.
 * @param hint what else than the secret may be wrong then, for its message
 */
export function askWith(session: Session, send: Http['request'], deadlineMs: number, hint = ''): Ask {
  return async (request, what) => {
    const { signal } = request;
    const sendWith = ({ headers, secret }: Proof): Promise<HttpResponse> => {
      // At every use: redaction forgets what nobody has used for long.
      registerSecret(secret);
      return send({ deadlineMs, ...request, headers: { ...request.headers, ...headers } });
    };
    const proof = await session.proof(signal);
    const answer = await sendWith(proof);
    if (answer.status !== 401) return answer;
    const again = await sendWith(await session.renew(proof, signal));
    if (again.status !== 401) return again;
    throw new CredentialsRejected(`${what}: refused again with fresh credentials${hint}`, session.place);
  };
}

/** What a login gave. */
export interface Granted {
  readonly proof: Proof;
  /** When it ends, ms since the epoch by `clock`, where the vendor says. */
  readonly until?: number;
}

interface Held extends Granted {
  readonly since: number;
}

/** A login younger than this proves that the credentials work: every stream asks for that proof at about the same time. */
const FRESH = 5 * MINUTE;
/** A token is renewed once this much of its life has passed, so that it does not end in the middle of many requests. */
const RENEW_AT = 0.8;

/**
 * A session whose proof is a token that a login gives: one login for all who wait, renewed in time where the vendor says when it ends.
 * @param options.logIn throws `CredentialsRejected` when the credentials are refused; never resolves twice with one object
 */
export function tokenSession(options: {
  readonly place: string;
  readonly logIn: (signal: AbortSignal) => Promise<Granted>;
  /** Our own clock, ms since the epoch. */
  readonly clock: () => number;
}): Session {
  const { place, logIn, clock } = options;
  const closing = new AbortController();
  let held: Held | undefined;
  let flight: Promise<Held> | undefined;

  // It belongs to none of those who wait for it, so the one who gives up does not take it from the others.
  const login = (): Promise<Held> => {
    flight ??= logIn(closing.signal)
      .then((granted) => (held = { ...granted, since: clock() }))
      .finally(() => {
        flight = undefined;
      });
    return flight;
  };
  const good = (): Held | undefined => (held !== undefined && !isOld(held, clock()) ? held : undefined);

  return {
    place,
    proof: async (signal) => (good() ?? (await orAborted(login(), signal))).proof,
    // Whoever was refused with an older token than the present one needs no login of its own.
    async renew(refused, signal) {
      if (held !== undefined && held.proof !== refused) return held.proof;
      return (await orAborted(login(), signal)).proof;
    },
    async verify(signal) {
      const young = good();
      const fresh = young !== undefined && clock() - young.since < FRESH ? young : undefined;
      return (fresh ?? (await orAborted(login(), signal))).until;
    },
    close: () => closing.abort(new Error('the source was closed')),
  };
}

function isOld({ since, until }: Held, now: number): boolean {
  return until !== undefined && now >= since + RENEW_AT * (until - since);
}

/** Reads a secret and keeps it out of every message from now on. @throws CredentialsRejected when it cannot be read. */
export function reveal(secret: Secret): string {
  try {
    const value = secret.reveal();
    registerSecret(value);
    return value;
  } catch (cause) {
    throw new CredentialsRejected('the secret cannot be read', secret.place, { cause });
  }
}

/** Visible ASCII: anything else would break the header, or the client's refusal to send it would print it. */
export function sendable(text: string): boolean {
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
