/** A cache with a budget; what was used longest ago goes first. */
export interface Cache<Value> {
  get(key: string, make: () => Value): Value;
  /** Keeps a value outside the budget, for as long as the cache lives. */
  pin(key: string, make: () => Value): Value;
}

export function createCache<Value>(budget: number, weigh: (value: Value) => number): Cache<Value> {
  const held = new Map<string, Value>();
  const pinned = new Map<string, Value>();
  let weight = 0;
  return {
    get: (key, make) => {
      const kept = pinned.get(key);
      if (kept !== undefined) return kept;
      const before = held.get(key);
      const value = before ?? make();
      if (before !== undefined) held.delete(key);
      else weight += weigh(value);
      held.set(key, value);
      for (const [oldest, dropped] of held) {
        if (weight <= budget || oldest === key) break;
        held.delete(oldest);
        weight -= weigh(dropped);
      }
      return value;
    },
    pin: (key, make) => {
      const value = pinned.get(key) ?? make();
      pinned.set(key, value);
      return value;
    },
  };
}
