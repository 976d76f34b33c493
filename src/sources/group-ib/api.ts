import { performance } from 'node:perf_hooks';
import { Unavailable, UnexpectedAnswer } from '../../core/failures.ts';
import { SECOND } from '../../core/time.ts';
import type { Http, HttpResponse } from '../../http/client.ts';
import { registerSecret } from '../../http/redaction.ts';
import { askWith, type Session } from '../session.ts';
import { observed, type VendorClock } from '../vendor-clock.ts';
import { failureOf, markTooMuch, type Asked } from './answers.ts';
import type { Pace } from './pace.ts';

/** Query parameters, in order; those without a value are left out. */
export type Query = readonly (readonly [name: string, value: string | number | undefined])[];

/** One host of the vendor's: takes turns, asks, and names what a refusal means. */
export interface Api {
  /**
   * The answer of status 200, where `accept` does not say that another status is an answer as well.
   * @param path below the base URL, its parts encoded
   * @throws what `isTooMuch` tells when it came too late or is too large
   */
  get(path: string, query: Query, asked: Asked, signal: AbortSignal, accept?: readonly number[]): Promise<HttpResponse>;
  /** The bytes of a file as they come, however large it is. Errors: as for `get`, and `Unavailable` where it is cut short. */
  download(path: string, asked: Asked, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** The vendor's clock, ms since the epoch. */
  readonly vendor: VendorClock;
}

export interface ApiOptions {
  readonly http: Http;
  readonly session: Session;
  readonly pace: Pace;
  readonly vendor: VendorClock;
  /** Our own clock, ms since the epoch. */
  readonly clock: () => number;
  /** How long one request may take, ms. */
  readonly patience?: number | undefined;
}

/** The vendor's own client waits 120 s; several requests have to fit into one run of an activity. */
const PATIENCE = 60 * SECOND;
/** A file of a threat report may be large. */
const DOWNLOAD = 600 * SECOND;

export function openApi({ http, session, pace, vendor, clock, patience = PATIENCE }: ApiOptions): Api {
  const send = observed(http, vendor, clock);
  const paced: Http['request'] = async (request) => {
    await pace.take(request.signal);
    const answer = await inTime(patience, () => send({ ...request, redirect: 'report' }));
    if (answer.status === 429) pace.hold(answer.retryAfterMs ?? 0);
    return answer;
  };
  const ask = askWith(session, paced, patience);
  return {
    async get(path, query, asked, signal, accept = []) {
      const request = {
        method: 'GET',
        path: `/${path}${written(query)}`,
        headers: { accept: 'application/json' },
      } as const;
      const answer = await ask({ ...request, signal }, asked.what);
      if (answer.status === 200 || accept.includes(answer.status)) return answer;
      throw failureOf(answer, asked, session.place);
    },
    async *download(path, asked, signal) {
      await pace.take(signal);
      const { headers, secret } = await session.proof(signal);
      registerSecret(secret);
      const request = { method: 'GET', path: `/${path}`, headers, signal, deadlineMs: DOWNLOAD } as const;
      yield* http.download(request, (answer) => {
        if (answer.status === 429) pace.hold(answer.retryAfterMs ?? 0);
        return failureOf(answer, asked, session.place);
      });
    },
    vendor,
  };
}

function written(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of query) if (value !== undefined) params.append(name, String(value));
  return params.size === 0 ? '' : `?${params.toString()}`;
}

/**
 * A network that fails and a vendor that takes too long are both `unavailable` to the transport; only the second is helped by asking for
 * less. It is the one that used its time up. What the transport itself refuses is an answer over the caps.
 */
async function inTime(patience: number, request: () => Promise<HttpResponse>): Promise<HttpResponse> {
  const started = performance.now();
  try {
    return await request();
  } catch (error) {
    const late = error instanceof Unavailable && performance.now() - started >= 0.95 * patience;
    throw late || error instanceof UnexpectedAnswer ? markTooMuch(error) : error;
  }
}
