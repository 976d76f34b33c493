import { ParserError, type Mode } from './errors.ts';
import { elementsOf } from './python-iteration.ts';
import { isList, isObject, isTruthy, memberOf, type JsonObject, type JsonValue } from './values.ts';

/** Collections whose items group events. */
export const groupCollections: ReadonlySet<string> = new Set([
  'compromised/account_group',
  'compromised/bank_card_group',
  'attacks/phishing_group',
]);

/**
 * An answer with one item for each event: copies of the item, each with `events: [one]`. Items without events stay as they are, and so do the
 * vendor's count and sequence number.
 * @throws ParserError in strict mode as the original does: without `items` (`KeyError`), for an item that is no object (`AttributeError`) or
 *   events that cannot be iterated over (`TypeError`). In lenient mode such items stay as they are
 */
export function expandEvents(answer: JsonObject, mode: Mode): JsonObject {
  if (mode === 'lenient') {
    const items = memberOf(answer, 'items');
    return isList(items) ? { ...answer, items: items.flatMap((item) => expanded(item, mode)) } : answer;
  }
  if (!Object.hasOwn(answer, 'items')) throw new ParserError('KeyError', 'an answer without items');
  const items = elementsOf(memberOf(answer, 'items'), '"items"', mode).flatMap((item) => expanded(item, mode));
  // The original forgets everything else, a `total` too.
  return { count: memberOf(answer, 'count'), seqUpdate: memberOf(answer, 'seqUpdate'), items };
}

function expanded(item: JsonValue, mode: Mode): readonly JsonValue[] {
  if (!isObject(item)) {
    if (mode === 'lenient') return [item];
    throw new ParserError('AttributeError', 'an item that is not an object');
  }
  const events = memberOf(item, 'events');
  if (!isTruthy(events) || (mode === 'lenient' && !isList(events))) return [item];
  return elementsOf(events, '"events"', mode).map((event) => ({ ...item, events: [event] }));
}
