import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Occasion, Strikes } from '../kit/faults.ts';
import { pause, Refusal, type Answer } from '../kit/http.ts';
import { fraction, randomFrom } from '../kit/random.ts';
import { pageAnswer, retryAfterHeader, wrongAnswer } from './answers.ts';
import type { Connections } from './connections.ts';
import type { RetryAfter, Faults } from './faults.ts';
import { readFeedRequest, type FeedRequest } from './feed-request.ts';
import { createAttempts, createPatience } from '../kit/memory.ts';
import { deliver } from '../kit/delivery.ts';
import { writeNext } from './next-link.ts';
import type { Sessions } from './sessions.ts';
import type { Report } from './violations.ts';
import type { Window, Windows } from './windows.ts';

/** What an observer is told before a request is answered. */
export interface FeedEvent {
  readonly kind: 'feed';
  readonly method: string;
  readonly site: string;
  /** From 1. */
  readonly page: number;
  /** The window, ms, half-open. */
  readonly from: number;
  readonly until: number;
  readonly limit: number;
  /** How often this page of this window was asked for, this time included. */
  readonly attempt: number;
}

export interface FeedParts {
  readonly corp: string;
  readonly sites: readonly string[];
  readonly seed: number;
  readonly faults: Faults;
  readonly strikes: Strikes;
  readonly connections: Connections;
  readonly sessions: Sessions;
  readonly windows: Windows;
  readonly now: () => number;
  readonly version: (window: Window) => number;
  readonly report: Report;
  readonly observe: (event: FeedEvent) => Promise<void>;
}

export interface FeedCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly corp: string;
  readonly site: string;
  readonly query: string;
}

const RATE_LIMIT = 'Rate limit exceeded';
const AGED = 61_000;

/** The feed's endpoint. Throws a {@link Refusal} for what it refuses. */
export function createFeed(parts: FeedParts): (call: FeedCall) => Promise<void> {
  const { faults, strikes, sessions, now, report } = parts;
  const random = randomFrom(parts.seed);
  const patience = createPatience(report);
  const attemptOf = createAttempts();
  return async (call) => {
    const known = call.corp === parts.corp && parts.sites.includes(call.site);
    if (known) await hold(parts, call);
    sessions.check(call.request.headers);
    if (!known) {
      report('unknown-site', `${call.corp}/${call.site}`);
      throw new Refusal(404, 'Not found');
    }
    await pause(faults.latencyMs);
    const asked = await read(parts, call);
    const key = JSON.stringify([asked.window, asked.page]);
    const attempt = attemptOf(key);
    const { site, from, until } = asked.window;
    const { page, limit } = asked;
    patience.check(key);
    await parts.observe({ kind: 'feed', method: call.request.method ?? '', site, page, from, until, limit, attempt });
    const occasion: Occasion = { kind: 'feed', site, page, attempt };
    // A client that waits in vain gives up and closes; the connection is held until then.
    if (strikes.strike('hang', faults.hang, occasion) !== undefined) return;
    refuse(call, occasion, key);
    const answer = wrongAnswer(faults, strikes, occasion, () => fraction(random())) ?? answerOf(parts, asked, occasion);
    await deliver(call.response, answer, faults, strikes, occasion);
  };

  function refuse({ request }: FeedCall, occasion: Occasion, key: string): void {
    const busy = strikes.strike('tooManyRequests', faults.tooManyRequests, occasion);
    if (busy !== undefined) {
      const retryAfter = busy.retryAfter ?? 1;
      // A date has whole seconds, so that of two seconds ahead may be little more than one away.
      patience.expect(key, retryAfter === 'date' ? 1 : retryAfter);
      throw tooMany(retryAfter, now());
    }
    if (strikes.strike('rateLimit400', faults.rateLimit400, occasion) !== undefined) throw new Refusal(400, RATE_LIMIT);
    const { unauthorizedOnPage } = faults;
    if (unauthorizedOnPage === false || unauthorizedOnPage.page !== occasion.page) return;
    const struck = strikes.strike('unauthorizedOnPage', unauthorizedOnPage, occasion);
    if (struck !== undefined) throw sessions.end(request.headers);
  }
}

/** Takes a place, from the request's arrival until the answer is sent or the connection gone. */
async function hold(
  { connections, strikes, faults, now, report }: FeedParts,
  { response, site }: FeedCall,
): Promise<void> {
  const release = await connections.take(site);
  if (release !== undefined) {
    response.once('finish', release).once('close', release);
    if (response.destroyed) release();
    return;
  }
  report('connection-limit', `a connection too many to ${site}`);
  const setting = strikes.strike('limitsAs429', faults.limitsAs429, { kind: 'feed', site });
  throw setting === undefined ? new Refusal(400, RATE_LIMIT) : tooMany(setting.retryAfter ?? 1, now());
}

function read(parts: FeedParts, { request, query, site }: FeedCall): Promise<FeedRequest> {
  const { faults, strikes, version, report } = parts;
  const aged = (page: number): number => {
    const struck = strikes.strike('ageNextLink', faults.ageNextLink, { kind: 'feed', site, page });
    return struck === undefined ? 0 : (struck.ms ?? AGED);
  };
  const rules = { site, secret: secretOf(parts), faults, now: parts.now(), version, aged, report };
  return readFeedRequest(request, query, rules);
}

function answerOf(parts: FeedParts, asked: FeedRequest, occasion: Occasion): Answer {
  const { head, nextOffset } = parts.windows.page(asked.window, asked);
  return pageAnswer(
    head,
    wrongUri(parts, asked, occasion) ?? nextUri(parts, asked, nextOffset),
    parts.faults.endOfChain,
  );
}

/** A next link that a client must not follow, also where the chain would end. */
function wrongUri(parts: FeedParts, { window, next }: FeedRequest, occasion: Occasion): string | undefined {
  const { faults, strikes } = parts;
  const foreign = strikes.strike('foreignNextLink', faults.foreignNextLink, occasion);
  if (foreign?.url !== undefined) return foreign.url;
  const loops = next !== null && strikes.strike('loopingNext', faults.loopingNext, occasion) !== undefined;
  return loops ? uriOf(parts, window.site, next) : undefined;
}

function nextUri(parts: FeedParts, { window, page }: FeedRequest, offset: number | null): string | null {
  if (offset === null) return null;
  const place = { ...window, version: parts.version(window), page: page + 1, offset, issued: parts.now() };
  return uriOf(parts, window.site, writeNext(place, secretOf(parts), parts.faults.cursorBytes));
}

/** A path, which the client joins to the host (signal-sciences.txt:110-113). */
function uriOf({ corp }: FeedParts, site: string, next: string): string {
  const [corpSegment, siteSegment, value] = [corp, site, next].map(encodeURIComponent);
  return `/api/v0/corps/${corpSegment}/sites/${siteSegment}/feed/requests?next=${value}`;
}

/** Of the seed, so that next links outlive a restart as they would at the vendor's. */
function secretOf({ seed }: FeedParts): string {
  return `next:${seed}`;
}

function tooMany(retryAfter: RetryAfter, now: number): Refusal {
  return new Refusal(429, 'Too many requests', retryAfterHeader(retryAfter, now));
}
