import { deadlineOf, plan, type Standing } from './due.ts';
import { lengthOf, reachFrom, subtract, union, type IntervalSet } from './intervals.ts';
import type { Interval } from './time.ts';

/** What a stretch that should be held and is not can be (DESIGN §5), the gravest last. */
export const gapStates = ['due', 'late', 'failed', 'at-risk', 'lost'] as const;
export type GapState = (typeof gapStates)[number];

export interface Gap extends Interval {
  readonly state: GapState;
  /** When the vendor forgets its first instant, ms since the epoch; absent once it is lost. */
  readonly deadline?: number;
}

export interface StreamState {
  /** The gravest state of a gap that can still be healed; `current` when there is none, `settling` before anything was due. */
  readonly state: Exclude<GapState, 'lost'> | 'current' | 'settling';
  /** Everything before it is held, or known to be lost; ms since the epoch. */
  readonly watermark: number;
  /** Now minus the watermark, ms. */
  readonly lag: number;
  /** In the order of time, lost ones included. */
  readonly gaps: readonly Gap[];
  /** The nearest deadline of a gap that can still be healed. */
  readonly deadline?: number;
  /** ms. */
  readonly lost: number;
}

/** What is known, and when the last tick should have been. */
export interface Observed extends Standing {
  /** Windows that failed last time. */
  readonly failed: IntervalSet;
  /** The schedule's interval, ms: what is due for longer is late. */
  readonly every: number;
}

/** A gap is at risk once less than this share of the vendor's retention is left. */
const AT_RISK = 0.25;

/** Derives a window stream's state from facts and the clock; nothing of it is stored. */
export function deriveState(observed: Observed): StreamState {
  const { now, start, held } = observed;
  const due = plan(observed);
  const lost = union(observed.lost, due.lost);
  const healable = due.windows.map((window) => gapOf(window, observed));
  const gaps = join([...healable, ...lost.map((one) => ({ ...one, state: 'lost' as const }))]);
  const worst = healable.map(({ state }) => gapStates.indexOf(state));
  const watermark = reachFrom(union(held, lost), start);
  const deadlines = healable.map(({ deadline }) => deadline);
  const idle = lengthOf(held) === 0 ? 'settling' : 'current';
  return {
    state: worst.length === 0 ? idle : (gapStates[Math.max(...worst)] as Exclude<GapState, 'lost'>),
    watermark,
    lag: Math.max(0, now - watermark),
    gaps,
    lost: lengthOf(lost),
    ...(deadlines.length === 0 ? {} : { deadline: Math.min(...deadlines) }),
  };
}

function gapOf(window: Interval, { limits, now, failed, every }: Observed): Gap & { readonly deadline: number } {
  const deadline = deadlineOf(limits, window);
  const settledAt = window.until + limits.settling + limits.safety;
  if (deadline - now < limits.retention * AT_RISK) return { ...window, state: 'at-risk', deadline };
  if (subtract([window], union(failed)).length === 0) return { ...window, state: 'failed', deadline };
  return { ...window, state: now - settledAt > every ? 'late' : 'due', deadline };
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
