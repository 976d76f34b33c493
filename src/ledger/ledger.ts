import type { IntervalSet } from '../core/intervals.ts';
import type { StreamId } from '../core/ids.ts';
import type { Interval } from '../core/time.ts';
import type { Receipt } from '../core/manifest.ts';

/**
 * The truth about coverage: which slices are sealed, what operators want, what failed last and what is lost. Only facts are stored;
 * states such as `due` or `at-risk` are derived from them and the clock (DESIGN §5). Times are ms since the epoch, intervals half-open.
 *
 * Every method is one transaction and may be repeated with the same effect. Errors: `storage-full`, `ledger-damaged`, `unavailable` (locked, or the
 * database cannot be reached).
 */
export interface Ledger {
  /** Remembers when a stream was first applied; later calls change nothing. Returns that instant. */
  apply(stream: StreamId, now: number): Promise<number>;
  /** Every stream that was ever applied, by id. */
  streams(): Promise<readonly AppliedStream[]>;
  /** What is known of a window stream inside an interval (of slices that overlap its bounds, the whole). */
  coverage(stream: StreamId, within: Interval): Promise<Coverage>;
  /** Writes a sealed slice from its manifest, and forgets failures that lie inside it. `present` when it was there already. */
  commit(receipt: Receipt): Promise<'committed' | 'present'>;
  /** Adds a range that an operator wants. */
  want(stream: StreamId, range: Interval, now: number): Promise<void>;
  /** Records what can no longer be had. */
  lose(stream: StreamId, ranges: IntervalSet, reason: string, now: number): Promise<void>;
  /** Records that a window could not be extracted; counts how often. */
  fail(
    stream: StreamId,
    window: Interval,
    failure: { readonly name: string; readonly message: string },
    now: number,
  ): Promise<void>;
  /** Sealed slices that overlap an interval, oldest first; `limit` keeps the newest ones. */
  slices(stream: StreamId, within: Interval, limit?: number): Promise<readonly SliceRow[]>;
  losses(stream: StreamId): Promise<readonly LossRow[]>;
  /** Windows that failed last time they were tried, oldest first. */
  failures(stream: StreamId): Promise<readonly FailureRow[]>;
  close(): Promise<void>;
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
  readonly wanted: IntervalSet;
  /** Windows that failed last time, with when. */
  readonly failed: readonly FailureRow[];
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
