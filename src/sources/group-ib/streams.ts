import type { Page, SequenceStream, Stream, WindowLimits, WindowStream } from '../../core/contract.ts';
import { CursorExpired } from '../../core/failures.ts';
import { DAY, dayOf, floorTo, isoInterval, type Interval } from '../../core/time.ts';
import { windowFailure } from '../window-bounds.ts';
import { isRefusal } from './answers.ts';
import { SEARCH_ONLY, secretsOf, sizeOf } from './collections.ts';
import { compareCursors, writeCursor } from './cursor.ts';
import type { Feed } from './feed.ts';
import { identify } from './items.ts';
import { fetchPortion } from './portions.ts';
import { beginning, readPosition, writePosition } from './search-cursor.ts';
import { searchPage } from './searches.ts';
import { viewsOf } from './views.ts';

export function openStream(feed: Feed, limits: WindowLimits): Stream {
  return SEARCH_ONLY.includes(feed.collection.name) ? windowStream(feed, limits) : sequenceStream(feed);
}

const readingOf = (feed: Feed): Parameters<typeof identify>[1] => ({
  shape: feed.shape,
  fallback: floorTo(feed.now(), DAY),
  what: () => `${feed.name}: a record`,
});

/** A collection with a sequence. */
function sequenceStream(feed: Feed): SequenceStream {
  const { name, limit } = feed.collection;
  const sequence = feed.sequence([]);
  return {
    name,
    shape: 'sequence',
    size: sizeOf(name, limit),
    views: viewsOf(feed.collection),
    secrets: secretsOf(name),
    identify: (record) => identify(record, readingOf(feed)),
    async start(date, signal) {
      const seq = await feed.startOf(date, signal);
      // Where the vendor has no number for a date, the first request, and only that one, is made by date.
      return writeCursor(seq === undefined ? { from: date } : { seq, held: [], closed: false });
    },
    fetchPortion: (cursor, size, signal) => fetchPortion(sequence, cursor, size, signal),
    compare: (a, b) => compareCursors(a, b, feed.collection.name),
  };
}

/** A collection without one, by the day on which its items were uploaded. */
function windowStream(feed: Feed, limits: WindowLimits): WindowStream {
  const { name } = feed.collection;
  return {
    name,
    shape: 'window',
    limits,
    views: viewsOf(feed.collection),
    secrets: secretsOf(name),
    identify: (record) => identify(record, readingOf(feed)),
    fetchPage: (window, cursor, signal) => fetchPage(feed, limits, window, cursor, signal),
  };
}

/**
 * Whether `dt` means a day's beginning or its end is not said, so the day after the window's last is named; what was uploaded outside of the window
 * is left out, by `uploadTime`.
 */
async function fetchPage(
  feed: Feed,
  limits: WindowLimits,
  window: Interval,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Page> {
  const { from, until } = isoInterval(window);
  const name = `${feed.name} [${from}, ${until})`;
  const outside = windowFailure(window, limits, feed.now());
  if (outside) throw outside;
  const days = [
    ['df', dayOf(window.from)],
    ['dt', dayOf(window.until)],
  ] as const;
  const limit = sizeOf(feed.collection.name, feed.collection.limit).first;
  const position = cursor === null ? beginning(limit) : readPosition(cursor, name);
  const search = { ...feed.search(days, name, window.from), wants: inside(window) };
  try {
    const { next, ...page } = await searchPage(search, position, signal);
    return { ...page, next: next === null ? null : writePosition(next) };
  } catch (failure) {
    // How long a resultId lives is not said: whatever refuses one is taken for its end.
    const isEnd = isRefusal(failure) && position.resultId !== null;
    throw isEnd ? new CursorExpired(failure.message, { cause: failure }) : failure;
  }
}

const inside =
  ({ from, until }: Interval) =>
  ({ record }: { readonly record: { readonly identity: { readonly time: number } } }): boolean =>
    record.identity.time >= from && record.identity.time < until;
