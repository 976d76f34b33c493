import type { IncomingMessage } from 'node:http';
import { readBody, Refusal } from '../kit/http.ts';
import type { Faults } from './faults.ts';
import { explainForgery, readNext, type Place } from './next-link.ts';
import type { Report } from './violations.ts';
import type { Window } from './windows.ts';

/** A request for a page of the feed that the vendor would answer. */
export interface FeedRequest {
  readonly window: Window;
  /** 1 to 1,000. */
  readonly limit: number;
  /** From 1. */
  readonly page: number;
  readonly offset: number;
  /** The opaque value that the request came with; `null` on the first page. */
  readonly next: string | null;
}

export interface FeedRules {
  readonly site: string;
  readonly secret: string;
  readonly faults: Faults;
  /** The vendor's clock, ms. */
  readonly now: number;
  readonly version: (window: Window) => number;
  /** How much older than it is a next link counts, ms. */
  readonly aged: (page: number) => number;
  readonly report: Report;
}

/** The data are 1,000 requests at a time (signal-sciences.txt:36). */
export const PAGE = 1000;
const MINUTE = 60_000;
/** A five-minute delay is enforced (signal-sciences.txt:25, 34). */
const DELAY = 5 * MINUTE;
/** "A minimum value of 24 hours and five minutes in the past" (signal-sciences.txt:26). */
const HORIZON = 24 * 60 * MINUTE + DELAY;
const NEXT_VALID_FOR = MINUTE;
const LONGEST_URL = 8 * 1024;
const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** Reads and judges a request. Throws a {@link Refusal} for what the vendor refuses; what a client never does is reported as well. */
export async function readFeedRequest(request: IncomingMessage, query: string, rules: FeedRules): Promise<FeedRequest> {
  const refuse = refuser(rules.report);
  if (request.method !== 'GET' && request.method !== 'POST')
    throw refuse(405, 'method', `${request.method} on the feed`);
  if (rules.faults.uriTooLong && (request.url ?? '').length > LONGEST_URL)
    throw new Refusal(414, 'Request-URI Too Large');
  const asked = readParameters(
    query,
    request.method === 'GET' ? ['from', 'until', 'limit', 'tags', 'next'] : ['limit'],
    refuse,
  );
  const limit = readLimit(asked.get('limit'), refuse);
  if (request.method === 'POST') {
    const form = readParameters(await readForm(request, rules.report), ['next'], refuse);
    const next = form.get('next');
    if (next === undefined) throw refuse(400, 'parameter', 'next is missing in the form');
    return { ...follow(next, rules), limit };
  }
  const next = asked.get('next');
  if (next === undefined) return { ...open(asked, rules), limit };
  if (asked.has('from') || asked.has('until') || asked.has('tags')) throw refuse(400, 'parameter', 'next stands alone');
  return { ...follow(next, rules), limit };
}

/** Reads a form that was posted. Throws a {@link Refusal} (415) unless the content type says that it is one. */
export async function readForm(request: IncomingMessage, report: Report): Promise<string> {
  const type = request.headers['content-type'] ?? 'no content type';
  if (!FORM.test(type)) throw refuser(report)(415, 'content-type', `a form is expected, ${type} was sent`);
  return (await readBody(request)).toString('utf8');
}

type Refuse = (status: number, rule: Parameters<Report>[0], detail: string) => Refusal;

function refuser(report: Report): Refuse {
  return (status, rule, detail) => {
    report(rule, detail);
    return new Refusal(status, detail);
  };
}

function readParameters(text: string, known: readonly string[], refuse: Refuse): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (!known.includes(name)) throw refuse(400, 'parameter', `unknown parameter: ${name}`);
    if (found.has(name)) throw refuse(400, 'parameter', `${name} is there twice`);
    found.set(name, value);
  }
  return found;
}

function readLimit(text: string | undefined, refuse: Refuse): number {
  const limit = text === undefined ? PAGE : Number(text);
  if (text !== undefined && !/^\d{1,4}$/.test(text)) throw refuse(400, 'limit', 'limit is not an integer');
  if (limit < 1 || limit > PAGE) throw refuse(400, 'limit', `limit is not in 1 to ${PAGE}: ${limit}`);
  return limit;
}

/** A walk's first request: the bounds are judged against the vendor's clock (signal-sciences.txt:25-28). */
function open(asked: ReadonlyMap<string, string>, { site, now, report }: FeedRules): Omit<FeedRequest, 'limit'> {
  const refuse = refuser(report);
  const bound = (name: string): number => {
    const text = asked.get(name);
    if (text === undefined) throw refuse(400, 'bounds', `${name} is missing`);
    if (!/^\d{1,11}$/.test(text)) throw refuse(400, 'bounds', `${name} is not a unix timestamp in seconds`);
    const instant = Number(text) * 1000;
    if (instant % MINUTE !== 0) throw refuse(400, 'bounds', `${name} is not on a full minute`);
    return instant;
  };
  const [from, until] = [bound('from'), bound('until')];
  if (until > now - DELAY) throw refuse(400, 'bounds', 'until must be at least five minutes in the past');
  if (from < now - HORIZON) throw refuse(400, 'bounds', 'from must be at most 24 hours and five minutes in the past');
  if (until <= from) throw refuse(400, 'bounds', 'until must be after from');
  const tags = asked.get('tags');
  const wanted = tags === undefined || tags === '' ? null : tags.split(',');
  return { window: { site, from, until, tags: wanted }, page: 1, offset: 0, next: null };
}

/** A later request of a walk: the link is bound to its site, and dies a minute after it was issued (signal-sciences.txt:36). */
function follow(next: string, rules: FeedRules): Omit<FeedRequest, 'limit'> {
  const { site, secret, faults, now, report } = rules;
  const refuse = refuser(report);
  const place = readNext(next, secret);
  if (place === undefined) throw refuse(400, 'next-link-forged', `invalid next: ${explainForgery(next, secret)}`);
  if (place.site !== site) throw refuse(400, 'next-link-of-other-site', 'invalid next: it belongs to another site');
  const age = now - place.issued;
  if (age > NEXT_VALID_FOR) report('next-link-late', `a next link of ${age} ms, page ${place.page}`);
  const validFor = faults.expireNextAfterMs ?? NEXT_VALID_FOR;
  const window = windowOf(place);
  if (validFor <= 0 || age + rules.aged(place.page) > validFor || rules.version(window) !== place.version) {
    throw new Refusal(faults.expiredStatus, 'next has expired');
  }
  return { window, page: place.page, offset: place.offset, next };
}

function windowOf({ site, from, until, tags }: Place): Window {
  return { site, from, until, tags };
}
