import { holds, type Switch as KitSwitch } from '../kit/faults.ts';

/** What a fault may be tied to. */
export interface Occasion {
  /** The method of the API, such as `reports/list`, or `dl`. */
  readonly kind: string;
  readonly list?: string;
  readonly type?: string;
  /** A file's day, or the date as the call asks for it. */
  readonly day?: string;
  /** A file's name. */
  readonly file?: string;
  /** From 1. */
  readonly page?: number;
  /** How often the same was asked for, this time included. */
  readonly attempt?: number;
}

export type Switch<Settings extends object = object> = KitSwitch<Settings, Occasion>;
/** What a file, and not a request, is: it may be tied to `list`, `type`, `day` and `file`, and never runs out. */
export type FileSwitch<Settings extends object = object> = Switch<Settings>;
export type RetryAfter = number | 'date';

/**
 * What the vendor can do wrong, and what its page leaves open. Every field can be changed while the simulator runs; an assigned object
 * with `times` counts from zero. Where two faults strike at once, the one that stands earlier here wins.
 */
export interface Faults {
  /** Added to the vendor's clock, ms. */
  clockSkewMs: number;
  /** Time before each answer, ms. */
  latencyMs: number;
  /** `strict`: lower-case hex of the body's very bytes; `any-case`: upper case too; `off`: no signature is looked at. */
  hmac: 'strict' | 'any-case' | 'off';
  /** How a refusal tells its reason; the page does not say. */
  errorFormat: 'error' | 'message' | 'text';
  /** Fields that no page names: refused with 400, or not looked at. */
  unknownFields: 'refused' | 'ignored';

  /** Accepts and never answers. */
  hang: Switch;
  /** 429; Retry-After in seconds (1 unless told), or as a date two seconds ahead. */
  rateLimit429: Switch<{ retryAfter: RetryAfter }>;
  /** The API answers with this status, 503 unless told. */
  apiDown: Switch<{ status: number }>;
  /** `{"error": …}` with status 200. */
  errorWith200: Switch<{ message: string }>;
  /** An array ends with a comma, as in the page's sample (shadowserver.txt:35-38): no JSON. */
  trailingComma: Switch;

  /** `reports/subscribed` is `[]`, and so is everything else: a customer without a filter. */
  noSubscription: Switch;
  /** An empty list of reports is `{}`. */
  emptyListAsObject: Switch;
  /** `typed`: items of `reports/list` also have `type` and `url`, which the page does not know. */
  listItems: 'documented' | 'typed';
  /** Items' `report` is `united-states@shadowserver.org`, though the request says `united-states`. */
  reportSuffix: boolean;
  /** What `reports` of `reports/list` holds: the page says types and shows lists. */
  reportsField: 'lists' | 'types' | 'both';
  /** A limit above 1,000 is taken for 1,000, or refused. */
  bigLimits: 'clamped' | 'refused';
  /** Objects have their keys in another order each. */
  shuffledKeys: boolean;
  /** Where `now` and `-3:now` are understood: the page shows them for `reports/query` and `reports/stats`. */
  relativeDates: 'documented' | 'everywhere';
  /** A range of more days is refused; null: none. */
  maxDays: number | null;

  /** A file appears only this much later, 24 h unless told; with `suffix` its name says `-delayed`. */
  late: FileSwitch<{ hours: number; suffix: boolean }>;
  /** From an instant on (ms; at once unless told), a file is listed under a new id, with `extraRows` more rows. */
  reissue: FileSwitch<{ extraRows: number; from: number; generation: number }>;
  /** What an id of before a re-issue opens: nothing, or the file as it is now. */
  oldIds: 'gone' | 'served';
  /** How long an id is good, ms; ids then differ from list to list. null: for ever, and they do not. */
  idLifetimeMs: number | null;
  /** Ids hold `?` (shadowserver.txt:104), `/`, `%` and `+`. */
  unsafeIds: boolean;
  /** File names hold a number: `2026-11-21-scan_ssl-123-…`. */
  numberedNames: boolean;
  /** What is older is neither listed nor served; null: for ever. The page's first sample lists, without a date, a day 30 days back. */
  retentionDays: number | null;

  /** 404, as announced for `reports/download`. */
  downloadRemoved: Switch;
  /** 503. */
  downloadFlaky: Switch;
  /** Whether `reports/download` takes report, date and type, which its fields do not name and its sample shows. */
  downloadByName: boolean;
  /** The download host answers with this status, 503 unless told. */
  dlDown: Switch<{ status: number }>;
  /** The download host answers with an HTML page and 200. */
  dlHtml: Switch;
  /** A file has no bytes until an instant (ms), or for so many hours after it appeared, 1 unless told. */
  emptyFirst: FileSwitch<{ until: number; hours: number }>;
  /** Files come with a Content-Length, or chunked. */
  contentLength: boolean;
  /** The download host understands `Range: bytes=n-`; else it sends the whole file. */
  ranges: boolean;

  /** The header's order differs from day to day. */
  permutedHeaders: boolean;
  /** A column more from a day on. */
  newColumn: FileSwitch<{ from: string; name: string }>;
  /** In each 64 rows, three are the same to the last character. */
  repeatedRows: boolean;
  bom: FileSwitch;
  crlf: FileSwitch;
  /** No line break after the last row. */
  noFinalNewline: FileSwitch;
  /** Of each 16 rows, one lacks its last field and one has a field too many. */
  raggedRows: FileSwitch;
  /** The sixth row of each 512 has a field of this many bytes, 120,000 unless told. */
  hugeFields: FileSwitch<{ bytes: number }>;

  /** `No supported report filters found`, whatever the query holds. */
  queryRefused: Switch;
  /** A query takes this long, ms; 45 s, the usual client's patience, unless told. */
  slowQuery: Switch<{ ms: number }>;
  /** A query over more days than this (0 unless told: each one) ends in a 504. */
  gatewayTimeout: Switch<{ days: number }>;
  /** A query that would look at more rows than this ends in a 504. */
  heavyQueryRows: number;
  /** Whether an own filter beside `query` counts: the page's "New Example" (shadowserver.txt:656) against its rule. */
  topLevelFilter: boolean;
  /** From page 2 on, rows have moved: by 1 unless told to the back (they come twice), negative to the front (some never come). */
  rowsShiftBetweenPages: Switch<{ by: number }>;
  /** Records have `rip` and `sid`, which the page shows and does not explain. */
  unexplainedFields: boolean;

  /** How `reports/stats` writes types: `scan-exchange` as on the page, or `scan_exchange`. */
  statsNames: 'hyphens' | 'underscores';
  /** Whether a subscriber of several lists must name one (shadowserver.txt:568). */
  statsNeedReport: boolean;
  /** Counts files that are not published yet. */
  statsAhead: boolean;
  /** Counts are off by so many, 3 unless told. */
  countMismatch: Switch<{ by: number }>;

  /** Headers arrive, and of the body a share (0 to 1, none unless told), then the connection is reset. */
  reset: Switch<{ at: number }>;
  /** The body ends early, half-way unless told: shorter than its Content-Length, or chunked without the last chunk. */
  truncatedBody: Switch<{ how: 'content-length' | 'chunked'; at: number }>;
  /** The body pauses, half-way unless told, for 30 s unless told. */
  stall: Switch<{ ms: number; at: number }>;
}

export function noFaults(): Faults {
  return { ...TRANSPORT_OFF, ...LISTING_OFF, ...FILES_OFF, ...QUERIES_OFF };
}

const TRANSPORT_OFF = {
  clockSkewMs: 0,
  latencyMs: 0,
  hmac: 'strict',
  errorFormat: 'error',
  unknownFields: 'refused',
  hang: false,
  rateLimit429: false,
  apiDown: false,
  errorWith200: false,
  trailingComma: false,
  reset: false,
  truncatedBody: false,
  stall: false,
} as const satisfies Partial<Faults>;

const LISTING_OFF = {
  noSubscription: false,
  emptyListAsObject: false,
  listItems: 'documented',
  reportSuffix: true,
  reportsField: 'lists',
  bigLimits: 'clamped',
  shuffledKeys: true,
  relativeDates: 'documented',
  maxDays: null,
  late: false,
  reissue: false,
  oldIds: 'gone',
  idLifetimeMs: null,
  unsafeIds: false,
  numberedNames: false,
  retentionDays: 30,
} as const satisfies Partial<Faults>;

const FILES_OFF = {
  downloadRemoved: false,
  downloadFlaky: false,
  downloadByName: true,
  dlDown: false,
  dlHtml: false,
  emptyFirst: false,
  contentLength: true,
  ranges: false,
  permutedHeaders: true,
  newColumn: false,
  repeatedRows: true,
  bom: false,
  crlf: false,
  noFinalNewline: false,
  raggedRows: false,
  hugeFields: false,
} as const satisfies Partial<Faults>;

const QUERIES_OFF = {
  queryRefused: false,
  slowQuery: false,
  gatewayTimeout: false,
  heavyQueryRows: 200_000,
  topLevelFilter: true,
  rowsShiftBetweenPages: false,
  unexplainedFields: true,
  statsNames: 'hyphens',
  statsNeedReport: true,
  statsAhead: false,
  countMismatch: false,
} as const satisfies Partial<Faults>;

/** The settings of a fault that changes a file, where it is one that the fault names. Counts nothing. */
export function settingsFor<Settings extends object>(
  setting: FileSwitch<Settings>,
  file: Omit<Occasion, 'kind'>,
): Partial<Settings> | undefined {
  if (setting === false) return undefined;
  if (setting === true) return {};
  return holds(setting.when, { kind: 'file', ...file }) ? setting : undefined;
}
