import { countCells, oldestServed } from '../core/due.ts';
import { clip, subtract, type IntervalSet } from '../core/intervals.ts';
import type { WindowLimits } from '../core/contract.ts';
import { gapStates, type StreamState } from '../core/states.ts';
import { floorTo } from '../core/time.ts';
import type { Coverage } from '../ledger/ledger.ts';

export interface Observation {
  readonly state: StreamState;
  readonly coverage: Coverage;
  readonly limits: WindowLimits;
  /** Length of a window, ms. */
  readonly window: number;
  /** ms since the epoch. */
  readonly now: number;
}

/** How many windows inside the retention are in each state; a window that is so only in part counts as one. */
export function countWindows({ state, coverage, limits, window, now }: Observation): ReadonlyMap<string, number> {
  const kept = { from: oldestServed(limits, now), until: now };
  const count = (set: IntervalSet): number => countCells(clip(set, kept), window);
  const settling = { from: floorTo(now - limits.settling - limits.safety, window), until: now };
  return new Map([
    ['sealed', count(subtract(coverage.held, coverage.empty))],
    ['empty', count(coverage.empty)],
    ['settling', count(subtract([settling], coverage.held))],
    ...gapStates.map((name) => [name, count(state.gaps.filter((gap) => gap.state === name))] as const),
  ]);
}

/** The same for what an operator asked for and is not held yet. */
export function countWanted({ state, coverage, window }: Observation): ReadonlyMap<string, number> {
  const counts = gapStates.map((name) => {
    const gaps = state.gaps.filter((gap) => gap.state === name);
    return [name, coverage.wanted.reduce((sum, one) => sum + countCells(clip(gaps, one), window), 0)] as const;
  });
  return new Map(counts.filter(([, windows]) => windows > 0));
}
