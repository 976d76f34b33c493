import type { Key } from './auth.ts';
import type { Faults, Occasion } from './faults.ts';
import type { Violation } from './violations.ts';

/** What an organisation's events are chosen by: a query must hold one attribute that matches it (shadowserver.txt:250-256). */
export interface Filter {
  readonly field: 'geo' | 'region' | 'asn' | 'domain' | 'ip';
  /** `US`, `CALIFORNIA`, `109`, `*.cisco.com`, `134.34.0.0/16`. */
  readonly value: string;
}

/** A list that the customer is subscribed to. */
export interface ReportList {
  /** What a client asks for: `united-states`. */
  readonly name: string;
  /** How its file names end, `united_states_of_america-geo`; made of the name and the filter's field unless told. */
  readonly label?: string;
  readonly filter: Filter;
}

/** What is decided when the simulator starts. */
export interface SimulatorOptions {
  /** Of the API; 0, the default: any free port. */
  readonly port?: number;
  /** Of the download host; 0, the default: any free port. */
  readonly dlPort?: number;
  /** Serves both on the API's port, the files under `/dl/`. */
  readonly onePort?: boolean;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** {@link DEFAULT_LISTS} unless told. */
  readonly lists?: readonly ReportList[];
  /** The report types; those of the catalogue unless told. Types that are not in it get the columns of a scan. */
  readonly types?: readonly string[];
  /** {@link DEFAULT_KEY} unless told. */
  readonly keys?: readonly Key[];
  /** The same seed makes up the same files, 1 unless told. */
  readonly seed?: number;
  /** The vendor's clock, ms since the epoch: it decides what is published, `now` in dates, and the Date header. */
  readonly clock?: () => number;
  /** Rows of a file: a number is an average, 40 unless told; a function says it exactly, and null is a day without such a file. */
  readonly rows?: number | ((list: string, type: string, day: string) => number | null);
  /** Each file appears between its day's end and this much later, ms; 8 h unless told, 0: all of them at the day's end. */
  readonly publishWithinMs?: number;
  readonly faults?: Partial<Faults>;
  /** Serves `/_simulator/...` on the API's port, for tests in other processes. Off unless told. */
  readonly control?: boolean;
}

/** A file that the vendor has published. */
export interface TruthFile {
  readonly file: string;
  readonly list: string;
  readonly type: string;
  /** `2026-11-21`, UTC. */
  readonly day: string;
  /** When it appeared, ms since the epoch. */
  readonly published: number;
  /** The id that `reports/list` gives at this moment. */
  readonly id: string;
  /** Of the CSV as it is served under the present faults (an empty first answer apart), bytes. */
  readonly size: number;
  /** Of the same bytes, hex. Worked out when it is asked for: a file of a million rows takes seconds. */
  readonly sha256: string;
  /** Rows after the header. */
  readonly count: number;
  readonly header: readonly string[];
  /** The rows by header, in the file's order. Of a ragged row the fields that it has and that the header names. */
  rows(): IterableIterator<Readonly<Record<string, string>>>;
  /** The rows' fields as they stand in the file. */
  cells(): IterableIterator<readonly string[]>;
}

export interface RequestLogEntry {
  readonly origin: 'api' | 'dl';
  readonly method: string;
  /** Cut after 2,000 characters. */
  readonly path: string;
  /** What a call of the API asked for, without the key; absent where the body was no JSON object. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** 0 until it is answered, and for ever when it never is. */
  readonly status: number;
  /** The vendor's clock, ms. */
  readonly at: number;
  /** Credentials are redacted. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ShadowserverSimulator {
  /** The API's origin, `http://127.0.0.1:34567`; controls are under `/_simulator/`. */
  readonly url: string;
  /** Where the methods are: `http://127.0.0.1:34567/api2`. */
  readonly apiUrl: string;
  /** Where the files are: `http://127.0.0.1:34568`, or `http://127.0.0.1:34567/dl`. */
  readonly dlUrl: string;
  /** Live: what is assigned counts from the next request on. */
  readonly faults: Faults;
  /** How often each fault struck; those that change what the vendor holds are not counted. */
  readonly struck: Readonly<Record<string, number>>;
  /** The files of a day that are published by now, by list and type; null: every list, every type. */
  truth(list: string | null, type: string | null, day: string): TruthFile[];
  /**
   * Puts a file of so many made-up rows in place of a day's, or null: no file. With a larger number the earlier rows stay, under the same
   * name and id. Throws a RangeError for an unknown list or type, or a day that is none.
   */
  load(list: string, type: string, day: string, rows: number | null): void;
  /** What a correct client never does. */
  readonly violations: readonly Violation[];
  /** The last 10,000 requests. */
  readonly requests: readonly RequestLogEntry[];
  /** Is told of each request that is allowed; awaited before the answer. @returns what ends it. */
  onRequest(listener: (event: Occasion) => void | Promise<void>): () => void;
  /** Cuts what is open and frees the ports. */
  close(): Promise<void>;
}

/** For whoever configures none. */
export const DEFAULT_KEY = {
  apiKey: 'simulator-api-key',
  secret: 'simulator-secret',
} as const satisfies Key;

/** The lists of the vendor's page (shadowserver.txt:35-38, 121-136): a client cannot work a file's name out of a list's. */
export const DEFAULT_LISTS: readonly ReportList[] = [
  { name: 'united-states', label: 'united_states_of_america-geo', filter: { field: 'geo', value: 'US' } },
  { name: 'california', label: 'california-region', filter: { field: 'region', value: 'CALIFORNIA' } },
];
