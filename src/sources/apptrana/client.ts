import type { WindowLimits } from '../../core/contract.ts';
import { type Failure, UnexpectedAnswer, WindowTooLarge } from '../../core/failures.ts';
import { SECOND, type Interval } from '../../core/time.ts';
import type { Http, HttpRequest, HttpResponse } from '../../http/client.ts';
import { askWith } from '../session.ts';
import { observed, vendorClock, type VendorClock } from '../vendor-clock.ts';
import { windowFailure } from '../window-bounds.ts';
import { failureOf, saidBy } from './answers.ts';
import { readAttacks, type Attacks } from './attacks.ts';
import { openSession } from './session.ts';
import type { ApptranaSettings } from './settings.ts';

/** Speaks the SIEM API for one connector; what is asked for, and when, is decided elsewhere. */
export interface Client {
  /** Proves that the credentials work, and learns the vendor's clock. @returns when the token ends, ms, where the vendor says. */
  authenticate(signal: AbortSignal): Promise<number | undefined>;
  /**
   * One answer about attacks, checked to be about what was asked for.
   * @param what names it in messages
   * @throws WindowTooLarge when the answer is larger than is taken
   */
  attacks(query: Query, what: string, signal: AbortSignal): Promise<Attacks>;
  /** The vendor's list of websites, as it is. */
  websites(signal: AbortSignal): Promise<HttpResponse>;
  readonly vendor: VendorClock;
  close(): Promise<void>;
}

export interface Query {
  /** What is wanted; inside of `asked`. */
  readonly wanted: Interval;
  /** The bounds as they are sent, ms since the epoch. */
  readonly asked: Interval;
  /** Absent: all that the account sees. */
  readonly website: string | undefined;
  readonly eventType: string | undefined;
}

export interface ClientOptions {
  /** The source's name, for messages. */
  readonly id: string;
  readonly settings: Pick<ApptranaSettings, 'auth' | 'header'> & { readonly limits: WindowLimits };
  readonly http: Http;
  /** Our own clock, ms since the epoch. */
  readonly clock: () => number;
}

/** Two of these fit in one run of an activity. */
const PATIENCE = 40 * SECOND;
const JSON_HEADERS = { accept: 'application/json', 'content-type': 'application/json' };

/** The client closes `http` when it is closed itself. */
export function openClient({ id, settings, http, clock }: ClientOptions): Client {
  const { limits, header } = settings;
  const vendor = vendorClock(clock);
  const send = observed(http, vendor, clock);
  const session = openSession(settings, send, clock);
  const hint = header === 'both' ? '' : `; is \`header: ${header}\` the one that this vendor reads? \`both\` sends two`;
  const ask = askWith(session, send, PATIENCE, hint);

  return {
    authenticate: (signal) => session.verify(signal),
    async attacks(query, what, signal) {
      const answer = await ask(attackRequest(query, signal), what).catch((error: unknown) => {
        throw isOversized(error) ? new WindowTooLarge(error.message) : error;
      });
      if (answer.status === 200) return readAttacks(answer, query.website, what);
      throw failureOf(answer, what, session.place) ?? refusal(answer, query, what, limits, vendor.now());
    },
    async websites(signal) {
      const what = `${id}, websites`;
      // Below the base URL, and not of the SIEM service: another of the vendor's guides has it.
      const request: HttpRequest = { method: 'GET', path: '/v2/website/get-websites', headers: JSON_HEADERS, signal };
      const answer = await ask(request, what);
      if (answer.status === 200) return answer;
      const failure = failureOf(answer, what, session.place);
      throw failure ?? new UnexpectedAnswer(`${what}: status ${answer.status}: ${saidBy(answer)}`);
    },
    vendor,
    async close() {
      session.close();
      await http.close();
    },
  };
}

/** The method is only in the sample (indusface.txt:128); times are milliseconds, written as text (indusface.txt:84-85). */
function attackRequest({ asked, website, eventType }: Query, signal: AbortSignal): HttpRequest {
  const body = JSON.stringify({
    startTime: String(asked.from),
    endTime: String(asked.until),
    ...(website !== undefined && { websiteName: website }),
    ...(eventType !== undefined && { eventType }),
  });
  return { method: 'POST', path: '/siem/v1/getAttackInfo', headers: JSON_HEADERS, body, signal };
}

/** The transport's word for an answer over its caps; it has no name of its own. */
function isOversized(error: unknown): error is Failure {
  return error instanceof UnexpectedAnswer && /more than \d+(?: bytes)?$/.test(error.message);
}

/** Its clock may have read up to this much less, or more, than we think. */
const SLACK = 2 * SECOND;

/** A refusal of what was asked for. A 400 can be the vendor's word on the bounds, judged by its clock and not by ours. */
function refusal(answer: HttpResponse, query: Query, what: string, limits: WindowLimits, now: number): Failure {
  const { status, body } = answer;
  const { wanted, website, eventType } = query;
  if (status === 400) {
    const outside = windowFailure(wanted, limits, now - SLACK) ?? windowFailure(wanted, limits, now + SLACK);
    if (outside) return outside;
  }
  const settings = [website !== undefined && '`websites`', eventType !== undefined && '`eventType`'].filter(Boolean);
  const look = settings.length === 0 ? '' : `; look at ${settings.join(' and ')}`;
  const hint = HINTS[status] ?? '';
  return new UnexpectedAnswer(`${what}: ${hint}status ${status}: ${saidBy(answer)}${look}`, { body });
}

const HINTS: Readonly<Record<number, string>> = {
  400: 'the vendor refuses the request: ',
  404: 'the vendor does not know this address; is `baseUrl` right? ',
};
