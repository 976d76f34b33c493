import { ParserError, type Mode } from './errors.ts';
import { expandEvents, groupCollections } from './events.ts';
import { elementsOf } from './python-iteration.ts';
import { isDeeperThan, isObject, memberOf, type JsonObject, type JsonValue } from './values.ts';

/** One answer of the vendor: a page of feeds, or a single one (found by its id). */
export interface Portion {
  readonly items: readonly JsonValue[];
  /** How many items there are here; more than the vendor sent when events were expanded. */
  readonly size: number;
  /** A sequence's: how many are left, these included; a search's: how many there are in all. Null where the vendor gives no number. */
  readonly count: number | null;
  /** The sequence number to go on from, as decimal text; null where there is none. */
  readonly seqUpdate: string | null;
  /** The answer; with the events expanded if that was asked for. */
  readonly raw: JsonObject;
}

export interface PortionOptions {
  /** Default `lenient`. */
  readonly mode?: Mode;
  /** One item for each event, in the collections that group events: `compromised/account_group` and its like. Needs `collection`. */
  readonly parseEvents?: boolean;
  readonly collection?: string;
  /** The exact sequence number, for a caller whose `JSON.parse` has rounded the one in the answer. */
  readonly seqUpdate?: string | number | bigint;
}

/** A feed may nest this deep; it lies in a list in an object. Beyond it the original runs into Python's own limit. */
const DEEPEST_FEED = 1_000;

/**
 * Makes a portion of a parsed answer: `{ count, items, seqUpdate }`, or with `total` (DRP). Without a count the whole answer is the one item.
 * @throws ParserError for an answer that is no object (`AttributeError`), has a count and something else than a list of items (`TypeError`),
 *   nests too deep (`RecursionError`), or has a `seqUpdate` that is no number or was rounded (`InputException`)
 */
export function createPortion(answer: unknown, options: PortionOptions = {}): Portion {
  const { mode = 'lenient', parseEvents = false, collection = '' } = options;
  if (!isObject(answer)) throw new ParserError('AttributeError', 'an answer that is not an object');
  if (isDeeperThan(answer, DEEPEST_FEED + 2)) {
    throw new ParserError('RecursionError', `an answer with feeds nested deeper than ${DEEPEST_FEED} levels`);
  }
  const raw = parseEvents && groupCollections.has(collection) ? expandEvents(answer, mode) : answer;
  const items = itemsOf(raw, mode);
  const seqUpdate = sequenceNumber(options.seqUpdate ?? memberOf(raw, 'seqUpdate'));
  return { items, size: items.length, count: wholeNumber(countOf(raw)), seqUpdate, raw };
}

/** A `count` of null hides a `total`, as in the original. */
function countOf(raw: JsonObject): JsonValue {
  return memberOf(raw, Object.hasOwn(raw, 'count') ? 'count' : 'total');
}

function itemsOf(raw: JsonObject, mode: Mode): readonly JsonValue[] {
  if (countOf(raw) === null) return [raw];
  return Object.hasOwn(raw, 'items') ? elementsOf(memberOf(raw, 'items'), '"items"', mode) : [];
}

function wholeNumber(count: JsonValue): number | null {
  const number = typeof count === 'string' && /^\d+$/.test(count) ? Number(count) : count;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null;
}

/** Opaque and increasing; "don't rely on this formula" (group-ib.txt:299-302). So it is digits, and none may be lost. */
function sequenceNumber(value: JsonValue): string | null {
  if (value === null || value === '') return null;
  if (typeof value === 'number' && value > Number.MAX_SAFE_INTEGER) {
    throw new ParserError(
      'InputException',
      'seqUpdate is beyond 2^53 and may have been rounded: pass it as text or bigint',
    );
  }
  const digits = typeof value === 'object' ? undefined : /^(\d{1,40})(?:\.0*)?$/.exec(String(value))?.[1];
  if (digits === undefined) throw new ParserError('InputException', 'seqUpdate is no whole number');
  return BigInt(digits).toString();
}
