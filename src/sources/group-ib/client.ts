import type { Page, SourceRecord } from '../../core/contract.ts';
import { grantedCollections, type Granted, type SearchHit } from './account.ts';
import { connect, type Context } from './connect.ts';
import { openLookup } from './lookup.ts';

/** What the vendor's own library can do beyond following collections. Errors: those of a source. */
export interface GroupIbClient {
  /** The collections that have something on an IP, domain, hash or email, as in `ip:8.8.8.8` (group-ib.txt:389-402). */
  search(query: string, signal: AbortSignal): Promise<readonly SearchHit[]>;
  /**
   * Everything that a collection has on it, page after page, the query in every request (group-ib.txt:457).
   * @param from the `next` of an earlier page, to go on after it
   */
  walkSearch(collection: string, query: string, signal: AbortSignal, from?: string): AsyncIterable<Page>;
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
  const lookup = openLookup(connection, context.id);
  return {
    search: (query, signal) => lookup.hits(query, signal),
    async *walkSearch(collection, query, signal, from) {
      for (let place = from ?? null, first = true; first || place !== null; first = false) {
        const found: Page = await lookup.page(collection, query, place, signal);
        if (found.records.length > 0) yield found;
        place = found.next;
      }
    },
    find: (collection, id, signal) => lookup.find(collection, id, signal),
    file: (collection, id, fileId, signal) => lookup.file(collection, id, fileId, signal),
    granted: (signal) => grantedCollections(connection.ti, context.id, signal),
    close: () => connection.close(),
  };
}
