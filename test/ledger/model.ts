import fc from 'fast-check';
import type { Interval } from '../../src/core/time.ts';
import { union, type IntervalSet } from '../../src/core/intervals.ts';
import { at, hours } from './kit.ts';

/** The hours that a model knows of. */
export const HOURS = 36;

export type Step =
  | { readonly do: 'commit'; readonly range: readonly [number, number]; readonly records: number }
  | { readonly do: 'lose'; readonly ranges: readonly (readonly [number, number])[]; readonly reason: string }
  | { readonly do: 'want' | 'fail'; readonly range: readonly [number, number] };

const range = fc
  .tuple(fc.nat({ max: HOURS - 1 }), fc.integer({ min: 1, max: 12 }))
  .map(([from, length]) => [from, Math.min(HOURS, from + length)] as const);

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('commit' as const), range, records: fc.constantFrom(0, 0, 7) }),
    fc.record({
      do: fc.constant('lose' as const),
      ranges: fc.array(range, { maxLength: 3 }),
      reason: fc.constantFrom('forgotten', 'refused'),
    }),
    fc.record({ do: fc.constantFrom('want' as const, 'fail' as const), range }),
  ),
  { maxLength: 14 },
);

export interface Model {
  /** Of each hour: whether it is held, why it is lost, whether it is wanted. */
  readonly held: boolean[];
  readonly empty: boolean[];
  readonly lost: (string | undefined)[];
  readonly wanted: boolean[];
  /** Attempts by window. */
  readonly failed: Map<string, number>;
  /** The slices, the first of each window. */
  readonly slices: Map<string, number>;
}

export function createModel(): Model {
  const none = <T>(value: T): T[] => Array.from({ length: HOURS }, () => value);
  return {
    held: none(false),
    empty: none(false),
    lost: none<string | undefined>(undefined),
    wanted: none(false),
    failed: new Map(),
    slices: new Map(),
  };
}

/** What the step means, hour by hour. */
export function apply(model: Model, step: Step): void {
  const { held, empty, lost, wanted, failed, slices } = model;
  const settled = (hour: number): boolean => held[hour] === true || lost[hour] !== undefined;
  const ranges = step.do === 'lose' ? step.ranges : [step.range];
  for (const [from, until] of ranges) {
    const key = `${from}-${until}`;
    const first = step.do === 'commit' && !slices.has(key);
    if (first) slices.set(key, step.records);
    for (let hour = from; hour < until; hour += 1) {
      if (first) [held[hour], lost[hour]] = [true, undefined];
      if (first && step.records === 0) empty[hour] = true;
      if (step.do === 'lose' && !settled(hour)) lost[hour] = step.reason;
      if (step.do === 'want') wanted[hour] = true;
      if (settled(hour)) wanted[hour] = false;
    }
    if (step.do === 'fail') failed.set(key, (failed.get(key) ?? 0) + 1);
  }
  for (const key of failed.keys()) {
    const [from = 0, until = 0] = key.split('-').map(Number);
    if (Array.from({ length: until - from }, (_, i) => from + i).every(settled)) failed.delete(key);
  }
}

/** The hours for which something is so, as intervals. */
export function rangesOf(cells: readonly unknown[]): IntervalSet {
  return union(cells.flatMap((cell, hour) => (cell === false || cell === undefined ? [] : [hours(hour, hour + 1)])));
}

export function keyOf({ from, until }: Interval): string {
  return `${(from - at(0)) / 3_600_000}-${(until - at(0)) / 3_600_000}`;
}
