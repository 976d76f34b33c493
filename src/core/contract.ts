import type { ZodType } from 'zod';
import type { RedactionSetting } from './redaction.ts';
import type { Interval } from './time.ts';

/**
 * What a source type is (DESIGN §3): a plain object of functions that speaks one vendor's protocol. It never imports Temporal, the
 * ledger or the archive, and a ten-line script can drive it.
 *
 * Who does what: the workflows own every loop, wait and retry; a source makes one call and answers, or throws a `Failure` (core/failures).
 * The one thing it retries by itself is a login, once, when a session ended. Every call may be repeated: after a crash the same page
 * is asked for again. A source keeps nothing but its session and its connections, so any worker can go on where another stopped.
 */
export interface SourceType<Settings = unknown> {
  /** The stable name: the `type:` of the config, the folder, the field in manifests. */
  readonly name: string;
  /** The settings of this type beyond those that every source takes; strict, so that a mistyped key is found. */
  readonly settings: ZodType<Settings>;
  /** What the vendor promises, before the user's `limits:` tighten it. */
  readonly limits: VendorLimits;
  /** The schedule and the length of a window where the config says none, ms. */
  readonly defaults: { readonly every: number; readonly offset: number; readonly window: number };
  open(context: SourceContext<Settings>): Source;
  /**
   * For `sluice init`: an entry of `sources:` to begin with, lines of YAML from the source's name on. Settings that may be left out stand after `# `, and
   * none of them contradicts what is there; secrets are references. Absent: `init` does not offer the type.
   */
  readonly example?: readonly string[];
  /**
   * For types whose records are no JSON objects, or leave out what their answer said once for all of them: the record as the text of a JSON
   * object, its values as the vendor wrote them. Absent: records are objects as they are.
   */
  readonly present?: (record: { readonly bytes: Uint8Array; readonly context: RecordContext | undefined }) => string;
}

export interface SourceContext<Settings> {
  /** The source's name in the config. */
  readonly id: string;
  readonly settings: Settings & CommonSettings;
  /** Our own clock, ms since the epoch. */
  readonly clock: () => number;
}

/** The settings that every source takes; lengths of time in ms. */
export interface CommonSettings {
  readonly baseUrl?: string | undefined;
  readonly proxy?: Secret | undefined;
  /** PEM text of further certificate authorities, beside the system's. */
  readonly ca?: string | undefined;
  readonly start?: StartSetting | undefined;
  readonly schedule: { readonly every: number; readonly offset: number };
  readonly window: number;
  /** The vendor's limits, tightened by the user, never loosened. */
  readonly limits: VendorLimits;
  /** What is done with secrets inside the data when it leaves the archive; absent: they are masked. */
  readonly redaction?: RedactionSetting | undefined;
}

/** Where coverage begins: `all` that the vendor keeps, an instant (ms), or by default 24 h before the stream was first applied. */
export type StartSetting = 'all' | number;

/** A value that must not be printed; read anew at every use, so that a rotated secret needs no restart. */
export interface Secret {
  /** Where the value comes from, for messages: `${env:SIGSCI_PASSWORD}`. */
  readonly place: string;
  /** The value. Throws an Error that names the place when it cannot be read. */
  reveal(): string;
}

export interface VendorLimits extends WindowLimits, ConnectionLimits {}

/** What a window of a stream may be; lengths of time in ms. */
export interface WindowLimits {
  /** The longest window that one chain of pages may ask for. */
  readonly longest: number;
  /** Bounds of windows are multiples of this. */
  readonly grain: number;
  /** How long after its end a window is complete at the vendor. */
  readonly settling: number;
  /** How far back the vendor serves. */
  readonly retention: number;
  /**
   * What the vendor forgets goes in steps of this: with a day (UTC), a midnight takes a whole day at once, and what is kept is `retention` plus
   * the elapsed part of the present day. Absent: it goes instant by instant.
   */
  readonly retentionStep?: number;
  /** Kept from both ends against clock skew and the time a request takes. */
  readonly safety: number;
  /** How long a cursor is honoured after it was issued; `Infinity` where it does not die. */
  readonly cursorValidity: number;
  /** When a sealed window is looked at again for events that came late. Absent where what comes later is another answer, not more of it. */
  readonly reconcile?: ReconcileLimits;
}

/** Moments to look at a sealed window again; lengths of time in ms. */
export interface ReconcileLimits {
  /** So long after the window's end, ascending. */
  readonly after: readonly number[];
  /** And a last time so long before the vendor forgets it. */
  readonly beforeDeadline?: number;
}

/** How many connections the vendor allows at once, over all workers. */
export interface ConnectionLimits {
  readonly perSource: number;
  readonly perStream: number;
}

/** One configured account at a vendor. */
export interface Source {
  readonly id: string;
  readonly type: string;
  readonly streams: readonly Stream[];
  /** Proves that the credentials work, and learns the vendor's clock. Throws `credentials-rejected` when they do not. */
  authenticate(signal: AbortSignal): Promise<Login>;
  /** For `sluice test`: the smallest legal request, with what it showed, a line each. */
  check(signal: AbortSignal): Promise<readonly string[]>;
  /** The vendor's clock as far as it is known, ms since the epoch: ours, corrected by the last `Date` header. */
  now(): number;
  /** For `sluice discover`: what the vendor's own lists offer to choose from in the config. Absent where a vendor has no lists. */
  discover?(signal: AbortSignal): Promise<readonly Listing[]>;
  /** For `sluice config check --online`: what in the settings the vendor's own lists do not have. */
  review?(signal: AbortSignal): Promise<readonly Complaint[]>;
  /** What can be looked up at the vendor beyond its streams. Absent where nothing can. */
  readonly lookup?: Lookup;
  /** Ends the session's connections. */
  close(): Promise<void>;
}

/** A vendor's own search, and what it has under an id. */
export interface Lookup {
  /** What is wrong with a query, and what would be right; `undefined` when nothing is. */
  complaint(query: string): string | undefined;
  /** The collections that have something on a query. */
  hits(query: string, signal: AbortSignal): Promise<readonly Hit[]>;
  /** What a collection has on it, page by page: from a place that an earlier page led to, or from the beginning. Their records have identities. */
  page(collection: string, query: string, place: string | null, signal: AbortSignal): Promise<Page>;
  /** One item, as the vendor sends it; `undefined` where there is none of that id. */
  find(collection: string, id: string, signal: AbortSignal): Promise<SourceRecord | undefined>;
  /** A file of an item, piece by piece as it comes. */
  file(collection: string, item: string, file: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** As for a stream of that collection: where its records hold secrets. */
  secrets(collection: string): readonly string[];
}

export interface Hit {
  readonly collection: string;
  /** The vendor's name of it, for people. */
  readonly label: string;
  /** How many items. */
  readonly count: number;
}

/** One of the vendor's lists. */
export interface Listing {
  /** What it is a list of: `events dimensions`. */
  readonly about: string;
  /** Where in the source's settings one of these is written: `streams.events.dimensions`. */
  readonly setting: string;
  readonly entries: readonly string[];
}

/** A value in the config that the vendor would refuse. */
export interface Complaint {
  /** Keys and positions below the source: `['streams', 'events', 'dimensions', 2]`. */
  readonly path: readonly (string | number)[];
  /** What is wrong, without the place. */
  readonly message: string;
  /** What would be right, for "did you mean". */
  readonly known?: readonly string[];
}

export interface Login {
  /** The vendor's clock minus ours, ms; 0 while unknown. */
  readonly skew: number;
  /** When the session ends, ms since the epoch, where the vendor says. */
  readonly until?: number;
}

export type Stream = WindowStream | SequenceStream | ReportStream;

/** What every stream has, whatever its shape. */
interface StreamBase {
  /** Unique inside its source: a site, a website, a query, a collection, a report type. */
  readonly name: string;
  /** The id by which repeats are dropped and destinations know the record, and its event time in ms since the epoch. */
  identify(record: SourceRecord): Identity;
  /**
   * Further looks at a record that the configuration asks for, by their names: none, one or several lines of JSON. They are made from the archived
   * record whenever somebody looks, so a changed configuration changes them for the past as well.
   */
  readonly views?: Readonly<Record<string, View>>;
  /** Where its records hold secrets, passwords say: `cardInfo.number`, or `**.password` for any depth. */
  readonly secrets?: readonly string[];
}

/** @throws Error where a record cannot be looked at in this way. */
export type View = (record: {
  readonly bytes: Uint8Array;
  readonly context: RecordContext | undefined;
}) => readonly string[];

/** A record: the vendor's bytes, verbatim, and what the source found out about them anyway. */
export interface SourceRecord {
  readonly bytes: Uint8Array;
  /** Their value, where they have been parsed. */
  readonly value?: unknown;
  /** One member of their value, where they have been parsed and are an object: cheaper than the whole. */
  member?(key: string): unknown;
  /** Where they have been identified: `identify` need not look again. */
  readonly identity?: Identity;
  /** What the answer said once for many records and the record does not say itself; the archive keeps it beside them. */
  readonly context?: RecordContext;
}

/** Small, and the same for many records: `{ website: 'www.example.com' }`, `{ columns: ['domain', 'rule_id'] }`. */
export type RecordContext = Readonly<Record<string, string | readonly string[]>>;

export interface Identity {
  readonly id: string;
  readonly time: number;
}

/** Events asked for by time. */
export interface WindowStream extends StreamBase {
  readonly shape: 'window';
  readonly limits: WindowLimits;
  /** Length of a window, ms, where it is the stream's own; absent: the source's. */
  readonly window?: number;
  /**
   * One page of the window `[from, until)`, on whole grains: the first one (`cursor` null), or the one that a cursor stands for. Pages are read
   * until `next` is null. Together they hold each event of the window at least once, in any order.
   */
  fetchPage(window: Interval, cursor: string | null, signal: AbortSignal): Promise<Page>;
  /**
   * What an archived record is known by when its window is looked at again: records with one likeness are as many as there are of them. For
   * streams whose `identify` needs the other records of the answer; absent where the id does.
   */
  likeness?(record: Pick<SourceRecord, 'bytes' | 'context'>): string;
}

export interface Page {
  readonly records: readonly SourceRecord[];
  /** What the vendor wants back for the next page, opaque text of at most 32 KiB; null at the end of the chain. */
  readonly next: string | null;
  /** How many records the vendor says the window holds, where it says so. */
  readonly reported?: number;
  /** What a person should hear of an answer that is good but odd; a source cannot log. */
  readonly note?: string;
}

/** Events behind an ever-rising cursor. */
export interface SequenceStream extends StreamBase {
  readonly shape: 'sequence';
  /** How many records a portion is asked for: at first, and at most. After trouble with the size it is halved, and grows back. */
  readonly size: { readonly first: number; readonly most: number };
  /** The cursor to begin with for a UTC date, `2026-11-21`: everything from that day on comes after it. */
  start(date: string, signal: AbortSignal): Promise<string>;
  /**
   * The portion after a cursor, of about `size` records. Opaque text of at most 1 KiB stands for a place in the sequence: what lies before it has
   * been handed out, and what comes after it has not, ties included.
   *
   * @param signal one for all portions of a walk. A source may send what it will be asked for next already: whoever walks aborts the signal at the end.
   * @throws WindowTooLarge when the vendor cannot serve so many at once.
   */
  fetchPortion(cursor: string, size: number, signal: AbortSignal): Promise<Portion>;
  /**
   * Which of two places comes first: below zero when `a` does, zero for one place; `undefined` when that cannot be said. A backfill needs it: it is a second
   * reader, which ends where the first one began. Absent: such a stream cannot be backfilled.
   */
  compare?(a: string, b: string): number | undefined;
}

export interface Portion {
  /** None: the end of the sequence as it is now, and the only sign of it. */
  readonly records: readonly SourceRecord[];
  /** Where to go on. With records it lies beyond the cursor that was asked with; without any it may be the same. */
  readonly cursor: string;
  /** How many records are still ahead, where the vendor says so. It may grow while one walks. */
  readonly remaining?: number;
  /** As for {@link Page}. */
  readonly note?: string;
}

/** Files published by day. */
export interface ReportStream extends StreamBase {
  readonly shape: 'report';
  /** So many days before the present one, in UTC, reports may still appear or be issued again. */
  readonly lookBack: number;
  /** The reports of a UTC day, `2026-11-21`, that there are by now. */
  list(day: string, signal: AbortSignal): Promise<readonly ReportRef[]>;
  /**
   * A report's file, piece by piece, from its beginning or from a place that an earlier piece ended at; nothing at all where the file is there but
   * not ready yet. Memory stays flat whatever its size.
   */
  fetchReport(ref: ReportRef, place: string | null, signal: AbortSignal): AsyncIterable<ReportPiece>;
}

export interface ReportRef {
  /** The vendor's id of the file; another one may stand for the same file later. */
  readonly id: string;
  readonly day: string;
  /** Its name: what tells one report of a day from another, and a report that is issued again from a new one. */
  readonly file: string;
  /** How many records the vendor says it holds, where it says so. */
  readonly reported?: number;
}

export interface ReportPiece {
  /** The file's own bytes; all pieces together are the file. */
  readonly bytes: Uint8Array;
  /** The records that end in this piece, in order. */
  readonly records: readonly SourceRecord[];
  /** Where the next piece begins: opaque text of at most 32 KiB, good in another process. */
  readonly place: string;
  /** As for {@link Page}. */
  readonly note?: string;
}
