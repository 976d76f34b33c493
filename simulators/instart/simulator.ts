import type { Faults, Occasion } from './faults.ts';
import type { Violation } from './violations.ts';

/** Who may ask, by HTTP Basic (instart.txt:391). */
export interface User {
  readonly name: string;
  readonly password: string;
}

export type Granularity = 'day' | 'hour' | '5minute';

/** What is decided when the simulator starts. */
export interface SimulatorOptions {
  /** 0, the default: any free port. */
  readonly port?: number;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** The customer's name in paths and in the tenant's filter, `acme` unless told. */
  readonly customer?: string;
  /** {@link DEFAULT_USER} unless told. */
  readonly user?: User;
  /** The same seed makes up the same events, 1 unless told. */
  readonly seed?: number;
  /** The vendor's clock, ms since the epoch: it decides what is visible and what is forgotten, and the Date header. */
  readonly clock?: () => number;
  /** Events a minute on average, 30 unless told. `minute` is the minute's first instant, ms. */
  readonly rate?: number | ((minute: number) => number);
  /** Before this instant (ms) nothing happened; the UTC midnight of 90 days before the start unless told, for aggregates are for ever. */
  readonly since?: number;
  readonly faults?: Partial<Faults>;
  /** Serves `/_simulator/...` on the same port, for tests in other processes. Off unless told. */
  readonly control?: boolean;
}

/** An event that a test brings. */
export interface GivenEvent {
  /** ms since the epoch; the milliseconds show only under `fractions`. */
  readonly time: number;
  /** When it becomes visible, ms; at its time unless told. */
  readonly visibleAt?: number;
  /** By dimension; those that are not named are null. */
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
}

/** A row that the vendor holds. Equal rows are there as often as they are held. */
export interface TruthRow {
  /** ms since the epoch: of the event, to the precision that is served, or of the first instant of the bucket. 0 in a topk. */
  readonly time: number;
  /** Of {@link bytes}, hex. */
  readonly sha256: string;
  /** The row's array in the default order of columns, without blanks. */
  readonly bytes: Buffer;
}

export interface RequestLogEntry {
  readonly method: string;
  /** With the query, cut after 2,000 characters. */
  readonly path: string;
  /** 0 until it is answered, and for ever when it never is. */
  readonly status: number;
  /** The vendor's clock, ms. */
  readonly at: number;
  /** Credentials are redacted. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface InstartSimulator {
  /** `http://127.0.0.1:34567`; controls are under `/_simulator/`. */
  readonly url: string;
  /** Where the resources are: `http://127.0.0.1:34567/acme/v1/stats/security`. */
  readonly baseUrl: string;
  /** Live: what is assigned counts from the next request on. */
  readonly faults: Faults;
  /** How often each fault struck; modes are not counted. */
  readonly struck: Readonly<Record<string, number>>;
  /**
   * The rows of the events of `[from, until)` (ms) that are visible by now, by time, whatever `bounds` is and however old they are.
   *
   * The bytes are `[event_timestamp_ms, ...dimensions]` (or the dimensions alone where the time is among them), as an answer brings them while
   * `columnOrder` and `prettyPrinted` are off. To get them from any other answer: put each row's cells into that order by the names in
   * `columns`, and write the row with `JSON.stringify`; under `oddLiterals` and `badUtf8`, join the cells' own bytes with commas instead.
   *
   * Throws a RangeError for an unknown dimension or filters that the vendor refuses.
   */
  truth(dimensions: readonly string[], from: number, until: number, filters?: string): TruthRow[];
  /**
   * The rows `[time, ...dimensions, hits]` of the buckets that begin in `[from, until)` (ms), however old they are, by time. `resource` is
   * `waf/trends`, `request/trends` or `trafficshaping/trends`. Throws a RangeError as {@link truth} does, and for what is no grouping.
   */
  truthOfTrends(
    resource: string,
    query: {
      readonly dimensions: readonly string[];
      readonly granularity: Granularity;
      readonly from: number;
      readonly until: number;
      readonly filters?: string;
    },
  ): TruthRow[];
  /** The rows `[...dimensions, hits]` of a topk such as `waf/topk/browser` over `[from, until)` (ms), by hits, most first. */
  truthOfTopk(
    resource: string,
    dimensions: readonly string[],
    from: number,
    until: number,
    filters?: string,
  ): TruthRow[];
  /**
   * Puts exactly these events in place of those in `[from, until)` (ms): given ones, or a number of made-up ones, of which a larger number
   * later keeps the first. Throws a RangeError for a time outside and for an unknown dimension.
   */
  load(from: number, until: number, events: number | readonly GivenEvent[]): void;
  /** From now on, only this password is right. */
  changePassword(password: string): void;
  /** What a correct client never does. */
  readonly violations: readonly Violation[];
  /** The last 10,000 requests. */
  readonly requests: readonly RequestLogEntry[];
  /** Is told of each request that is allowed; awaited before the answer. @returns what ends it. */
  onRequest(listener: (occasion: Occasion) => void | Promise<void>): () => void;
  /** Cuts what is open and frees the port. */
  close(): Promise<void>;
}

/** For whoever configures none: a colon, and letters beyond ASCII, are what clients get wrong. */
export const DEFAULT_USER = { name: 'siem@acme.com', password: 'pass:wörd' } as const satisfies User;
export const DEFAULT_CUSTOMER = 'acme';
