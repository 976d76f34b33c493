import { nullUnlessStrict, ParserError, type Mode } from './errors.ts';
import { isList, isObject, memberOf, type JsonValue } from './values.ts';

/** Longer than any feed is deep; keeps the recursion of a lookup short. */
export const LONGEST_PATH = 100;

/** The names of a dotted path. @throws ParserError when there are more than {@link LONGEST_PATH} */
export function namesOf(path: string): readonly string[] {
  const names = path.split('.');
  if (names.length <= LONGEST_PATH) return names;
  throw new ParserError('InputException', `a path of ${names.length} names; at most ${LONGEST_PATH} are read`);
}

/**
 * What lies at a dotted path (group-ib.txt:38-41). A list gives one result for each element, in order, and lists of lists stay so. A missing
 * member gives null. Anything that is neither list nor object is the result itself, whatever is left of the path. There is no index, and no
 * way to a name with a dot.
 * @throws ParserError in strict mode, `AttributeError`, for an element of a list that is not an object; lenient mode has null in its place
 */
export function find(value: JsonValue, path: string, mode: Mode = 'lenient'): JsonValue {
  return follow(value, namesOf(path), 0, { path, mode });
}

interface Lookup {
  readonly path: string;
  readonly mode: Mode;
}

function follow(value: JsonValue, names: readonly string[], at: number, lookup: Lookup): JsonValue {
  const name = names[at];
  if (name === undefined) return value;
  if (isList(value)) {
    return value.map((element) => follow(memberOfElement(element, name, lookup), names, at + 1, lookup));
  }
  return isObject(value) ? follow(memberOf(value, name), names, at + 1, lookup) : value;
}

function memberOfElement(element: JsonValue, name: string, { path, mode }: Lookup): JsonValue {
  if (isObject(element)) return memberOf(element, name);
  return nullUnlessStrict(
    mode,
    'AttributeError',
    `"${path}": a list before "${name}" holds an element that is not an object`,
  );
}
