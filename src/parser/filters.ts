import { nullUnlessStrict, ParserError, type Mode } from './errors.ts';
import { namesOf } from './find.ts';
import { identityOf, isList, isObject, isTruthy, memberOf, type JsonValue } from './values.ts';

/** A condition on a feed: what lies at the dotted path is one of the values. */
export interface Filter {
  readonly path: string;
  /** Not looked at by `exists`. */
  readonly values?: readonly JsonValue[];
}

/** `accept` keeps items that match all filters, `ignore` drops items that match any, `exists` keeps items that hold something at every path. */
export type FilterMode = 'accept' | 'ignore' | 'exists';

export interface FilterOptions {
  readonly filters?: readonly Filter[];
  /** Default `accept`. */
  readonly filterMode?: FilterMode;
}

/**
 * Whether a feed passes. Unlike a template's, a filter's path goes through objects only. `1` and `true` are equal here, as in Python.
 * @throws ParserError in strict mode for a list at the path's end (`ValueError`), or anything but an object on the way (`AttributeError`);
 *   in lenient mode a list passes when one of its elements does, and what is no object holds nothing
 */
export function passes(feed: JsonValue, { filters = [], filterMode = 'accept' }: FilterOptions, mode: Mode): boolean {
  // Each filter is looked at, also when the first has decided: a later one may be what the original fails at.
  const matched = filters.map((filter) => matches(feed, filter, filterMode, mode));
  return filterMode === 'ignore' ? !matched.includes(true) : !matched.includes(false);
}

function matches(feed: JsonValue, { path, values = [] }: Filter, filterMode: FilterMode, mode: Mode): boolean {
  const found = valuesAt(feed, namesOf(path), path, mode);
  if (filterMode === 'exists') return found.some(isTruthy);
  const allowed = new Set(values.map((value) => identityOf(value, true)));
  return found.some((value) => isAllowed(value, allowed, path, mode));
}

function isAllowed(value: JsonValue, allowed: ReadonlySet<string>, path: string, mode: Mode): boolean {
  if (!isList(value)) return allowed.has(identityOf(value, true));
  nullUnlessStrict(mode, 'ValueError', `filter "${path}": a list cannot be compared`);
  return value.some((element) => isAllowed(element, allowed, path, mode));
}

/** What the filter looks at: one value, in lenient mode one for each element of a list on the way. A missing member is `{}`, as there. */
function valuesAt(feed: JsonValue, names: readonly string[], path: string, mode: Mode): readonly JsonValue[] {
  const [name, ...rest] = names;
  if (name === undefined) return [feed];
  if (isObject(feed)) return valuesAt(Object.hasOwn(feed, name) ? memberOf(feed, name) : {}, rest, path, mode);
  nullUnlessStrict(mode, 'AttributeError', `filter "${path}": what lies before "${name}" is not an object`);
  return isList(feed) ? feed.flatMap((element) => valuesAt(element, names, path, mode)) : [];
}

/** @throws ParserError, `InputException`, when a filter is not `{ path, values }`, or its path is too long */
export function checkFilters(filters: readonly unknown[] = []): void {
  for (const [i, filter] of filters.entries()) {
    const path = isObject(filter) && Array.isArray(filter['values'] ?? []) ? filter['path'] : undefined;
    if (typeof path !== 'string') {
      throw new ParserError('InputException', `filters.${i} must be { path, values }, with a list of values`);
    }
    namesOf(path);
  }
}
