import { hash, shuffled } from '../kit/random.ts';

/** An object with its keys in another order, as the page's samples have them. */
export function shuffleKeys<Value>(
  object: Readonly<Record<string, Value>>,
  shuffle: boolean,
  ...seed: readonly (string | number)[]
): Readonly<Record<string, Value>> {
  if (!shuffle) return object;
  const entries = Object.entries(object);
  const order = shuffled(entries.length, hash(...seed));
  return Object.fromEntries(Array.from(order, (place) => entries[place]).filter((entry) => entry !== undefined));
}
