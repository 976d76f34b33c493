import type { Faults, Occasion } from './faults.ts';
import type { Violation } from './violations.ts';

/** A connector of the portal (indusface.txt:12). */
export interface Client {
  /** The API ID. */
  readonly id: string;
  /** The key. */
  readonly secret: string;
}

export type Grant = 'authorization_code' | 'client_credentials' | 'basic';

/** What is decided when the simulator starts. */
export interface SimulatorOptions {
  /** 0, the default: any free port. */
  readonly port?: number;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  readonly websites: readonly string[];
  /** {@link DEFAULT_CLIENT} unless told. */
  readonly clients?: readonly Client[];
  /** The ways to log in that the account takes; all three unless told. */
  readonly grants?: readonly Grant[];
  /** The pre-configured redirection URL (indusface.txt:30); it may hold a query already. */
  readonly redirectUrl?: string;
  /** The same seed makes up the same attacks, 1 unless told. */
  readonly seed?: number;
  /** The vendor's clock, ms since the epoch: it decides what is visible and what is forgotten, tokens, and the Date header. */
  readonly clock?: () => number;
  /**
   * Attacks a minute and website on average; `minute` is the minute's first instant, ms. Unless told, 2 with a fifth of the quarters of an
   * hour quiet. Single minutes are empty now and then, and some bring five times as many, at any rate.
   */
  readonly rate?: number | ((website: string, minute: number) => number);
  readonly faults?: Partial<Faults>;
  /** Serves `/_simulator/...` on the same port, for tests in other processes. Off unless told. */
  readonly control?: boolean;
}

/** An attack that the vendor holds. */
export interface TruthAttack {
  readonly website: string;
  readonly eventType: string;
  /** ms since the epoch. */
  readonly time: number;
  /** Of {@link bytes}, hex. */
  readonly sha256: string;
  /** The attack's bytes as they are served under the present faults. */
  readonly bytes: Buffer;
}

export interface RequestLogEntry {
  readonly method: string;
  /** With the query, cut after 2,000 characters; codes and secrets are redacted. */
  readonly path: string;
  readonly kind: Occasion['kind'] | null;
  /** 0 until it is answered, and for ever when it never is. */
  readonly status: number;
  /** The vendor's clock, ms. */
  readonly at: number;
  /** Credentials are redacted. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface AppTranaSimulator {
  /** The origin, `http://127.0.0.1:34567`. */
  readonly url: string;
  /** What a client takes for its base URL: the origin with `/wafportal/rest`. */
  readonly baseUrl: string;
  /** Live: what is assigned counts from the next request on. */
  readonly faults: Faults;
  /** How often each fault struck. */
  readonly struck: Readonly<Record<string, number>>;
  /** The attacks of `[from, until)` (ms) that are visible by now, by time; of one website or of all (null), of one event type or of both. */
  truth(website: string | null, from: number, until: number, eventType?: string): TruthAttack[];
  /** Puts exactly these attacks in place of those in `[from, until)`: objects as their own bytes, or a number of made-up ones. */
  load(website: string, from: number, until: number, attacks: number | readonly (string | Uint8Array)[]): void;
  /** What a correct client never does. */
  readonly violations: readonly Violation[];
  /** The last 10,000 requests. */
  readonly requests: readonly RequestLogEntry[];
  readonly counts: {
    readonly authorizations: number;
    readonly logins: number;
    readonly attacks: number;
    /** How often a code came that had been used. */
    readonly codeReuses: number;
    /** The most requests about attacks that were under way at once. */
    readonly peak: number;
  };
  /** Is told of each request that is allowed, before its answer. @returns what ends it. */
  onRequest(listener: (occasion: Occasion) => void | Promise<void>): () => void;
  /** Ends every token. */
  endTokens(): void;
  /** Cuts what is open and frees the port. */
  close(): Promise<void>;
}

export const DEFAULT_CLIENT = { id: 'simulator-api-id', secret: 'simulator-api-key' } as const satisfies Client;
export const DEFAULT_REDIRECT_URL = 'https://siem.example.com/callback';
