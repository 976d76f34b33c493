import { z } from 'zod';
import type { Lookup, Page } from '../../core/contract.ts';
import { UnexpectedAnswer, WindowTooLarge } from '../../core/failures.ts';
import { PageRecord } from '../../json/page.ts';
import { skipSpace, trimEnd } from '../../json/split.ts';
import { searchAll } from './account.ts';
import { SEARCH_ONLY, secretsOf, sizeOf } from './collections.ts';
import type { Connection } from './connect.ts';
import { writeCursor } from './cursor.ts';
import type { Feed } from './feed.ts';
import { readObject } from './page.ts';
import { fetchPortion } from './portions.ts';
import { beginning, readPosition, writePosition } from './search-cursor.ts';
import { searchPage } from './searches.ts';

/** The vendor's search, feeds by their ids, and files of reports (group-ib.txt:121-126, 387-457). @param id the source's name, for messages */
export function openLookup(connection: Connection, id: string): Lookup {
  const { ti } = connection;
  return {
    complaint,
    hits: (query, signal) => searchAll(ti, id, query, signal),
    page(collection, query, place, signal) {
      const feed = connection.feed({ name: collection });
      return SEARCH_ONLY.includes(collection)
        ? backward(feed, query, place, signal)
        : forward(feed, query, place, signal);
    },
    async find(collection, feedId, signal) {
      const what = `${id}/${collection}, a feed by its id`;
      const answer = await ti.get(pathOf(collection, feedId), [], { what, collection }, signal, [404]);
      if (answer.status === 404) return undefined;
      const { bytes, value } = readObject(answer, what);
      return new PageRecord(bytes.subarray(skipSpace(bytes, 0), trimEnd(bytes, 0, bytes.length)), value);
    },
    file: (collection, feedId, file, signal) =>
      ti.download(
        pathOf(collection, feedId, 'file', file),
        { what: `${id}/${collection}, a file`, collection },
        signal,
      ),
    secrets: secretsOf,
  };
}

/** "for IP, domain, hash or email" (group-ib.txt:389-402). */
const KINDS = ['ip', 'domain', 'hash', 'email'];

function complaint(query: string): string | undefined {
  const [kind = '', ...rest] = query.split(':');
  if (KINDS.includes(kind) && rest.join(':').trim() !== '') return undefined;
  return `expected what to search for by its kind, such as ip:8.8.8.8, domain:example.com, email:a@example.com or hash:44d88612…`;
}

/** A collection's name has a slash; ids may have anything. */
function pathOf(collection: string, ...rest: readonly string[]): string {
  return [...collection.split('/'), ...rest].map((part) => encodeURIComponent(part)).join('/');
}

const placeShape = z.strictObject({ cursor: z.string(), size: z.int().min(1) });

/** Along the sequence, from its very beginning, the query in every request (group-ib.txt:457). What is too much for the vendor is asked for by halves. */
async function forward(feed: Feed, query: string, place: string | null, signal: AbortSignal): Promise<Page> {
  const first = { cursor: writeCursor({}), size: sizeOf(feed.collection.name).first };
  const { cursor, size } = place === null ? first : readPlace(place, feed.name);
  try {
    const portion = await fetchPortion(feed.sequence([['q', query]]), cursor, size, signal);
    const { records, note } = portion;
    const next = records.length === 0 ? null : JSON.stringify({ cursor: portion.cursor, size });
    return { records, next, ...(note !== undefined && { note }) };
  } catch (error) {
    if (!(error instanceof WindowTooLarge)) throw error;
    // What has been learnt is kept at once, as it took long.
    return { records: [], next: JSON.stringify({ cursor, size: Math.floor(size / 2) }) };
  }
}

function readPlace(text: string, what: string): z.output<typeof placeShape> {
  try {
    return placeShape.parse(JSON.parse(text));
  } catch {
    throw new UnexpectedAnswer(`${what}: a place that this source did not write`);
  }
}

/** Collections without a sequence, by `resultId`: the newest first. */
async function backward(feed: Feed, query: string, place: string | null, signal: AbortSignal): Promise<Page> {
  const search = { ...feed.search([['q', query]], feed.name), wants: () => true };
  const position = place === null ? beginning(sizeOf(feed.collection.name).first) : readPosition(place, feed.name);
  const { records, next, note } = await searchPage(search, position, signal);
  return { records, next: next === null ? null : writePosition(next), ...(note !== undefined && { note }) };
}
