import { createCache } from '../kit/cache.ts';
import type { EventStore, Selection, SimulatedEvent } from '../kit/events.ts';
import { hash, shuffled } from '../kit/random.ts';
import type { Faults } from './faults.ts';
import { isMarked, shapeOf, shapeRecord, writeHead } from './shapes.ts';

/** What a walk over pages asks for: a site's events of `[from, until)` (ms), perhaps only those with one of the tags. */
export interface Window {
  readonly site: string;
  readonly from: number;
  readonly until: number;
  readonly tags: readonly string[] | null;
}

interface Page {
  /** The answer's bytes up to where `next` is written. */
  readonly head: Buffer;
  /** Where the next page starts; `null` after the last one. */
  readonly nextOffset: number | null;
}

interface PagePlace {
  /** From 1. */
  readonly page: number;
  readonly offset: number;
  readonly limit: number;
}

export interface Windows {
  page(window: Window, place: PagePlace): Page;
  /** Makes a window's pages now and keeps them. @returns how many pages. */
  preload(window: Window, limit: number): number;
  /** An event's bytes as the feed serves them under the present faults. */
  served(event: SimulatedEvent, index: number): Buffer;
}

/** The walk's order: positions in the selection, and after them those that come again with changes. */
interface View {
  readonly selection: Selection;
  readonly order: Uint32Array;
  /** From here on in the order, events come a second time. */
  readonly fresh: number;
}

/** @param budget how many bytes of pages are kept for the next time they are asked for. */
export function createWindows(options: { seed: number; budget: number }, store: EventStore, faults: Faults): Windows {
  const views = createCache<View>(8 * 1024 * 1024, (view) => view.order.byteLength * 3);
  const pages = createCache<Page>(options.budget, (page) => page.head.length);
  return {
    page: (window, place) => pages.get(pageKey(window, place), () => makePage(window, place)),
    preload,
    served: (event, index) => shapeRecord(event.bytes, index, faults, true),
  };

  function preload(window: Window, limit: number): number {
    let page = 0;
    for (let offset: number | null = 0; offset !== null;) {
      const place: PagePlace = { page: ++page, offset, limit };
      offset = pages.pin(pageKey(window, place), () => makePage(window, place)).nextOffset;
    }
    return page;
  }

  function pageKey(window: Window, { page, offset, limit }: PagePlace): string {
    return JSON.stringify([viewKey(window), page, offset, limit, shapeOf(faults), faults.repeatsOverPageBorder]);
  }

  function viewKey({ site, from, until, tags }: Window): string {
    return JSON.stringify([site, from, until, tags, store.version(site, from, until), faults.changedRepeat]);
  }

  /** "Complete for the time span specified, but not guaranteed to be sorted" (signal-sciences.txt:40): shuffled over the whole window. */
  function makeView({ site, from, until, tags }: Window): View {
    const selection = store.select(site, from, until, Infinity);
    let order: Uint32Array = shuffled(selection.count, hash(options.seed, site, from, until));
    if (tags !== null) {
      order = order.filter((position) => selection.at(position).event.tags.some((tag) => tags.includes(tag)));
    }
    const again = faults.changedRepeat ? order.filter((position) => isMarked(selection.at(position).index)) : [];
    const whole = new Uint32Array(order.length + again.length);
    whole.set(order);
    whole.set(again, order.length);
    return { selection, order: whole, fresh: order.length };
  }

  function makePage(window: Window, place: PagePlace): Page {
    const view = views.get(viewKey(window), () => makeView(window));
    const end = Math.min(place.offset + ownCount(place, faults.repeatsOverPageBorder), view.order.length);
    const repeats = faults.repeatsOverPageBorder ? repeated(place) : [];
    const own = Array.from({ length: end - place.offset }, (_, index) => place.offset + index);
    const records = [...repeats, ...own].map((at) => {
      const { event, index } = view.selection.at(view.order[at] ?? 0);
      // Once changed events have come, no older form of one may follow.
      return shapeRecord(event.bytes, index, faults, Math.max(at, place.offset - 1) >= view.fresh);
    });
    return { head: writeHead(records, faults.prettyPrinted), nextOffset: end < view.order.length ? end : null };
  }
}

/** How many events a page brings that no page before it brought: repeats take up places of the page. */
function ownCount({ page, limit }: PagePlace, repeats: boolean): number {
  if (!repeats || limit < 3) return limit;
  return limit - (page >= 2 ? 1 : 0) - (page >= 4 ? 1 : 0);
}

/** Where in the order a page's repeats stand: the last event of the page before, and the first of the one three pages back. */
function repeated({ page, offset, limit }: PagePlace): readonly number[] {
  if (limit < 3 || page < 2) return [];
  const threePages = [1, 2, 3].reduce((sum, back) => sum + ownCount({ page: page - back, offset, limit }, true), 0);
  return page < 4 ? [offset - 1] : [offset - 1, Math.max(0, offset - threePages)];
}
