import type { IntervalSet } from '../core/intervals.ts';
import type { StreamId } from '../core/ids.ts';
import type { Interval } from '../core/time.ts';
import type { Receipt } from '../core/manifest.ts';
import type { AcknowledgementFacts } from './acknowledgements.ts';
import type { AlarmFacts } from './alarms.ts';
import type { LookFacts } from './looks.ts';
import type { BackfillFacts } from './backfills.ts';

/**
 * The truth about coverage: which slices are sealed, what operators want, what failed last and what is lost. Only facts are stored;
 * states such as `due` or `at-risk` are derived from them and the clock (DESIGN §5). Times are ms since the epoch, intervals half-open.
 *
 * An instant is held, or lost, or neither, never both: what is sealed after all is not lost, and what is held cannot be lost. Nothing that is held or lost
 * is wanted any more, and no failure stands whose window is wholly held or lost.
 *
 * Every method is one transaction and, but for the count of `fail`, may be repeated with the same effect. Errors: `storage-full`, `ledger-damaged`,
 * `unavailable` (locked, or the database cannot be reached); nothing is written then.
 */
export interface Ledger extends AcknowledgementFacts, AlarmFacts, LookFacts, BackfillFacts {
  /** Remembers when a stream was first applied; later calls change nothing. Returns that instant. */
  apply(stream: StreamId, now: number): Promise<number>;
  /** Every stream that was ever applied, by id. */
  streams(): Promise<readonly AppliedStream[]>;
  /** What is known of a window stream inside an interval (of facts that overlap its bounds, the whole). */
  coverage(stream: StreamId, within: Interval): Promise<Coverage>;
  /**
   * Writes a sealed slice from its manifest; with a portion its stream's position moves to the portion's end, in one transaction. `present` when it was there already. Throws `archive-damaged`, and keeps what it knows, when the slice and
   * revision is there with another digest: the archive never writes a manifest twice, so somebody changed it by hand.
   */
  commit(receipt: Receipt): Promise<'committed' | 'present'>;
  /** Adds a range that an operator wants, so far as it is neither held nor lost. */
  want(stream: StreamId, range: Interval, now: number): Promise<void>;
  /** Records what can no longer be had, so far as it is not held; of what is lost already, the first reason stands. */
  lose(stream: StreamId, ranges: readonly Interval[], reason: string, now: number): Promise<void>;
  /** Records that a window could not be extracted; counts how often. Does nothing when the whole of it is held or lost by now. */
  fail(
    stream: StreamId,
    window: Interval,
    failure: { readonly name: string; readonly message: string },
    now: number,
  ): Promise<void>;
  /** Where a sequence stands; undefined before it began. */
  position(stream: StreamId): Promise<Position | undefined>;
  /** Sets where a sequence begins, unless it has begun. Returns the cursor that counts. */
  begin(stream: StreamId, cursor: string, now: number): Promise<string>;
  /** Moves a position from one place to another, by what the vendor has as of now. Does nothing when it is elsewhere by then. */
  moveTo(stream: StreamId, from: string, to: string, now: number): Promise<void>;
  /** Records that the vendor has nothing after this cursor as of now. Does nothing when the position has moved meanwhile. */
  reachEnd(stream: StreamId, cursor: string, now: number): Promise<void>;
  /** Records that a sequence could not be followed on. */
  stall(stream: StreamId, failure: { readonly name: string; readonly message: string }, now: number): Promise<void>;
  /** The newest sealed portions of a sequence, oldest first. */
  portions(stream: StreamId, limit: number): Promise<readonly PortionRow[]>;
  /** How many portions, or reports, a workflow sealed of a stream. */
  countSealedBy(stream: StreamId, workflowId: string): Promise<Counts>;
  /** The sealed reports of the days from one to another, both included, every revision. */
  reports(stream: StreamId, days: { readonly first: string; readonly last: string }): Promise<readonly ReportRow[]>;
  /** Records that a report was looked at again and is what is held, under another id or with another count by the vendor. */
  same(stream: StreamId, report: Pick<ReportRow, 'day' | 'file' | 'revision' | 'reportId' | 'reported'>): Promise<void>;
  /** What was looked up at a source, searches and files, oldest first. */
  lookups(source: string): Promise<readonly LookupRow[]>;
  /** Sealed slices that overlap an interval, oldest first, each in its latest revision, which holds all of it; `limit` keeps the newest ones. */
  slices(stream: StreamId, within: Interval, limit?: number): Promise<readonly SliceRow[]>;
  /** How many there are of them; `sealed` leaves out those whose latest revision was sealed outside of it. */
  countSlices(stream: StreamId, within: Interval, sealed?: Interval): Promise<Counts>;
  /** What was sealed at or after an instant, whatever its shape and the time of its records, in that order. */
  sealedSince(stream: StreamId, instant: number): Promise<readonly SealedRef[]>;
  /** What is lost, oldest first; no two overlap. */
  losses(stream: StreamId): Promise<readonly LossRow[]>;
  /** Windows that failed last time they were tried, oldest first. */
  failures(stream: StreamId): Promise<readonly FailureRow[]>;
  /** Records of a window stream's slices by the hour in which they begin: the 24 hours before an instant, oldest first. */
  recordsByHour(stream: StreamId, until: number): Promise<readonly number[]>;
  /** When a slice of any kind was last sealed, ms since the epoch; undefined before the first. */
  lastSealedAt(stream: StreamId): Promise<number | undefined>;
  /** Gives the connection back; a second call does nothing. */
  close(): Promise<void>;
}

/** A sealed slice, by its place in the archive. */
export interface SealedRef {
  /** Key of the manifest in the archive. */
  readonly manifest: string;
  readonly records: number;
  readonly sealedAt: number;
}

export interface AppliedStream extends StreamId {
  readonly appliedAt: number;
}

export interface Coverage {
  /** Sealed, empty windows included. */
  readonly held: IntervalSet;
  /** Sealed and found empty. */
  readonly empty: IntervalSet;
  readonly lost: IntervalSet;
  /** What operators asked for, running backfills included, and is neither held nor lost yet. */
  readonly wanted: IntervalSet;
  /** What of it running backfills want. */
  readonly backfilling: IntervalSet;
  /** What operators have excluded from all that is told of gaps. */
  readonly acknowledged: IntervalSet;
  /** Windows that failed last time, with when. */
  readonly failed: readonly FailureRow[];
}

/** How many slices, and records in them. */
export interface Counts {
  readonly slices: number;
  readonly records: number;
}

export interface SliceRow extends Interval {
  readonly kind: string;
  readonly revision: number;
  readonly records: number;
  readonly repeats: number;
  readonly pages: number;
  readonly parts: number;
  /** Bytes of its parts, compressed. */
  readonly bytes: number;
  readonly digest: string;
  readonly sealedAt: number;
  /** Key of the manifest in the archive. */
  readonly manifest: string;
  readonly workflowId: string;
  /** How many records the vendor said there were. */
  readonly reported: number | null;
}

/** Where a sequence stands. Instants in ms since the epoch. */
export interface Position {
  readonly cursor: string;
  /** How many records the vendor said were still ahead. */
  readonly remaining: number | null;
  readonly movedAt: number;
  /** When the vendor last had nothing more. */
  readonly endedAt: number | null;
  /** What kept it from being followed on, last time. */
  readonly failure?: { readonly name: string; readonly message: string; readonly at: number };
}

export interface PortionRow {
  readonly after: string;
  readonly upto: string;
  readonly records: number;
  readonly repeats: number;
  readonly parts: number;
  /** Bytes of its parts, compressed. */
  readonly bytes: number;
  readonly digest: string;
  readonly sealedAt: number;
  /** Key of the manifest in the archive. */
  readonly manifest: string;
  readonly workflowId: string;
}

export interface ReportRow {
  readonly day: string;
  readonly file: string;
  readonly revision: number;
  /** The vendor's id of the file when it was last looked at. */
  readonly reportId: string;
  readonly records: number;
  /** How many records the vendor says it holds. */
  readonly reported: number | null;
  readonly parts: number;
  /** Bytes of its parts and of the vendor's file, compressed. */
  readonly bytes: number;
  /** Of the vendor's file. */
  readonly rawSha256: string;
  readonly digest: string;
  readonly sealedAt: number;
  /** Key of the manifest in the archive. */
  readonly manifest: string;
  readonly workflowId: string;
}

/** Something that was looked up. It is no coverage. */
export interface LookupRow extends StreamId {
  readonly kind: string;
  /** The query, or the item and its file. */
  readonly subject: string;
  readonly records: number;
  readonly parts: number;
  /** Bytes of its parts and of its file, compressed. */
  readonly bytes: number;
  readonly digest: string;
  readonly sealedAt: number;
  /** Key of the manifest in the archive. */
  readonly manifest: string;
  readonly workflowId: string;
}

export interface LossRow extends Interval {
  readonly reason: string;
  readonly recordedAt: number;
}

export interface FailureRow extends Interval {
  /** A failure's name: see `sluice explain`. */
  readonly name: string;
  readonly message: string;
  readonly attempts: number;
  readonly firstAt: number;
  readonly lastAt: number;
}
