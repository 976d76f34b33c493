import { CredentialsRejected, Failure, RefusedTarget, Unavailable, UnexpectedAnswer } from '../core/failures.ts';
import { formatDuration, SECOND } from '../core/time.ts';
import { excerpt, redact } from './redaction.ts';

/** What is known about a request that went wrong. */
export interface Attempt {
  /** `GET /api/v0/auth`: without the query, which may hold a token. */
  readonly what: string;
  readonly deadlineMs: number;
  /** Whether the total time ran out. */
  readonly expired: boolean;
  /** Whether the answer's headers had come. */
  readonly answered: boolean;
  readonly connectTimeoutMs: number;
  /** How long silence is put up with before and inside an answer. */
  readonly silenceMs: number;
  /** Where the proxy's setting comes from, if there is one. */
  readonly proxyPlace: string | undefined;
}

/**
 * Names what went wrong, for an operator: nothing of the query, the headers or the proxy's password.
 * @returns the failure to throw; an ordinary Error when it is a fault of ours, which no repetition heals.
 */
export function troubleOf(error: unknown, attempt: Attempt): Error {
  const { what, answered } = attempt;
  if (error instanceof Failure) return prefixed(error, what);
  if (attempt.expired) {
    const limit = time(attempt.deadlineMs);
    return new Unavailable(
      say(what, answered ? `the answer was not complete after ${limit}` : `no answer within ${limit}`),
    );
  }
  const code = codeOf(error);
  if (error instanceof TypeError || code === undefined || code === 'UND_ERR_INVALID_ARG') {
    return new Error(say(what, `could not be sent: ${messageOf(error)}`));
  }
  const refused = attempt.proxyPlace === undefined ? undefined : proxyRefusal(error, attempt.proxyPlace, what);
  if (refused) return refused;
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return new UnexpectedAnswer(say(what, 'the headers of the answer are too large'));
  return new Unavailable(say(what, reasonOf(error, code, attempt)));
}

function reasonOf(error: unknown, code: string, attempt: Attempt): string {
  const by = attempt.proxyPlace === undefined ? '' : ', by way of the proxy';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return `no connection within ${time(attempt.connectTimeoutMs)}${by}`;
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return `no answer within ${time(attempt.silenceMs)}${by}`;
  if (code === 'UND_ERR_BODY_TIMEOUT') return `the answer stopped for ${time(attempt.silenceMs)}${by}`;
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') return 'the connections were closed';
  const hint = UNKNOWN_AUTHORITY.has(code)
    ? '; if the certificate is from a private authority, name it under `ca`'
    : '';
  const start = attempt.answered ? 'the answer was cut short: ' : '';
  return `${start}${messageOf(error)} (${code})${by}${hint}`;
}

const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** undici tells what a proxy answered to CONNECT only in words: `Proxy response (407) !== 200 when HTTP Tunneling`. */
function proxyRefusal(error: unknown, place: string, what: string): Failure | undefined {
  const status = /^Proxy response \((\d{3})\)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (status === undefined) return undefined;
  if (status === '407')
    return new CredentialsRejected(say(what, 'the proxy wants other credentials (status 407)'), place);
  return new Unavailable(say(what, `the proxy would not connect (status ${status})`));
}

/** The same failure, with the request in front and redacted. */
function prefixed(failure: Failure, what: string): Failure {
  if (failure instanceof UnexpectedAnswer)
    return new UnexpectedAnswer(say(what, failure.message), { body: failure.body });
  if (failure instanceof Unavailable) return new Unavailable(say(what, failure.message));
  if (failure instanceof RefusedTarget) return new RefusedTarget(say(what, failure.message));
  return failure;
}

function time(ms: number): string {
  return ms < SECOND ? `${ms} ms` : formatDuration(ms);
}

function say(what: string, text: string): string {
  return redact(`${what}: ${text}`);
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  // undici's parser leaves the code out for what is not HTTP at all.
  const parser = error.name === 'HTTPParserError' ? 'HPE_INVALID' : undefined;
  return typeof code === 'string' ? code : parser;
}

/** A name with several addresses fails with one error for each, and no message of its own. */
function messageOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return excerpt(Buffer.from(first instanceof Error ? first.message : String(first)), 200);
}
