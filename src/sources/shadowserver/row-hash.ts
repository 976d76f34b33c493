import { createHash } from 'node:crypto';

/**
 * What tells rows apart, for the vendor gives them no id: their names and values, whatever order they come in (that of a file's columns is not
 * static) and whether they come as CSV or as JSON.
 * @param pairs each as `["name","value"]`, sorted by name
 * @returns the first 32 hex digits of their SHA-256
 */
export function hashOfPairs(pairs: readonly string[]): string {
  return createHash('sha256').update(pairs.join('\n')).digest('hex').slice(0, 32);
}

/** The same of a record in JSON. */
export function hashOfObject(value: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(value).toSorted();
  return hashOfPairs(names.map((name) => `[${JSON.stringify(name)},${JSON.stringify(value[name])}]`));
}
