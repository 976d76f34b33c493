import type { SourceRecord } from '../../core/contract.ts';
import { CursorExpired, CursorStuck, Unavailable, UnexpectedAnswer } from '../../core/failures.ts';
import { isTooMuch } from './answers.ts';
import type { Item } from './items.ts';
import type { ItemsPage } from './page.ts';
import { digestOf, type SearchPosition } from './search-cursor.ts';

/** A search by `resultId`, "in descending order" (group-ib.txt:66-67), as far as walking along it needs it. */
export interface Search {
  /** For messages. */
  readonly name: string;
  /** @param resultId null: the search itself, with all that it is about; else only this is sent, as the vendor keeps the rest. */
  ask(resultId: string | null, limit: number, signal: AbortSignal): Promise<ItemsPage>;
  wants(item: Item): boolean;
}

export interface SearchPage {
  readonly records: readonly SourceRecord[];
  /** Null at the end. */
  readonly next: SearchPosition | null;
  readonly reported?: number;
  readonly note?: string;
}

/** A resultId is asked with again after a crash, and what the vendor does then is not said: it is kept from leading in circles. */
const LARGEST_RESULT_ID = 16 * 1024;

/** One page of a search. Only an answer without items ends it. */
export async function searchPage(search: Search, position: SearchPosition, signal: AbortSignal): Promise<SearchPage> {
  let page: ItemsPage;
  try {
    page = await search.ask(position.resultId, position.limit, signal);
  } catch (error) {
    return smaller(search, position, error);
  }
  if (page.items.length === 0) return end(search, position, page);
  const records = page.items.filter((item) => search.wants(item)).map(({ record }) => record);
  const next = onward(search, position, page, page.items.length - records.length);
  return { records, next, ...(page.badUtf8 && { note: 'an answer with bytes that are not UTF-8, kept as they are' }) };
}

/** "Try setting a smaller limit" (group-ib.txt:503): what has been learnt is kept in the cursor at once, as it took long. */
function smaller({ name }: Search, position: SearchPosition, error: unknown): SearchPage {
  if (!isTooMuch(error)) throw error;
  if (position.limit === 1) throw new Unavailable(error.message, { cause: error });
  const limit = Math.floor(position.limit / 2);
  return {
    records: [],
    next: { ...position, limit },
    note: `${name}: too much for the vendor; asked for ${limit} at once`,
  };
}

/**
 * The vendor says how many items a search has. Should a page have been lost on the way, as when an answer did not arrive and the vendor
 * had moved on all the same, this is where it shows.
 */
function end({ name }: Search, { resultId, seen, outside, ...position }: SearchPosition, page: ItemsPage): SearchPage {
  const count = resultId === null ? (page.count ?? null) : position.count;
  if (count === null) return { records: [], next: null };
  if (seen < count) throw new CursorExpired(`${name}: the search ended after ${seen} of ${count} items`);
  return { records: [], next: null, reported: seen - outside };
}

function onward({ name }: Search, before: SearchPosition, page: ItemsPage, unwanted: number): SearchPosition {
  const last = digestOf(page);
  const seen = before.seen + page.items.length;
  const count = before.count ?? page.count ?? null;
  if (last === before.last) throw new CursorStuck(`${name}: the vendor serves the same items again`);
  if (count !== null && seen > 2 * count + 1_000) {
    throw new CursorStuck(`${name}: ${seen} items of a search that has ${count}, and no end`);
  }
  const resultId = page.resultId ?? before.resultId;
  if (resultId === null || resultId.length > LARGEST_RESULT_ID) {
    throw new UnexpectedAnswer(`${name}: items, and no resultId to go on with`);
  }
  return { resultId, limit: before.limit, seen, outside: before.outside + unwanted, count, last };
}
