import type { TransportFaults } from '../kit/delivery.ts';
import type { Switch } from '../kit/faults.ts';

/** What a fault may be tied to. */
export interface Occasion {
  readonly kind: 'authorize' | 'token' | 'attacks' | 'websites';
  /** As it was asked for. */
  readonly website?: string;
  /** How often this range of this website was asked for, this time included. */
  readonly attempt?: number;
}

type Fault<Settings extends object = object> = Switch<Settings, Occasion>;

/**
 * What the vendor can do wrong, and what its page leaves open. Every field can be changed while the simulator runs; an assigned object with
 * `times` counts from zero. Where two faults strike at once, the one that stands earlier here wins.
 */
export interface Faults extends TransportFaults<Occasion> {
  /** Added to the vendor's clock, ms. */
  clockSkewMs: number;
  /** Time before each answer about attacks, ms. */
  latencyMs: number;

  /** What a repeated login gives: the same token with what is left of its life, or a fresh one that ends the one before. */
  repeatedLogin: 'same' | 'fresh';
  /** How long a token lives, ms; a day is documented (indusface.txt:37). */
  tokenLifeMs: number;
  /** Whether the answer says how long the token lives. */
  tellsExpiry: boolean;
  /** How the code is named in the redirect: the page does not say (indusface.txt:30). */
  codeParameter: string;
  /** How long a code is good, ms: the page does not say. */
  codeLifeMs: number;
  tokenDown: Fault<{ status: number }>;
  /** The login is refused with 401 though the secret is right. */
  refuseLogin: Fault;
  /** A login is refused with 401 once the API ID has been given a token. */
  refuseRenewal: Fault;
  /** A token is good for so many requests about attacks; the next one ends it and is refused with 401, with all that are under way. */
  tokenEndsAfterRequests: number | null;
  /** The token that a request carries ends in that moment, and the request is refused with 401. */
  tokenEnds: Fault;

  /** Which header the token is read from: the page says `Authorisation` (indusface.txt:79), what real clients send is `Authorization`. */
  header: 'either' | 'Authorisation' | 'Authorization';
  /** Whether `Content-Type: application/json` must come with what the page shows it for (indusface.txt:26, 79). */
  contentType: 'required' | 'any';
  /** Whether times may be numbers: the samples have texts, customers' scripts send numbers. */
  times: 'either' | 'texts';
  /** Which ends of a range belong to it. */
  bounds: '[)' | '[]' | '()' | '(]';
  /** What is older than 30 days. */
  tooOld: 'empty' | '400';
  unknownWebsite: '400' | 'empty';
  /** How a website without attacks looks. */
  quietWebsite: 'empty-list' | 'null' | 'absent' | 'missing' | 'data-null';

  /** Accepts and never answers. */
  hang: Fault;
  /** 429; Retry-After in seconds, 1 unless told. */
  tooManyRequests: Fault<{ retryAfter: number }>;
  /** 500 (indusface.txt:136). */
  serverError: Fault;
  /** 502 with an HTML body. */
  badGateway: Fault;
  redirect302: Fault<{ location: string }>;
  htmlWith200: Fault;
  emptyBody: Fault;
  /** 200 and `{"errorMessages": [...]}`. */
  errorWith200: Fault;
  /** 200 and `{"successMessage": "Failure", ...}`. */
  failureWith200: Fault;

  /** An answer holds so many attacks at most, the oldest, and does not say so. */
  truncateTo: number | null;
  /** A share of the attacks becomes visible so much after its time. */
  late: false | { readonly ms: number; readonly share: number };
  /** Some attacks have no request id. */
  requestIdMissing: false | 'null' | 'dash';
  /** Some attacks come twice, equal to the byte, without a request id. */
  equalRows: boolean;
  /** Names of websites and hosts stand between blanks, as in the sample (indusface.txt:97, 114). */
  strayBlanks: boolean;
  /** Answers are spread over lines. */
  prettyPrinted: boolean;
  /** Some attacks hold bytes that are not UTF-8. */
  badUtf8: boolean;
}

export function noFaults(): Faults {
  return {
    clockSkewMs: 0,
    latencyMs: 0,
    repeatedLogin: 'same',
    tokenLifeMs: 86_400_000,
    tellsExpiry: true,
    codeParameter: 'code',
    codeLifeMs: 60_000,
    tokenDown: false,
    refuseLogin: false,
    refuseRenewal: false,
    tokenEndsAfterRequests: null,
    tokenEnds: false,
    header: 'either',
    contentType: 'required',
    times: 'either',
    bounds: '[)',
    tooOld: 'empty',
    unknownWebsite: '400',
    quietWebsite: 'empty-list',
    hang: false,
    tooManyRequests: false,
    serverError: false,
    badGateway: false,
    redirect302: false,
    htmlWith200: false,
    emptyBody: false,
    errorWith200: false,
    failureWith200: false,
    truncateTo: null,
    late: false,
    requestIdMissing: false,
    equalRows: false,
    strayBlanks: true,
    prettyPrinted: false,
    badUtf8: false,
    resetAfterHeaders: false,
    truncatedBody: false,
    drip: false,
  };
}

const CHOICES: Readonly<Partial<Record<keyof Faults, readonly unknown[]>>> = {
  repeatedLogin: ['same', 'fresh'],
  header: ['either', 'Authorisation', 'Authorization'],
  contentType: ['required', 'any'],
  times: ['either', 'texts'],
  bounds: ['[)', '[]', '()', '(]'],
  tooOld: ['empty', '400'],
  unknownWebsite: ['400', 'empty'],
  quietWebsite: ['empty-list', 'null', 'absent', 'missing', 'data-null'],
  requestIdMissing: [false, 'null', 'dash'],
};
const PLAIN: readonly string[] = ['tellsExpiry', 'equalRows', 'strayBlanks', 'prettyPrinted', 'badUtf8'];

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
  const choices = CHOICES[name];
  if (choices !== undefined) return choices.includes(value);
  if (name === 'clockSkewMs') return Number.isFinite(value);
  if (name.endsWith('Ms')) return isAmount(value);
  if (name === 'truncateTo' || name === 'tokenEndsAfterRequests') return isAmount(value) && Number.isInteger(value);
  if (name === 'codeParameter') return typeof value === 'string' && value !== '';
  if (name === 'late') return value === false || isLate(value);
  if (PLAIN.includes(name)) return typeof value === 'boolean';
  return typeof value === 'boolean' || (typeof value === 'object' && !Array.isArray(value));
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isLate(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('ms' in value && 'share' in value)) return false;
  return isAmount(value.ms) && isAmount(value.share);
}
