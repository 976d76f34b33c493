import type { Switch, Trigger } from '../kit/faults.ts';

export type RetryAfter = number | 'date';
export type EndOfChain = 'empty-uri' | 'empty-object' | 'null' | 'absent' | 'null-uri';

/**
 * What the vendor can do wrong. Every field can be changed while the simulator runs; an assigned object with `times` counts from zero.
 * Where two faults strike at once, the one that stands earlier here wins.
 */
export interface Faults {
  /** Added to the vendor's clock, ms: its limits, the age of its next links and its Date header. */
  clockSkewMs: number;
  /** Time before each answer of the feed, ms; the connection is held meanwhile. */
  latencyMs: number;
  /** How a connection too many is refused: 429 with Retry-After instead of 400 `Rate limit exceeded`. */
  limitsAs429: Switch<{ retryAfter: RetryAfter }>;

  /** The login waits, ms. */
  slowLogin: Switch<{ ms: number }>;
  /** The login answers with this status, 503 unless told. */
  loginDown: Switch<{ status: number }>;
  /** A session ends this long after its login, ms. */
  sessionMaxAgeMs: number | null;

  /** How long a next link is good, ms, in place of the documented minute; 0: never. */
  expireNextAfterMs: number | null;
  /** How a next link that is too old is refused. */
  expiredStatus: 400 | 410;
  /** Next links count as older than they are, by 61 s unless told. */
  ageNextLink: Switch<{ ms: number }>;
  /** URLs above 8 kB are refused with 414, as a vendor's gateway does. On unless switched off. */
  uriTooLong: boolean;
  /** How long a next link's opaque value is at least, bytes. */
  cursorBytes: number;

  /** Accepts and never answers. */
  hang: Switch;
  /** 429; Retry-After in seconds (1 unless told), or as a date two seconds ahead. */
  tooManyRequests: Switch<{ retryAfter: RetryAfter }>;
  /** 400 with the words `Rate limit exceeded`. */
  rateLimit400: Switch;
  /** 401 on this page; the session is dead from then on. */
  unauthorizedOnPage: false | (Trigger & { page: number });
  /** 502 with an HTML body, always or with a probability. */
  badGateway: Switch<{ probability: number }>;
  /** 302 to a login page, or to `location`. */
  redirect302: Switch<{ location: string }>;
  /** An HTML page with status 200. */
  htmlWith200: Switch;
  /** 200 and no body at all. */
  emptyBody: Switch;
  /** A JSON object without `data`. */
  dataMissing: Switch;

  /** The next link leads to this absolute URL, also on the last page. */
  foreignNextLink: false | (Trigger & { url: string });
  /** From page 2 on, the next link leads to the same page again, also on the last page. */
  loopingNext: Switch;
  /** How the last page says that it is the last. */
  endOfChain: EndOfChain;

  /** The last event of a page comes again as the first of the next one, and the first of a page comes again three pages later. */
  repeatsOverPageBorder: boolean;
  /** Some events come twice, the second time with more in them: the second is the truth. */
  changedRepeat: boolean;
  /** Each record's `headersIn` is null. */
  headersInNull: boolean;
  /** Records and pages are spread over lines. */
  prettyPrinted: boolean;
  /** Some records hold bytes that are not UTF-8. */
  badUtf8: boolean;

  /** Headers arrive, then the connection is reset. */
  resetAfterHeaders: Switch;
  /** The body ends half-way: shorter than its Content-Length, or chunked without the last chunk. */
  truncatedBody: Switch<{ how: 'content-length' | 'chunked' }>;
  /** The body comes in drops: a byte each 100 ms unless told. */
  drip: Switch<{ bytes: number; everyMs: number }>;
}

export function noFaults(): Faults {
  return {
    clockSkewMs: 0,
    latencyMs: 0,
    limitsAs429: false,
    slowLogin: false,
    loginDown: false,
    sessionMaxAgeMs: null,
    expireNextAfterMs: null,
    expiredStatus: 400,
    ageNextLink: false,
    uriTooLong: true,
    cursorBytes: 0,
    hang: false,
    badGateway: false,
    tooManyRequests: false,
    rateLimit400: false,
    unauthorizedOnPage: false,
    redirect302: false,
    htmlWith200: false,
    emptyBody: false,
    dataMissing: false,
    foreignNextLink: false,
    loopingNext: false,
    endOfChain: 'empty-uri',
    repeatsOverPageBorder: false,
    changedRepeat: false,
    headersInNull: false,
    prettyPrinted: false,
    badUtf8: false,
    resetAfterHeaders: false,
    truncatedBody: false,
    drip: false,
  };
}

const ENDS: readonly unknown[] = ['empty-uri', 'empty-object', 'null', 'absent', 'null-uri'] satisfies EndOfChain[];
const PLAIN: readonly string[] = [
  'uriTooLong',
  'repeatsOverPageBorder',
  'changedRepeat',
  'headersInNull',
  'prettyPrinted',
  'badUtf8',
] satisfies (keyof Faults)[];

/**
 * Reads switches that came as JSON. @returns what is to be assigned to the live faults; `null` puts a fault back to its default.
 * Throws a TypeError that names the fault for an unknown one and for a value that it cannot have.
 */
export function readFaults(json: unknown): Partial<Faults> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new TypeError('faults are a JSON object');
  const defaults = noFaults();
  const read = Object.entries(json).map(([name, value]: [string, unknown]) => {
    if (!Object.hasOwn(defaults, name)) throw new TypeError(`no such fault: ${name}`);
    if (!fits(name as keyof Faults, value)) throw new TypeError(`${name} cannot be ${JSON.stringify(value)}`);
    return [name, value ?? defaults[name as keyof Faults]];
  });
  return Object.fromEntries(read) as Partial<Faults>;
}

function fits(name: keyof Faults, value: unknown): boolean {
  if (value === null) return true;
  if (name === 'endOfChain') return ENDS.includes(value);
  if (name === 'expiredStatus') return value === 400 || value === 410;
  if (name === 'cursorBytes' || name.endsWith('Ms')) return Number.isFinite(value);
  if (PLAIN.includes(name) || typeof value === 'boolean')
    return typeof value === 'boolean' && !needsSettings(name, value);
  if (typeof value !== 'object') return false;
  if (name === 'foreignNextLink') return 'url' in value && typeof value.url === 'string';
  if (name === 'unauthorizedOnPage') return 'page' in value && typeof value.page === 'number';
  return true;
}

function needsSettings(name: keyof Faults, value: boolean): boolean {
  return value && (name === 'foreignNextLink' || name === 'unauthorizedOnPage');
}
