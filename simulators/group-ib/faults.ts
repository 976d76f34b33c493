import type { Switch as KitSwitch } from '../kit/faults.ts';

/** What a request asks for. */
export type Kind =
  'updated' | 'collection' | 'item' | 'file' | 'search' | 'sequence_list' | 'granted' | 'violations' | 'settings';

/** What a fault may be tied to. */
export interface Occasion {
  readonly kind: Kind;
  readonly collection?: string;
  /** What the request sent, digit by digit. */
  readonly seqUpdate?: string;
  readonly resultId?: string;
  /** What the request asked for; absent where it left that to the vendor. */
  readonly limit?: number;
  /** Which request of this kind to this collection this is, from 1. */
  readonly request: number;
  /** How often the very same was asked for, this time included. */
  readonly attempt: number;
}

export type Switch<Settings extends object = object> = KitSwitch<Settings, Occasion>;
/** Seconds, a date two seconds ahead, or no such header: the vendor's page knows none. */
export type RetryAfter = number | 'date' | null;
/** One number for all collections, or one for each that is named. */
export type PerCollection = number | Readonly<Record<string, number>> | null;

/**
 * What the vendor can do wrong, and what its page leaves open. Every field can be changed while the simulator runs; an assigned object
 * with `times` counts from zero. Where two faults strike at once, the one that stands earlier here wins.
 */
export interface Faults {
  /** Added to the vendor's clock, ms. */
  clockSkewMs: number;
  /** Time before each answer, ms. */
  latencyMs: number;

  /** Whether `seqUpdate=N` gives what is above N, or N as well; the page does not say. */
  cursorMode: 'exclusive' | 'inclusive';
  /** Whether `dt` is the last day (instant) that is given, or the first that is not. */
  dateTo: 'inclusive' | 'exclusive';
  /** Parameters that no page and no client of the vendor names: refused with 400, or not looked at. */
  unknownParameters: 'refused' | 'ignored';
  /** Three items each share a seqUpdate, also across the border of two pages. */
  ties: boolean;
  /** `"seqUpdate":"1673373011294"`. */
  seqAsString: boolean;
  /** Every seqUpdate is 9007199254740993 higher: no longer exact in a double. */
  seqAbove2to53: boolean;
  /** The top-level seqUpdate of a page without items. */
  emptyPageSeqUpdate: 'null' | 'absent' | 'cursor';
  /** A page holds at most so many items, and nothing says so. */
  clampTo: PerCollection;
  /** Whether a search page tells a top-level seqUpdate as well, as in the page's sample (group-ib.txt:433-456). */
  searchSeqUpdate: boolean;
  /** `unsorted`: the vendor's client says that the search-only collections do not descend. */
  searchOrder: 'descending' | 'unsorted';
  /** One resultId for the whole walk, which moves on with each answer: an answer that is lost is a page that is lost. */
  resultIdAdvances: boolean;
  /** A resultId stops working, at once unless told: refused (400 unless told), begun again, or answered with no items. */
  resultIdExpires: Switch<{ afterMs: number; how: 'refused' | 'restarts' | 'empty'; status: number }>;
  /** `granted_collections` names collections twice, and names that are for searching only. */
  grantedRepeats: boolean;
  /** The item at this place (from 0, 5 unless told) of each collection is this large, 10 MB unless told. */
  itemTooLarge: boolean | { readonly at?: number; readonly bytes?: number };

  /** 403 for these, as when the account has no access to them. */
  forbiddenCollections: readonly string[];
  /** 403 for everything: the key is not active. */
  keyInactive: Switch;
  /** 403 for everything: the address is not on the list. */
  ipNotAllowed: Switch;
  /** 429 above so many requests in a second of real time, counted by account unless told. */
  rateLimit: null | {
    readonly perSecond: number;
    readonly retryAfter?: RetryAfter;
    readonly by?: 'account' | 'collection';
  };

  /** Accepts and never answers. */
  hang: Switch;
  /** 429, without Retry-After unless told. */
  tooManyRequests: Switch<{ retryAfter: RetryAfter }>;
  /** 500. */
  serverError: Switch<{ status: number }>;
  /** 502 with an HTML body. */
  badGateway: Switch;
  /** 504 when the limit asked for (or left to the vendor) is above this. */
  gatewayTimeoutAbove: PerCollection;
  /** 301 to a page of the portal, as for an address that is not on the list. */
  redirect301: Switch<{ location: string; status: number }>;
  /** An HTML page with status 200. */
  html200: Switch;
  /** 200 and `{}`. */
  emptyObjectBody: Switch;

  /** The page comes again that led to this cursor, or (`start`) the first one. */
  cursorIgnored: Switch<{ how: 'repeat' | 'start' }>;
  missingTopSeqUpdate: Switch;
  /** Neither `count` nor `total`. */
  missingCount: Switch;
  missingItems: Switch;
  /** The count grows by so many (1,000 unless told) with each page. */
  countRises: Switch<{ by: number }>;
  /** `{"list":{}}`. */
  emptySequenceList: Switch;

  /** Headers arrive, then the connection is reset. */
  reset: Switch;
  /** The body ends half-way: shorter than its Content-Length, or chunked without the last chunk. */
  truncated: Switch<{ how: 'content-length' | 'chunked' }>;
  /** The body comes in drops: a byte each 100 ms unless told. */
  drip: Switch<{ bytes: number; everyMs: number }>;
}

export function noFaults(): Faults {
  return { ...MODES, ...REFUSALS, ...PAGES, ...TRANSPORT };
}

const MODES = {
  clockSkewMs: 0,
  latencyMs: 0,
  cursorMode: 'exclusive',
  dateTo: 'inclusive',
  unknownParameters: 'refused',
  ties: false,
  seqAsString: false,
  seqAbove2to53: false,
  emptyPageSeqUpdate: 'null',
  clampTo: null,
  searchSeqUpdate: true,
  searchOrder: 'descending',
  resultIdAdvances: false,
  resultIdExpires: false,
  grantedRepeats: false,
  itemTooLarge: false,
} as const satisfies Partial<Faults>;

const REFUSALS = {
  forbiddenCollections: [],
  keyInactive: false,
  ipNotAllowed: false,
  rateLimit: null,
  hang: false,
  tooManyRequests: false,
  serverError: false,
  badGateway: false,
  gatewayTimeoutAbove: null,
  redirect301: false,
  html200: false,
  emptyObjectBody: false,
} as const satisfies Partial<Faults>;

const PAGES = {
  cursorIgnored: false,
  missingTopSeqUpdate: false,
  missingCount: false,
  missingItems: false,
  countRises: false,
  emptySequenceList: false,
} as const satisfies Partial<Faults>;

const TRANSPORT = { reset: false, truncated: false, drip: false } as const satisfies Partial<Faults>;

/** What a setting says for a collection; `Infinity` where it says nothing. */
export function boundFor(setting: PerCollection, collection: string): number {
  if (setting === null) return Infinity;
  return typeof setting === 'number' ? setting : (setting[collection] ?? Infinity);
}
