import type { Portion, SourceRecord } from '../../core/contract.ts';
import { WindowTooLarge } from '../../core/failures.ts';
import { PageRecord } from '../../json/page.ts';
import { skipSpace, trimEnd } from '../../json/split.ts';
import { grantedCollections, searchAll, type Granted, type SearchHit } from './account.ts';
import { SEARCH_ONLY, sizeOf } from './collections.ts';
import { connect, type Context } from './connect.ts';
import { writeCursor } from './cursor.ts';
import type { Feed } from './feed.ts';
import { readObject } from './page.ts';
import { fetchPortion } from './portions.ts';
import { beginning, readPosition, writePosition } from './search-cursor.ts';
import { searchPage } from './searches.ts';

/** What the vendor's own library can do beyond following collections. Errors: those of a source. */
export interface GroupIbClient {
  /** The collections that have something on an IP, domain, hash or email, as in `ip:8.8.8.8` (group-ib.txt:389-402). */
  search(query: string, signal: AbortSignal): Promise<readonly SearchHit[]>;
  /**
   * Everything that a collection has on it, portion after portion, the query in every request (group-ib.txt:457).
   * @param from the cursor of an earlier portion, to go on after it
   */
  walkSearch(collection: string, query: string, signal: AbortSignal, from?: string): AsyncIterable<Portion>;
  /** One feed, as the vendor sends it; `undefined` where there is none of that id. */
  find(collection: string, id: string, signal: AbortSignal): Promise<SourceRecord | undefined>;
  /** A file of a threat report, piece by piece as it comes. */
  file(collection: string, id: string, fileId: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** The collections that the account has access to. */
  granted(signal: AbortSignal): Promise<readonly Granted[]>;
  close(): Promise<void>;
}

export function openGroupIbClient(context: Context): GroupIbClient {
  const connection = connect(context);
  const { ti } = connection;
  const { id } = context;
  return {
    search: (query, signal) => searchAll(ti, id, query, signal),
    walkSearch(collection, query, signal, from) {
      const feed = connection.feed({ name: collection });
      const walk = SEARCH_ONLY.includes(collection) ? walkBackward : walkForward;
      return walk(feed, query, signal, from);
    },
    async find(collection, feedId, signal) {
      const what = `${id}/${collection}, a feed by its id`;
      const path = pathOf(collection, feedId);
      const answer = await ti.get(path, [], { what, collection }, signal, [404]);
      if (answer.status === 404) return undefined;
      const { bytes, value } = readObject(answer, what);
      return new PageRecord(bytes.subarray(skipSpace(bytes, 0), trimEnd(bytes, 0, bytes.length)), value);
    },
    file(collection, feedId, fileId, signal) {
      return ti.download(
        pathOf(collection, feedId, 'file', fileId),
        { what: `${id}/${collection}, a file`, collection },
        signal,
      );
    },
    granted: (signal) => grantedCollections(ti, id, signal),
    close: () => connection.close(),
  };
}

/** A collection's name has a slash; ids may have anything. */
function pathOf(collection: string, ...rest: readonly string[]): string {
  return [...collection.split('/'), ...rest].map((part) => encodeURIComponent(part)).join('/');
}

/** Along the sequence, from its very beginning. What is too much for the vendor is asked for again by halves. */
async function* walkForward(
  feed: Feed,
  query: string,
  signal: AbortSignal,
  from = writeCursor({}),
): AsyncGenerator<Portion, void, undefined> {
  const sequence = feed.sequence([['q', query]]);
  let cursor = from;
  let size = sizeOf(feed.collection.name).first;
  for (;;) {
    let portion: Portion;
    try {
      portion = await fetchPortion(sequence, cursor, size, signal);
    } catch (error) {
      if (!(error instanceof WindowTooLarge)) throw error;
      size = Math.floor(size / 2);
      continue;
    }
    if (portion.records.length === 0) return;
    yield portion;
    ({ cursor } = portion);
  }
}

/** Collections without a sequence, by `resultId`: the newest first. */
async function* walkBackward(
  feed: Feed,
  query: string,
  signal: AbortSignal,
  from?: string,
): AsyncGenerator<Portion, void, undefined> {
  const search = { ...feed.search([['q', query]], feed.name), wants: () => true };
  let position = from === undefined ? beginning(sizeOf(feed.collection.name).first) : readPosition(from, feed.name);
  for (;;) {
    const { records, next, note } = await searchPage(search, position, signal);
    if (next === null) return;
    position = next;
    if (records.length > 0) yield { records, cursor: writePosition(next), ...(note !== undefined && { note }) };
  }
}
