import type { Breathe } from './breath.ts';
import { at } from './typed.ts';

/** How items are sorted. Best a class: functions that are made anew for each sorting are compiled anew as well, which can take longer than the sorting. */
export interface SortKey {
  /** A number in `[0, most]` that sorts an item roughly: items of different ranks stand in that order. */
  rank(item: number): number;
  readonly most: number;
  /** The whole order; called for items whose ranks are, or may be, equal. */
  compare(a: number, b: number): number;
}

/**
 * Sorts a million items in a fraction of a second, yielding in between: rank and place go into one number, numbers are sorted natively, and
 * only what shares a rank is compared.
 * @returns a new array
 */
export async function sorted(items: Uint32Array, key: SortKey, breathe: Breathe): Promise<Uint32Array> {
  // A double holds integers of 53 bits, and one is left to rounding: the place takes what it needs, the rank is made coarser where it does not fit beside it.
  const places = 2 ** Math.ceil(Math.log2(items.length + 1));
  const coarseness = Math.max(1, Math.ceil((key.most + 1) / (2 ** 52 / places)));
  const keys = new Float64Array(items.length);
  for (let place = 0; place < items.length; place += 1) {
    keys[place] = Math.floor(key.rank(at(items, place)) / coarseness) * places + place;
  }
  const inOrder = await sortNumbers(keys, breathe);
  const result = new Uint32Array(items.length);
  let run = 0;
  for (let i = 0; i < inOrder.length; i += 1) {
    if (i % 4096 === 4095) await breathe();
    const bucket = Math.floor(at(inOrder, i) / places);
    result[i] = at(items, at(inOrder, i) - bucket * places);
    const next = i + 1 < inOrder.length ? Math.floor(at(inOrder, i + 1) / places) : -1;
    if (next === bucket) continue;
    if (i > run) sortRun(result, run, i + 1, key);
    run = i + 1;
  }
  return result;
}

function sortRun(items: Uint32Array, start: number, end: number, key: SortKey): void {
  let next = start + 1;
  while (next < end && key.compare(at(items, next - 1), at(items, next)) <= 0) next += 1;
  if (next >= end) return;
  // Not the typed array's own sort: that of plain arrays makes use of stretches that are in order already, and pages are.
  const run: number[] = [];
  for (let i = start; i < end; i += 1) run.push(at(items, i));
  items.set(
    run.sort((a, b) => key.compare(a, b)),
    start,
  );
}

/** So many numbers are sorted in one go, in about 10 ms. */
const RUN = 2 ** 17;

async function sortNumbers(numbers: Float64Array, breathe: Breathe): Promise<Float64Array> {
  for (let start = 0; start < numbers.length; start += RUN) {
    numbers.subarray(start, start + RUN).sort();
    await breathe();
  }
  let from = numbers;
  let to = numbers.length > RUN ? new Float64Array(numbers.length) : numbers;
  for (let width = RUN; width < numbers.length; width *= 2) {
    for (let start = 0; start < numbers.length; start += 2 * width) {
      merge(from, to, start, start + width, start + 2 * width);
      await breathe();
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Merges the sorted stretches `[start, middle)` and `[middle, end)`. */
function merge(from: Float64Array, to: Float64Array, start: number, middle: number, end: number): void {
  const leftEnd = Math.min(middle, from.length);
  const rightEnd = Math.min(end, from.length);
  let left = start;
  let right = leftEnd;
  for (let i = start; i < rightEnd; i += 1) {
    const takeLeft = right >= rightEnd || (left < leftEnd && at(from, left) <= at(from, right));
    to[i] = at(from, takeLeft ? left : right);
    if (takeLeft) left += 1;
    else right += 1;
  }
}
