import type { Alarm } from '../core/alarms.ts';
import type { ConnectionLimits, Hit, ReportRef } from '../core/contract.ts';
import type { BackfillState } from '../core/backfill.ts';
import type { Forgetting } from '../core/due.ts';
import type { FailureName } from '../core/failures.ts';
import type { StreamId } from '../core/ids.ts';
import type { IsoInterval } from '../core/time.ts';

/**
 * What workflows ask of activities. Arguments and results are small and readable: names, windows, counts, digests, keys; never a
 * record, never a secret (DESIGN §4). Times are ISO 8601 UTC.
 */
export interface Activities {
  /** Looks a stream up in the worker's configuration. Errors: `unknown-stream`. */
  describeStream(stream: StreamId): Promise<StreamDescription>;
  /**
   * Sees to it that the source's gate runs. From here, for a workflow could only try: what runs already would show as a failed start in its history,
   * red in the UI though all is well.
   */
  ensureGate(source: { source: string }): Promise<void>;
  /** Proves that the source's credentials work, and learns the vendor's clock. Errors: `credentials-rejected`. */
  authenticate(source: { source: string }): Promise<LoginResult>;
  /** Asks the ledger what is due, and records as lost what the vendor has forgotten meanwhile. */
  plan(order: PlanOrder): Promise<Plan>;
  /**
   * Walks pages from the window's first one, or from a cursor, and stages them. A small window whose chain of pages is complete by then is
   * sealed at once: a step of its own would cost more than the work.
   */
  fetchPages(order: FetchOrder): Promise<FetchedPages>;
  /**
   * Extracts small windows one after the other, each sealed by itself, until one is not that simple: what went wrong there shows when that
   * window is asked for alone.
   */
  extractBatch(order: BatchOrder): Promise<ExtractedBatch>;
  /** Makes the staged pages of one complete chain a slice, in the archive and in the ledger. */
  seal(order: SealWindowOrder): Promise<SealedWindow>;
  /** Which sealed windows are to be looked at again for events that came late. */
  planLooks(order: LookPlanOrder): Promise<LookPlan>;
  /** Looks at small sealed windows again, one after the other, until one is not that simple. Adds what they do not hold. */
  reconcileBatch(order: ReconcileBatchOrder): Promise<ReconciledBatch>;
  /** Adds what another complete chain of staged pages holds, and the sealed window does not. */
  sealLate(order: SealLateOrder): Promise<LookedWindow>;
  /** Compares all streams with what they should hold, starts what did not start, and records what is wrong. */
  watch(): Promise<Watch>;
  /** Where a sequence stands; its beginning is asked of the vendor once. */
  beginSequence(stream: StreamId): Promise<{ readonly cursor: string }>;
  /** Follows a sequence from where the ledger stands: portion after portion, each sealed with its cursor, for about 20 s. */
  followPortions(order: FollowOrder): Promise<FollowedPortions>;
  /** What the vendor has published on the days that count, and is not held. */
  listReports(stream: StreamId): Promise<ListedReports>;
  /** Downloads a report and stages it, from its beginning or from where another run stopped. */
  fetchReport(order: FetchReportOrder): Promise<FetchedReport>;
  /** Makes a report that was staged whole a slice, unless it is what is held already. */
  sealReport(order: SealReportOrder): Promise<SealedReport>;
  /** Records that everything before a day has been collected. */
  markCollected(order: CollectedOrder): Promise<void>;
  /** Asks the vendor's own search which collections have something. */
  searchHits(order: SearchOrder): Promise<SearchHits>;
  /** Walks what a collection has on a query, for about 20 s, and stages it. */
  searchPages(order: SearchPagesOrder): Promise<SearchedPages>;
  /** Makes the staged finds of a collection a slice of their own. */
  sealSearch(order: SealSearchOrder): Promise<SealedWindow>;
  /** Records in the ledger that a sequence could not be followed on. */
  recordStall(report: StallReport): Promise<void>;
  /** Writes a backfill down, which makes its range wanted; one that is there goes on as it is. Errors: `unknown-stream`, `range-refused`. */
  beginBackfill(order: BackfillOrder): Promise<BegunBackfill>;
  /** How far a backfill is, by the ledger. */
  lookAtBackfill(backfill: { readonly id: string }): Promise<BackfillLook>;
  /** Moves a backfill to another state, and has the stream's extractor plan anew. */
  steerBackfill(order: SteerOrder): Promise<{ readonly state: BackfillState }>;
  /** Pauses every running backfill that wants a window which keeps failing. */
  pauseBackfills(trouble: RepeatedTrouble): Promise<void>;
  /** Follows a sequence from where a backfill's own reader stands, for about 20 s, up to where others have been. */
  followBackfill(order: FollowBackfillOrder): Promise<FollowedPortions>;
  /** What the vendor has published on the next days of a backfill, and is not held. */
  listBackfill(backfill: { readonly id: string }): Promise<ListedBackfill>;
  /** Records that a backfill holds all reports before a day. */
  markBackfilled(order: { readonly id: string; readonly upto: string }): Promise<void>;
  /** Records in the ledger that a window could not be extracted. */
  recordFailure(report: FailureReport): Promise<void>;
}

export interface StreamDescription {
  readonly shape: 'window' | 'sequence' | 'report';
  readonly connections: ConnectionLimits;
  /** The smallest piece of time that a window may be cut to, ms. */
  readonly grain: number;
  /** Of a window stream: what says when the vendor forgets a window; ms. */
  readonly forgetting?: Forgetting;
  /** How many records a portion of a sequence is asked for. */
  readonly size?: { readonly first: number; readonly most: number };
}

export interface FollowOrder extends StreamId {
  /** About how many records a portion is asked for. */
  readonly size: number;
}

export interface FollowedPortions {
  readonly portions: number;
  readonly records: number;
  readonly repeats: number;
  /** Where it stands now. */
  readonly cursor: string;
  /** How many records the vendor says are still ahead. */
  readonly remaining: number | null;
  /** Whether the vendor has nothing more as of now. */
  readonly ended: boolean;
  /** Why it stopped before that, for people. */
  readonly stoppedBecause?: string;
  readonly notes?: readonly string[];
}

export interface SearchOrder {
  readonly source: string;
  readonly query: string;
}

export interface SearchHits {
  readonly hits: readonly Hit[];
  readonly connections: ConnectionLimits;
}

export interface SearchPagesOrder extends SearchOrder {
  readonly collection: string;
  /** Where to go on; null at the beginning. */
  readonly place: string | null;
}

export interface SearchedPages {
  readonly segment: string;
  readonly records: number;
  /** Where to go on; null at the end. */
  readonly next: string | null;
}

export interface SealSearchOrder extends SearchOrder {
  readonly collection: string;
  /** When it was searched. */
  readonly at: string;
  readonly segments: readonly string[];
  /** How many items the vendor said there were. */
  readonly reported: number;
}

export interface StallReport extends StreamId {
  readonly failure: FailureName;
  readonly message: string;
}

export interface ListedReports {
  /** The UTC day before which everything was collected already. */
  readonly after: string;
  /** The first day on which reports may still appear. */
  readonly settled: string;
  readonly days: number;
  readonly listed: number;
  /** How many reports are due altogether. */
  readonly due: number;
  /** Those to fetch now, at most 100. */
  readonly reports: readonly DueReport[];
}

export interface DueReport extends ReportRef {
  /** 1, or the next one of a report that may have been issued again. */
  readonly revision: number;
  /** It is none if the file has this SHA-256, that of the revision before. */
  readonly unless?: string;
}

export interface ReportProgress {
  readonly segments: readonly string[];
  readonly pieces: readonly string[];
  /** Where to go on; null at the file's beginning. */
  readonly place: string | null;
  readonly records: number;
  readonly bytes: number;
}

export interface FetchReportOrder extends StreamId {
  readonly report: DueReport;
  readonly progress: ReportProgress | null;
}

export interface FetchedReport extends ReportProgress {
  /** Whether the file has been read to its end. */
  readonly done: boolean;
  readonly notes?: readonly string[];
}

export interface SealReportOrder extends StreamId, Pick<ReportProgress, 'segments' | 'pieces' | 'records'> {
  readonly report: DueReport;
}

export interface SealedReport {
  /** Nothing was sealed: the file is what is held. */
  readonly same: boolean;
  readonly records: number;
  /** Size of the vendor's file. */
  readonly bytes: number;
  readonly manifest: string;
}

export interface CollectedOrder extends StreamId {
  readonly after: string;
  readonly upto: string;
}

export interface LoginResult {
  /** The vendor's clock minus ours, seconds. */
  readonly skewSeconds: number;
  /** When the session ends, where the vendor says. */
  readonly until?: string;
}

export interface PlanOrder extends StreamId {
  /** Windows that failed at or after this time are left for the next run. */
  readonly notFailedSince?: string;
}

export interface Plan {
  /** The clock by which it was planned: the vendor's, as far as it is known. */
  readonly at: string;
  /** The windows to extract now, at most 320: the newest first, then by deadline. */
  readonly windows: readonly IsoInterval[];
  /** Those that only operators want, by pulls of a range or by backfills: at most 320, by deadline. Absent where there are none. */
  readonly wanted?: readonly IsoInterval[];
  /** How many are due altogether. */
  readonly due: number;
  /** When the vendor forgets the first of what is due. */
  readonly deadline: string | null;
  /** What was recorded as lost just now. */
  readonly lost: readonly IsoInterval[];
}

export interface FetchOrder extends StreamId {
  readonly window: IsoInterval;
  /** Where to go on; null begins with the window's first page. */
  readonly cursor: Cursor | null;
  /** The pages are staged whatever they are: the window is sealed already, and they are compared with it. */
  readonly keep?: true;
}

export interface LookPlanOrder extends StreamId {
  /** All sealed windows in it, instead of those whose moment has come. */
  readonly range?: IsoInterval;
  /** Windows that were seen at or after this time are left out. */
  readonly since?: string;
}

export interface LookPlan {
  /** By the vendor's clock, as far as it is known. */
  readonly at: string;
  /** The windows to look at now, at most 200, that with the nearest deadline first. */
  readonly windows: readonly SeenWindow[];
  readonly due: number;
}

export interface SeenWindow extends IsoInterval {
  readonly seenAt: string;
}

export interface ReconcileBatchOrder extends StreamId {
  readonly windows: readonly SeenWindow[];
}

export interface ReconciledBatch {
  /** What came of the first windows, in their order. */
  readonly looked: readonly LookedWindow[];
  readonly stoppedBecause?: string;
}

export interface SealLateOrder extends StreamId {
  readonly window: SeenWindow;
  readonly segments: readonly string[];
  readonly reported: number | null;
}

export interface LookedWindow {
  /** How many records the vendor handed out, and how many of them are new. */
  readonly found: number;
  readonly late: number;
  /** Records that the vendor gives in another form by now. */
  readonly changed: number;
  /** The latest revision's manifest. */
  readonly manifest: string;
}

export interface Watch {
  readonly at: string;
  readonly streams: number;
  /** The pulls that were started, by their workflow ids. */
  readonly started: readonly string[];
  /** What is wrong, at most 50. */
  readonly alarms: readonly Alarm[];
}

export interface Cursor {
  /** The vendor's text, opaque. */
  readonly text: string;
  /** Until when the vendor honours it, by the vendor's clock; null where it does not die. */
  readonly validUntil: string | null;
}

export interface FetchedPages {
  /** The staged pages: a key in the archive's staging area. Null where they are sealed already. */
  readonly segment: string | null;
  /** What the slice holds, where it is sealed already. */
  readonly sealed?: SealedWindow;
  readonly pages: number;
  readonly records: number;
  /** Where to go on; null when the chain is complete. */
  readonly next: Cursor | null;
  /** How long `next` was still valid when this was returned, ms. */
  readonly nextValidFor: number | null;
  readonly reported: number | null;
  /** Why the walk ended before the chain did, for people. */
  readonly pausedBecause?: string;
  /** What a person should hear of pages that were good but odd: at most three. */
  readonly notes?: readonly string[];
}

export interface BatchOrder extends StreamId {
  readonly windows: readonly IsoInterval[];
}

export interface ExtractedBatch {
  /** What the first windows hold, in the order of the windows. */
  readonly sealed: readonly SealedWindow[];
  /** Why the others were left, for people. */
  readonly stoppedBecause?: string;
}

export interface SealWindowOrder extends StreamId {
  readonly window: IsoInterval;
  readonly segments: readonly string[];
  readonly reported: number | null;
}

export interface SealedWindow {
  readonly records: number;
  readonly repeats: number;
  readonly pages: number;
  readonly bytes: number;
  readonly digest: string;
  readonly manifest: string;
}

export interface FailureReport extends StreamId {
  readonly window: IsoInterval;
  readonly failure: FailureName;
  readonly message: string;
}

export interface BackfillOrder extends StreamId, IsoInterval {
  readonly id: string;
  /** The workflow that shows it. */
  readonly workflowId: string;
}

/** The range on whole grains (of sequences and reports: whole UTC days), up to what has settled. */
export interface BegunBackfill extends IsoInterval {
  readonly shape: StreamDescription['shape'];
  readonly connections: ConnectionLimits;
  /** As for {@link StreamDescription}. */
  readonly size?: { readonly first: number; readonly most: number };
}

export interface BackfillLook {
  readonly state: BackfillState;
  /** Why it was paused, where a failure did so. */
  readonly failure?: { readonly name: string; readonly message: string };
  /** Slices of its range that were sealed since it began, by whomever; of sequences and reports those of its own reader. */
  readonly slices: number;
  readonly records: number;
  /** Windows that are neither held nor lost; null where that cannot be said of a sequence, or of reports. */
  readonly left: number | null;
  readonly windows: number | null;
  /** Windows of those left that failed last time. */
  readonly failing: number;
  readonly lostMinutes: number;
  /** The latest failure of a window that is left. */
  readonly trouble?: { readonly name: FailureName; readonly message: string };
  /** Where its own reader stands. */
  readonly cursor?: string;
}

export interface SteerOrder {
  readonly id: string;
  readonly to: BackfillState;
  readonly failure?: { readonly name: FailureName; readonly message: string };
  /** Give up windows under way as well: what was fetched of them is dropped. */
  readonly now?: boolean;
}

export interface RepeatedTrouble extends FailureReport {
  /** How often it happened in a row. */
  readonly times: number;
}

export interface FollowBackfillOrder {
  readonly id: string;
  readonly size: number;
}

export interface ListedBackfill {
  readonly listed: number;
  readonly due: number;
  /** Those to fetch now, at most 100. */
  readonly reports: readonly DueReport[];
  /** The days that were listed end before this one. */
  readonly upto: string;
  /** No days are left after these. */
  readonly isLast: boolean;
}
