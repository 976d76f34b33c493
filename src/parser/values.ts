/** A value of a feed: what `JSON.parse` gives, and bigints of parsers that keep long numbers. */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export function isList(value: unknown): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of an object's own, never one of its prototype's (`constructor`, `__proto__`); null when there is none. */
export function memberOf(object: JsonObject, name: string): JsonValue {
  return Object.hasOwn(object, name) ? (object[name] ?? null) : null;
}

/** Truth as Python has it: empty lists and objects are false too. The original's "no keys" and "exists" go by it. */
export function isTruthy(value: unknown): boolean {
  if (isList(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/**
 * A text that two values share when they are equal. Of objects the order of members does not count.
 * @param sameAsPython whether `true` equals 1 and `false` equals 0, as in Python's sets and `in`
 */
export function identityOf(value: JsonValue, sameAsPython: boolean): string {
  if (isList(value)) return `[${value.map((element) => identityOf(element, sameAsPython)).join()}]`;
  if (isObject(value)) {
    const members = Object.keys(value).toSorted();
    return `{${members.map((name) => `${JSON.stringify(name)}:${identityOf(memberOf(value, name), sameAsPython)}`).join()}}`;
  }
  if (typeof value === 'string') return JSON.stringify(value);
  return sameAsPython && typeof value === 'boolean' ? String(Number(value)) : String(value);
}

/** Whether containers nest deeper than `deepest`; a loop, so that no depth (and no cycle) overflows the stack. */
export function isDeeperThan(value: unknown, deepest: number): boolean {
  const rest: { inner: unknown; depth: number }[] = [{ inner: value, depth: 1 }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { inner, depth } = next;
    if (typeof inner !== 'object' || inner === null) continue;
    if (depth > deepest) return true;
    for (const element of Object.values(inner)) {
      if (typeof element === 'object' && element !== null) rest.push({ inner: element, depth: depth + 1 });
    }
  }
  return false;
}
