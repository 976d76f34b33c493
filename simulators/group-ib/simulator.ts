import type { Account } from './auth.ts';
import type { Faults, Occasion } from './faults.ts';
import type { Violation } from './violations.ts';

/** What is decided when the simulator starts. */
export interface SimulatorOptions {
  /** 0, the default: any free port. */
  readonly port?: number;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** {@link DEFAULT_ACCOUNT} unless told. */
  readonly accounts?: readonly Account[];
  /** The collections that there are; all that the vendor's client names, and `violation/list`, unless told. */
  readonly collections?: readonly string[];
  /** The same seed makes up the same items for the same days, 1 unless told. */
  readonly seed?: number;
  /** The vendor's clock, ms since the epoch: it decides what has been published, and the Date header. */
  readonly clock?: () => number;
  /** New versions of items in a day (`2026-11-21`, UTC), 40 unless told. */
  readonly perDay?: number | ((collection: string, day: string) => number);
  /** How many days before today the vendor's memory begins, 30 unless told. */
  readonly historyDays?: number;
  /** How many of the versions are updates of items that were there before, 0 to 1; an eighth unless told. */
  readonly updates?: number;
  /** Collections that hold exactly so many items, spread over the history, and get no more by themselves. */
  readonly counts?: Readonly<Record<string, number>>;
  /** What every made-up password, card number, account number and key begins with; `canary-` unless told. */
  readonly canary?: string;
  readonly faults?: Partial<Faults>;
  /** Serves `/_simulator/...` on the same port, for tests in other processes. Off unless told. */
  readonly control?: boolean;
}

/** A number of made-up items, or records as their own bytes. */
export type Records = number | readonly (string | Uint8Array)[];

export interface LoadOptions {
  /** The items are spread over `[from, until)`, ms; the last 24 hours unless told. */
  readonly from?: number;
  readonly until?: number;
  /** How many of them are updates of earlier ones, 0 to 1; none unless told. */
  readonly updates?: number;
}

/** A version of an item that the vendor holds or held. */
export interface TruthVersion {
  readonly id: string;
  /** The digits as they are served under the present faults; null in the collections that can only be searched. */
  readonly seqUpdate: string | null;
  /** When it was published, ms. */
  readonly time: number;
  /** Whether it is the item's newest version; others are not served any more. */
  readonly current: boolean;
  /** Of {@link bytes}, hex. */
  readonly sha256: string;
  /** The item's bytes as they are served under the present faults. */
  readonly bytes: Buffer;
}

export interface RequestLogEntry {
  readonly method: string;
  /** With the query, cut after 2,000 characters. */
  readonly path: string;
  readonly collection: string | null;
  /** 0 until it is answered, and for ever when it never is. */
  readonly status: number;
  /** The vendor's clock, ms. */
  readonly at: number;
  /** Credentials are redacted. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface GroupIbSimulator {
  /** `http://127.0.0.1:34567` */
  readonly url: string;
  /** Threat Intelligence, `http://127.0.0.1:34567/api/v2/`; the vendor's client wants the slash. */
  readonly tiUrl: string;
  /** Digital Risk Protection, `http://127.0.0.1:34567/client_api/`. */
  readonly drpUrl: string;
  /** Live: what is assigned counts from the next request on. */
  readonly faults: Faults;
  /** How often each fault struck; modes are not counted. */
  readonly struck: Readonly<Record<string, number>>;
  /** Every version published by now, in the order of their seqUpdates. A walk holds no version that was replaced before it came there. */
  truth(collection: string): TruthVersion[];
  /** The newest version of each item: what a walk to the end must hold. */
  latest(collection: string): TruthVersion[];
  /**
   * Puts exactly these items in place of all that the collection holds; no more is made up after them. Records keep their bytes and the
   * exact digits of their seqUpdate (one without gets a number that is not in its bytes). Throws a TypeError for a record without an id, a
   * RangeError for seqUpdates that descend (when they become due) and for a collection that is none.
   */
  load(collection: string, records: Records, options?: LoadOptions): void;
  /** Publishes items now, after all others. @returns them. Throws as {@link load} does. */
  add(collection: string, records: Records): TruthVersion[];
  /** Updates items by id, or the so many that were not updated for longest. @returns the new versions. Throws a RangeError for unknown ids. */
  update(collection: string, which: readonly string[] | number): TruthVersion[];
  /** What a correct client never does. */
  readonly violations: readonly Violation[];
  /** The last 10,000 requests. */
  readonly requests: readonly RequestLogEntry[];
  /** Is told of each request that is allowed; awaited before the answer. @returns what ends it. */
  onRequest(listener: (event: Occasion) => void | Promise<void>): () => void;
  /** Cuts what is open and frees the port. */
  close(): Promise<void>;
}

/** For whoever configures none. */
export const DEFAULT_ACCOUNT = {
  username: 'analyst@example.com',
  apiKey: 'simulator-api-key',
} as const satisfies Account;
