import { ParserError, type Mode } from './errors.ts';
import { isList, isObject, isTruthy, type JsonValue } from './values.ts';

/**
 * The elements of what should be a list. In strict mode, as Python iterates: an object gives its names, a text its characters.
 * In lenient mode an empty object is an empty list (the vendor writes either), and all else is refused: a wrong answer is not an empty one.
 * @throws ParserError, `TypeError`, when there is nothing to iterate over
 */
export function elementsOf(value: JsonValue, what: string, mode: Mode): readonly JsonValue[] {
  if (isList(value)) return value;
  if (isObject(value) && (mode === 'strict' || !isTruthy(value))) return Object.keys(value);
  if (typeof value === 'string' && mode === 'strict') return Array.from(value);
  throw new ParserError('TypeError', `${what} is not a list`);
}
