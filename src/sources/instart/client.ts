import { performance } from 'node:perf_hooks';
import { Unavailable, UnexpectedAnswer } from '../../core/failures.ts';
import { SECOND } from '../../core/time.ts';
import type { Http, HttpRequest, HttpResponse } from '../../http/client.ts';
import { requireJson } from '../answers.ts';
import { basicSession } from '../basic-session.ts';
import { askWith } from '../session.ts';
import { observed, vendorClock, type VendorClock } from '../vendor-clock.ts';
import { failureOf, isNotOffered, markTooMuch } from './answers.ts';
import { queryString, type Ask, type Query } from './query.ts';
import { readRows, type Rows } from './rows.ts';
import type { InstartSettings } from './settings.ts';

/** Speaks the Security Stats API for one customer; what is asked for, and when, is decided elsewhere. */
export interface Client {
  /** Proves that the credentials work, and learns the vendor's clock. */
  authenticate(signal: AbortSignal): Promise<void>;
  /**
   * One answer to a query, checked to be an answer to it.
   * @param where names the stream in messages; `settings` says which settings to look at when the vendor refuses the query
   * @throws what `isTooMuch` tells when it came too late or is too large
   */
  rows(query: Query, ask: Ask, where: Where, signal: AbortSignal): Promise<Rows>;
  /** One of the vendor's own lists, `events/dimensions`, as it is; `undefined` where it has none, with the status. */
  list(path: string, signal: AbortSignal): Promise<HttpResponse | { readonly missing: number }>;
  readonly vendor: VendorClock;
  close(): Promise<void>;
}

export interface Where {
  readonly what: string;
  readonly settings: string;
}

export interface ClientOptions {
  /** The source's name, for messages. */
  readonly id: string;
  readonly settings: Pick<InstartSettings, 'customer' | 'auth'>;
  readonly http: Http;
  /** Our own clock, ms since the epoch. */
  readonly clock: () => number;
  /** How long a data request may take, ms. */
  readonly patience?: number | undefined;
}

/** Three of these and what surrounds them fit in one run of an activity. */
const PATIENCE = 40 * SECOND;
const SOON = 30 * SECOND;

/** The client closes `http` when it is closed itself. */
export function openClient({ id, settings, http, clock, patience = PATIENCE }: ClientOptions): Client {
  const { customer, auth } = settings;
  const vendor = vendorClock(clock);
  const session = basicSession(auth.username, auth.password);
  const ask = askWith(session, observed(http, vendor, clock), SOON);
  const base = `/${encodeURIComponent(customer)}/v1/stats/security`;
  const headers = { accept: 'application/json' };

  const get = (path: string, what: string, signal: AbortSignal, more?: Partial<HttpRequest>): Promise<HttpResponse> =>
    ask({ method: 'GET', path: `${base}/${path}`, headers, signal, ...more }, what);

  return {
    async authenticate(signal) {
      const what = `${id}, login`;
      // Says everything but a body (instart.txt:112-114), where it is served at all: its path is not that of the data.
      const head = await get('events', what, signal, { method: 'HEAD' });
      const answer = isNotOffered(head) ? await get('events/dimensions', what, signal) : head;
      if (answer.status < 200 || answer.status > 299) throw failureOf(answer, what, session.place);
    },
    async rows(query, wanted, { what, settings }, signal) {
      const path = `${query.path}/data?${queryString(query, wanted)}`;
      const answer = await inTime(patience, () => get(path, what, signal, { deadlineMs: patience }));
      if (answer.status !== 200)
        throw failureOf(answer, what, session.place, (wanted.start > 0 ? NO_START : '') + lookAt(settings));
      return readRows(answer, query, wanted, what);
    },
    async list(path, signal) {
      const what = `${id}, ${path}`;
      const answer = await get(path, what, signal);
      // With credentials that work, 403 says that this product was not bought.
      if (isNotOffered(answer) || answer.status === 403) return { missing: answer.status };
      if (answer.status !== 200) throw failureOf(answer, what, session.place);
      requireJson(answer, what);
      return answer;
    },
    vendor,
    async close() {
      session.close();
      await http.close();
    },
  };
}

/** `start` is only in the document's echo (instart.txt:421). */
const NO_START = '; it may not take `start`: raise `rowsPerPage`, so that a second fits into one answer';

const lookAt = (settings: string): string =>
  `; look at \`${settings}\`, and at what \`sluice config check --online\` says of it`;

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
