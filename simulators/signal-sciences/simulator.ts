import type { Account } from './sessions.ts';
import type { Faults } from './faults.ts';
import type { FeedEvent } from './feed.ts';
import type { Violation } from './violations.ts';

/** What is decided when the simulator starts. */
export interface SimulatorOptions {
  /** 0, the default: any free port. */
  readonly port?: number;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  readonly corp: string;
  readonly sites: readonly string[];
  /** {@link DEFAULT_ACCOUNT} unless told. */
  readonly accounts?: readonly Account[];
  /** The same seed makes up the same events, 1 unless told. */
  readonly seed?: number;
  /** The vendor's clock, ms since the epoch: it decides limits, the age of next links, sessions, and the Date header. */
  readonly clock?: () => number;
  /** Events a minute on average, 30 unless told. `minute` is the minute's first instant, ms. */
  readonly rate?: number | ((site: string, minute: number) => number);
  /** About how large a made-up record is, bytes; 1,200 unless told, and hardly below 900. */
  readonly recordBytes?: number;
  readonly faults?: Partial<Faults>;
  /** How many bytes of pages are kept for when they are asked for again; 64 MB unless told. */
  readonly cacheBytes?: number;
  /** Serves `/_simulator/...` on the same port, for tests in other processes. Off unless told. */
  readonly control?: boolean;
}

/** An event that the vendor holds. */
export interface TruthEvent {
  readonly id: string;
  /** ms since the epoch; the vendor's times are whole seconds. */
  readonly time: number;
  /** Of {@link bytes}, hex. */
  readonly sha256: string;
  /** The record's bytes as the feed serves them under the present faults. Of two with one id, the last one served. */
  readonly bytes: Buffer;
}

export interface RequestLogEntry {
  readonly method: string;
  /** With the query, cut after 2,000 characters. */
  readonly path: string;
  readonly site: string | null;
  /** 0 until it is answered, and for ever when it never is. */
  readonly status: number;
  /** The vendor's clock, ms. */
  readonly at: number;
  /** Credentials are redacted. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface LoginEvent {
  readonly kind: 'login';
  readonly email: string;
}

export type RequestEvent = LoginEvent | FeedEvent;

export interface SignalSciencesSimulator {
  /** `http://127.0.0.1:34567` */
  readonly url: string;
  /** Live: what is assigned counts from the next request on. */
  readonly faults: Faults;
  /** How often each fault struck. */
  readonly struck: Readonly<Record<string, number>>;
  /** The events of `[from, until)` (ms) whose time has come, by time and id. */
  truth(site: string, from: number, until: number): TruthEvent[];
  /**
   * Puts exactly these events in place of those in `[from, until)` (ms): records as their own bytes, or a number of made-up ones. With a
   * larger number the earlier ones stay, so loading more is how late events come. Next links into the interval expire. Throws a TypeError
   * for records without id and timestamp, a RangeError for times outside the interval.
   */
  load(site: string, from: number, until: number, events: number | readonly (string | Uint8Array)[]): void;
  /** Makes the pages of a window now and keeps them, so that serving one costs little more than the socket's write. @returns the pages. */
  preload(site: string, from: number, until: number, limit?: number): number;
  /** What a correct client never does. */
  readonly violations: readonly Violation[];
  /** The last 10,000 requests. */
  readonly requests: readonly RequestLogEntry[];
  readonly connections: {
    /** Requests of the feed that are being answered, by site. */
    readonly current: ReadonlyMap<string, number>;
    /** The most there were at once, those that were refused included. */
    readonly peak: { readonly corp: number; readonly site: Readonly<Record<string, number>> };
  };
  /** Is told of each login, and of each request for a page that is allowed; awaited before the answer. @returns what ends it. */
  onRequest(listener: (event: RequestEvent) => void | Promise<void>): () => void;
  /** Ends every session; API tokens stay good. */
  revokeSessions(): void;
  /** Cuts what is open and frees the port. */
  close(): Promise<void>;
}

/** For whoever configures none: an API token, and a login with an address and a password. */
export const DEFAULT_ACCOUNT = {
  email: 'ops@example.com',
  password: 'simulator-password',
  token: 'simulator-api-token',
} as const satisfies Account;
