import { clip, intersect, lengthOf, subtract, union, type IntervalSet } from './intervals.ts';
import { gapStates, type Gap, type SliceState } from './states.ts';
import type { Interval } from './time.ts';

/** The states of a stretch, the one that a person should see first last: where several share a column, the last of them shows. */
export const axisStates: readonly SliceState[] = ['empty', 'sealed', 'settling', ...gapStates];
export type AxisState = SliceState;

/** A stretch of one state. Half-open, ms since the epoch. */
export interface Run extends Interval {
  readonly state: AxisState;
}

/** What is known of a stream inside an interval. */
export interface AxisFacts {
  /** Sealed, empty windows included. */
  readonly held: IntervalSet;
  readonly empty: IntervalSet;
  readonly gaps: readonly Pick<Gap, 'from' | 'until' | 'state'>[];
  /** Where the stream's coverage begins: what lies before is no part of the axis. */
  readonly start: number;
}

/**
 * The axis of a stream inside an interval, in the order of time, without holes from the stream's start to the interval's end; before it is only what is held
 * or wanted. Neighbours of one state are one run. What is neither held nor a gap has not settled.
 */
export function runsOf({ held, empty, gaps, start }: AxisFacts, within: Interval): readonly Run[] {
  const first = Math.min(start, held[0]?.from ?? Infinity, ...gaps.map(({ from }) => from));
  const own = { from: Math.max(within.from, Math.min(first, within.until)), until: within.until };
  const isEmpty = clip(empty, own);
  const sealed = subtract(clip(held, own), isEmpty);
  const missing = gaps.flatMap(({ state, ...gap }) =>
    subtract(clip([gap], own), held).map((part) => ({ ...part, state })),
  );
  // What lies before the start and is not held, nobody asks for.
  const rest = clip(subtract([own], union(held, missing)), { from: start, until: Infinity });
  const all = [...as('sealed', sealed), ...as('empty', isEmpty), ...missing, ...as('settling', rest)];
  return joined(all.filter(({ from, until }) => until > from).toSorted((a, b) => a.from - b.from));
}

const as = (state: AxisState, set: IntervalSet): readonly Run[] =>
  set.map(({ from, until }) => ({ from, until, state }));

function joined(runs: readonly Run[]): readonly Run[] {
  const found: Run[] = [];
  for (const run of runs) {
    const last = found.at(-1);
    if (last?.state === run.state && last.until === run.from) found[found.length - 1] = { ...last, until: run.until };
    else found.push(run);
  }
  return found;
}

/** A column of an axis that has no room for every run. */
export interface Column extends Interval {
  /** The gravest state in it; absent where the stream had not begun. */
  readonly state?: AxisState;
}

/**
 * Divides an interval into columns of one length, so that thirty days of five minutes are 400 columns and not 8,640; in each the gravest state shows: a
 * gap of five minutes is not to vanish among a day's windows. Neighbours of one state are one column.
 */
export function columnsOf(runs: readonly Run[], within: Interval, most: number): readonly Column[] {
  const width = (within.until - within.from) / most;
  const worst = Array.from<number>({ length: most }).fill(-1);
  for (const { from, until, state } of runs) {
    const rank = axisStates.indexOf(state);
    const first = Math.max(0, Math.floor((from - within.from) / width));
    const last = Math.min(most - 1, Math.ceil((until - within.from) / width) - 1);
    for (let i = first; i <= last; i += 1) worst[i] = Math.max(worst[i] ?? -1, rank);
  }
  const columns: Column[] = [];
  worst.forEach((rank, i) => {
    const state = axisStates[rank];
    const [from, until] = [within.from + i * width, within.from + (i + 1) * width];
    const last = columns.at(-1);
    if (last !== undefined && last.state === state) columns[columns.length - 1] = { ...last, until };
    else columns.push({ from, until, ...(state !== undefined && { state }) });
  });
  return columns;
}

/** How much of an interval is in each state, ms. */
export function sharesOf(runs: readonly Run[], within: Interval): Readonly<Partial<Record<AxisState, number>>> {
  const shares: Partial<Record<AxisState, number>> = {};
  for (const run of runs) {
    const length = lengthOf(intersect([run], [within]));
    if (length > 0) shares[run.state] = (shares[run.state] ?? 0) + length;
  }
  return shares;
}
