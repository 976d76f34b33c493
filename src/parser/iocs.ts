import { nullUnlessStrict, type Mode } from './errors.ts';
import { identityOf, isList, isObject, type JsonValue } from './values.ts';

/** Which repeats go: none, those inside one item, or those of the whole portion. The first of equal values stays, in its place. */
export type Dedupe = 'none' | 'item' | 'portion';

/** Fillers, not indicators: the original drops exactly these, and keeps 0 and false. */
const FILLERS: ReadonlySet<JsonValue> = new Set(['255.255.255.255', '0.0.0.0', '', null]);

export interface IocCollector {
  /** Adds the indicators in what was found in one item: a value, or lists in lists. @throws ParserError as {@link createIocCollector} says */
  readonly addItem: (found: JsonValue) => void;
  readonly iocs: readonly JsonValue[];
}

/**
 * Gathers the indicators of one name over the items of a portion, in the order of the data.
 * The original makes a set of each item's: without an order, and with `true` equal to 1. Strict mode has that equality, lenient mode tells
 * them apart.
 * @throws ParserError in strict mode, `TypeError`, for an object, which a set of Python cannot hold; lenient mode keeps it
 */
export function createIocCollector(dedupe: Dedupe, mode: Mode): IocCollector {
  const iocs: JsonValue[] = [];
  const seen = new Set<string>();
  const addItem = (found: JsonValue) => {
    if (dedupe !== 'portion') seen.clear();
    for (const ioc of unpacked(found, mode)) {
      const identity = identityOf(ioc, mode === 'strict');
      if (dedupe === 'none' || !seen.has(identity)) iocs.push(ioc);
      seen.add(identity);
    }
  };
  return { addItem, iocs };
}

function* unpacked(value: JsonValue, mode: Mode): Generator<JsonValue, void> {
  if (isList(value)) {
    for (const element of value) yield* unpacked(element, mode);
    return;
  }
  if (isObject(value)) nullUnlessStrict(mode, 'TypeError', 'an object among the indicators');
  if (!FILLERS.has(value)) yield value;
}
