import type { TransportFaults } from '../kit/delivery.ts';
import type { Switch } from '../kit/faults.ts';

/** What a fault may be tied to. */
export interface Occasion {
  /** `events`, `trends` and `topk` are answers with rows, `list` says which dimensions, groupings or metrics there are. */
  readonly kind: 'events' | 'trends' | 'topk' | 'list' | 'head';
  /** After `/v1/stats/security/`: `events/data`, `waf/topk/browser/groupings`. */
  readonly path: string;
  readonly method: 'GET' | 'HEAD';
  /** As it was asked for. */
  readonly starttime?: string;
  readonly endtime?: string;
  /** As it was asked for; absent where it was not. */
  readonly limit?: number;
  /** How often this very path and query was asked for, this time included. */
  readonly attempt: number;
}

type Fault<Settings extends object = object> = Switch<Settings, Occasion>;

/**
 * What the vendor can do wrong, and what its page leaves open. Every field can be changed while the simulator runs; an assigned object with
 * `times` counts from zero. Where two faults strike at once, the one that stands earlier here wins.
 */
export interface Faults extends TransportFaults<Occasion> {
  /** Added to the vendor's clock, ms. */
  clockSkewMs: number;
  /** Time before each answer, ms. */
  latencyMs: number;

  /** 401 though the password is right. */
  unauthorized: Fault;
  /** Whether HEAD is served or refused with 405, as a proxy may. */
  head: 'served' | 'refused';
  /** `start` stands in the echo (instart.txt:422) and in no list of parameters. */
  startParameter: 'accepted' | 'refused';
  /** Which texts are times: any ISO 8601 date and time without a zone, or only `YYYY-MM-DDTHH:MM:SS`. */
  times: 'iso' | 'seconds';
  /** What `granularity` is to `request/trends`, whose template lacks it (instart.txt:250-258) while "the descriptions are the same". */
  requestGranularity: 'optional' | 'required' | 'ignored' | 'refused';
  /** Which ends of a time span belong to it. */
  bounds: '[)' | '[]' | '()' | '(]';
  /** How many UTC days before today raw events are held, three (instart.txt:19). */
  eventRetentionDays: number;

  /** Accepts and never answers. */
  hang: Fault;
  /** 429; Retry-After in seconds (1 unless told), or as a date two seconds ahead. */
  rateLimit: Fault<{ retryAfter: number | 'date' }>;
  /** 500, or the status told. */
  serverError: Fault<{ status: number }>;
  redirect: Fault<{ location: string }>;
  htmlWith200: Fault;
  emptyBody: Fault;
  /** 200, a right Content-Length, and half of the JSON. */
  truncatedJson: Fault;
  /** 504 where what `gatewayTimeoutOf` says is above this: the limit asked for (10 without one), the rows of the answer, or `total_results`. */
  gatewayTimeoutAbove: number | null;
  gatewayTimeoutOf: 'limit' | 'rows' | 'total';

  /** After the answer to a question about raw events, so many more rows (7 unless told) appear in its time span. */
  totalGrowsBy: Fault<{ rows: number }>;
  /** `limit` is never taken for more than this. */
  capLimit: number | null;
  /** What the echo then says: the limit that counted, or the one that was asked for. */
  capEcho: 'capped' | 'asked';
  /** An answer lacks so many of its rows, 1 unless told; `total_results` counts them. */
  rowsMissing: Fault<{ rows: number }>;
  /** One row lacks its last cell. */
  rowTooShort: Fault;
  /** A share of the events becomes visible so much after its time, ms. */
  lateByMs: number;
  /** 0 to 1. */
  lateShare: number;
  /** One event in sixteen is held twice, equal to the byte whatever the dimensions; rows come in another order on each call. */
  equalRows: boolean;
  /** Whether rows that are not sorted come in another order on each call. */
  shuffledEachCall: boolean;

  /** Columns as they are asked for, in the server's own order, or in another one in each answer. */
  columnOrder: 'asked' | 'server' | 'shuffled';
  /** Where `event_timestamp_ms` stands when it is not asked for: first (instart.txt:415), or last, or nowhere. */
  timestampNotPrepended: false | 'last' | 'absent';
  /** Whether times of events have milliseconds: the page's samples never have. */
  fractions: 'none' | 'some' | 'all';
  /** The name of the time column of trends: the page shows no answer. */
  timeColumn: string;
  /** Whether trends and topk echo `metrics` and `granularity` beside what the raw events' samples show. */
  aggregateEcho: 'documented' | 'extended';
  /** What `query.filters` holds: the customer's filters and the tenant's (instart.txt:431, 516), only the customer's, or it is not there. */
  filtersEcho: 'tenant' | 'asked' | 'absent';
  /** How lists look: `{"dimensions":["a"]}`, `["a"]`, or `[{"name":"a"}]`; the page shows none. */
  listShape: 'object' | 'array' | 'named';
  /** Each value on a line of its own, as the page prints its samples. */
  prettyPrinted: boolean;
  /** Some paths of requests hold bytes that are not UTF-8. */
  badUtf8: boolean;
  /** Slashes come as `\/` and systems' numbers as `16509.0`: other texts for the same values. */
  oddLiterals: boolean;
}

export function noFaults(): Faults {
  return { ...PROTOCOL_OFF, ...ANSWERS_OFF, ...FORMS_OFF };
}

const PROTOCOL_OFF = {
  clockSkewMs: 0,
  latencyMs: 0,
  unauthorized: false,
  head: 'served',
  startParameter: 'accepted',
  times: 'iso',
  requestGranularity: 'optional',
  bounds: '[)',
  eventRetentionDays: 3,
} as const satisfies Partial<Faults>;

const ANSWERS_OFF = {
  hang: false,
  rateLimit: false,
  serverError: false,
  redirect: false,
  htmlWith200: false,
  emptyBody: false,
  truncatedJson: false,
  gatewayTimeoutAbove: null,
  gatewayTimeoutOf: 'limit',
  totalGrowsBy: false,
  capLimit: null,
  capEcho: 'capped',
  rowsMissing: false,
  rowTooShort: false,
  lateByMs: 0,
  lateShare: 0.25,
  equalRows: false,
  shuffledEachCall: false,
  resetAfterHeaders: false,
  truncatedBody: false,
  drip: false,
} as const satisfies Partial<Faults>;

const FORMS_OFF = {
  columnOrder: 'asked',
  timestampNotPrepended: false,
  fractions: 'none',
  timeColumn: 'timestamp',
  aggregateEcho: 'documented',
  filtersEcho: 'tenant',
  listShape: 'object',
  prettyPrinted: false,
  badUtf8: false,
  oddLiterals: false,
} as const satisfies Partial<Faults>;
