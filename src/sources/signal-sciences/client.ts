import type { WindowLimits } from '../../core/contract.ts';
import { MINUTE, SECOND, isoInterval, type Interval } from '../../core/time.ts';
import type { Http, HttpResponse } from '../../http/client.ts';
import { askWith, type Ask } from '../session.ts';
import { observed, vendorClock } from '../vendor-clock.ts';
import { windowFailure } from '../window-bounds.ts';
import { failureOf, firstPageFailure, nextPageFailure } from './answers.ts';
import { readFeedPage, type FeedPage } from './feed-page.ts';
import { nextForm, nextLink, type NextLink } from './next-link.ts';
import { openSession } from './session.ts';
import type { SignalSciencesSettings } from './settings.ts';

/** Speaks the request feed's protocol for one corp; what is asked for, and when, is decided elsewhere. */
export interface Client {
  /** Proves that the credentials work, as far as the vendor has a way to ask. */
  authenticate(signal: AbortSignal): Promise<void>;
  /** The first page of a window of a site, with at most `limit` records. No request is sent for what the vendor cannot serve. */
  firstPage(site: string, window: Interval, signal: AbortSignal, limit?: number): Promise<FeedPage>;
  /** The page that the `next` of an earlier one stands for. */
  nextPage(site: string, next: string, signal: AbortSignal): Promise<FeedPage>;
  /** The vendor's clock, ms since the epoch. */
  now(): number;
  /** The vendor's clock minus ours, ms. */
  skew(): number;
  close(): Promise<void>;
}

export interface ClientOptions {
  /** The source's name, for messages. */
  readonly id: string;
  readonly settings: SignalSciencesSettings & { readonly limits: WindowLimits };
  readonly http: Http;
  /** Our own clock, ms since the epoch. */
  readonly clock: () => number;
}

/** A page of 1,000 requests with their headers can take the vendor long; its own Splunk app waits up to five minutes. */
const PAGE_DEADLINE = 2 * MINUTE;

/** The client closes `http` when it is closed itself. */
export function openClient({ id, settings, http, clock }: ClientOptions): Client {
  const vendor = vendorClock(clock);
  const send = observed(http, vendor, clock);
  const session = openSession(settings.auth, send, clock);
  const ask = askWith(session, send, PAGE_DEADLINE);
  const follow = follower(ask, session.place);

  const linkOf = (site: string, next: string): NextLink =>
    nextLink(http.follow(next), feedPath(settings.corp, site), settings.limit);

  function read(answer: HttpResponse, site: string, what: string): FeedPage {
    const page = readFeedPage(answer, what);
    return page.next === null ? page : { ...page, next: linkOf(site, page.next).path };
  }

  return {
    async authenticate(signal) {
      await session.verify(signal);
    },
    async firstPage(site, window, signal, limit = settings.limit) {
      const { from, until } = isoInterval(window);
      const what = `${id}/${site} [${from}, ${until}), first page`;
      const outside = windowFailure(window, settings.limits, vendor.now());
      if (outside) throw outside;
      const answer = await get(ask, firstPath(settings, site, window, limit), what, signal);
      if (answer.status === 200) return read(answer, site, what);
      const failure = failureOf(answer, what, session.place);
      throw failure ?? firstPageFailure(answer, what, window, settings.limits, vendor.now());
    },
    async nextPage(site, next, signal) {
      const what = `${id}/${site}, next page`;
      const answer = await follow(linkOf(site, next), what, signal);
      if (answer.status === 200) return read(answer, site, what);
      throw failureOf(answer, what, session.place) ?? nextPageFailure(answer, what);
    },
    now: vendor.now,
    skew: vendor.skew,
    async close() {
      session.close();
      await http.close();
    },
  };
}

/** The vendor's sample sends a content type with its GETs (signal-sciences.txt:90). */
function get(ask: Ask, path: string, what: string, signal: AbortSignal): Promise<HttpResponse> {
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  return ask({ method: 'GET', path, headers, signal }, what);
}

type Way = 'GET' | 'POST';

/** What says that a link should go the other way: not found, not allowed or not understood; or too long for a URL. */
const REFUSED: Readonly<Record<Way, readonly number[]>> = { POST: [404, 405, 415], GET: [414, 431] };

/**
 * Follows links by the way that worked last. A form is tried first, since the links outgrow what a URL may hold; the vendor document
 * knows only the GET. The other way is remembered once it has worked, and not before: a 404 can also be a link that has expired.
 */
function follower(
  ask: Ask,
  place: string,
): (link: NextLink, what: string, signal: AbortSignal) => Promise<HttpResponse> {
  let way: Way = 'POST';

  function by(chosen: Way, link: NextLink, what: string, signal: AbortSignal): Promise<HttpResponse> {
    if (chosen === 'GET' || link.form === undefined) return get(ask, link.path, what, signal);
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
    return ask({ method: 'POST', path: link.form.path, headers, body: nextForm(link.form.next), signal }, what);
  }

  return async (link, what, signal) => {
    const tried = way;
    const answer = await by(tried, link, what, signal);
    if (link.form === undefined || !REFUSED[tried].includes(answer.status)) return answer;
    const other = tried === 'POST' ? 'GET' : 'POST';
    const second = await by(other, link, what, signal);
    if (second.status === 200) way = other;
    return second.status === 200 || failureOf(second, what, place) ? second : answer;
  };
}

function feedPath(corp: string, site: string): string {
  return `/api/v0/corps/${encodeURIComponent(corp)}/sites/${encodeURIComponent(site)}/feed/requests`;
}

/** Bounds are whole minutes in Unix seconds (signal-sciences.txt:27-28). */
function firstPath(settings: SignalSciencesSettings, site: string, window: Interval, limit: number): string {
  const query = new URLSearchParams({
    from: String(window.from / SECOND),
    until: String(window.until / SECOND),
    limit: String(limit),
  });
  if (settings.tags !== undefined && settings.tags.length > 0) query.set('tags', settings.tags.join(','));
  return `${feedPath(settings.corp, site)}?${query.toString()}`;
}
