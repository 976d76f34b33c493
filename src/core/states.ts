import { deadlineOf, plan, type Standing } from './due.ts';
import { intersect, lengthOf, reachFrom, subtract, union, type IntervalSet } from './intervals.ts';
import type { Interval } from './time.ts';

/** What a stretch that should be held and is not can be (DESIGN §5), the gravest last. */
export const gapStates = ['acknowledged', 'due', 'extracting', 'late', 'failed', 'at-risk', 'lost'] as const;
export type GapState = (typeof gapStates)[number];

/** What any stretch of time can be, the gravest last: the one vocabulary of the command line, its JSON, the page and the metrics. */
export const sliceStates = ['sealed', 'empty', 'settling', ...gapStates] as const;
export type SliceState = (typeof sliceStates)[number];

/** The states that a person is told of by `--check`; of `lost` by an exit code of its own. */
export const troubledStates: readonly string[] = ['late', 'failed', 'at-risk'] satisfies readonly GapState[];

export interface Gap extends Interval {
  readonly state: GapState;
  /** When the vendor forgets its first instant, ms since the epoch; absent once it is lost, or where a person has acknowledged it. */
  readonly deadline?: number;
}

export interface StreamState {
  /** The gravest state of a gap that can still be healed; `current` when there is none, `settling` before anything was due. */
  readonly state: HealableState | 'current' | 'settling';
  /** Everything before it is held, known to be lost, or acknowledged; ms since the epoch. */
  readonly watermark: number;
  /** Now minus the watermark, ms. */
  readonly lag: number;
  /** In the order of time, lost ones included. */
  readonly gaps: readonly Gap[];
  /** The nearest deadline of a gap that can still be healed. */
  readonly deadline?: number;
  /** Without what is acknowledged, ms. */
  readonly lost: number;
}

type HealableState = Exclude<GapState, 'lost' | 'acknowledged'>;

/** What is known, and when the last tick should have been. */
export interface Observed extends Standing {
  /** Windows that failed last time. */
  readonly failed: IntervalSet;
  /** The schedule's interval, ms: what is due for longer is late. */
  readonly every: number;
  /** What running backfills want. */
  readonly backfilling?: IntervalSet;
  /** What operators have excluded from all that is told of gaps. */
  readonly acknowledged?: IntervalSet;
  /** Whether the stream's extractor is at work on what is due; absent where nobody asked Temporal. */
  readonly extracting?: boolean;
}

/** A gap is at risk once less than this share of the vendor's retention is left. */
const AT_RISK = 0.25;

/** Derives a window stream's state from facts and the clock; nothing of it is stored. */
export function deriveState(observed: Observed): StreamState {
  const { now, start, held, acknowledged = [] } = observed;
  const due = plan(observed);
  const lost = union(observed.lost, due.lost);
  const excluded = intersect(union(due.windows, lost), union(acknowledged));
  const healable = due.windows.flatMap((window) => subtract([window], excluded).map((part) => gapOf(part, observed)));
  const lostToTell = subtract(lost, excluded);
  const gaps = join([
    ...healable,
    ...lostToTell.map((one) => ({ ...one, state: 'lost' as const })),
    ...excluded.map((one) => ({ ...one, state: 'acknowledged' as const })),
  ]);
  const worst = healable.map(({ state }) => gapStates.indexOf(state));
  const watermark = reachFrom(union(held, lost, excluded), start);
  const deadlines = healable.map(({ deadline }) => deadline);
  const idle = lengthOf(held) + lengthOf(excluded) === 0 ? 'settling' : 'current';
  return {
    state: worst.length === 0 ? idle : (gapStates[Math.max(...worst)] as HealableState),
    watermark,
    lag: Math.max(0, now - watermark),
    gaps,
    lost: lengthOf(lostToTell),
    ...(deadlines.length === 0 ? {} : { deadline: Math.min(...deadlines) }),
  };
}

interface HealableGap extends Gap {
  readonly state: HealableState;
  readonly deadline: number;
}

function gapOf(window: Interval, observed: Observed): HealableGap {
  const { limits, now, failed, every, extracting } = observed;
  const deadline = deadlineOf(limits, window);
  if (isBackfilled(window, observed)) return { ...window, state: extracting === true ? 'extracting' : 'due', deadline };
  const settledAt = window.until + limits.settling + limits.safety;
  if (deadline - now < limits.retention * AT_RISK) return { ...window, state: 'at-risk', deadline };
  if (extracting === true) return { ...window, state: 'extracting', deadline };
  if (subtract([window], union(failed)).length === 0) return { ...window, state: 'failed', deadline };
  return { ...window, state: now - settledAt > every ? 'late' : 'due', deadline };
}

/** What only a running backfill asks for is no trouble of the stream: it was asked for long after its time. How it fares is the backfill's to say. */
function isBackfilled(window: Interval, { start, backfilling = [], failed }: Observed): boolean {
  const isFailed = subtract([window], union(failed)).length === 0;
  return window.until <= start && !isFailed && subtract([window], backfilling).length === 0;
}

/** Puts gaps in order and joins neighbours of one state. */
function join(gaps: readonly Gap[]): readonly Gap[] {
  const joined: Gap[] = [];
  for (const gap of gaps.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last?.until === gap.from && last.state === gap.state) joined[joined.length - 1] = { ...last, until: gap.until };
    else joined.push(gap);
  }
  return joined;
}
