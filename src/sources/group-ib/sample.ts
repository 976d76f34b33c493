import { DAY, dayOf, floorTo } from '../../core/time.ts';
import { DRP_VIOLATIONS, SEARCH_ONLY } from './collections.ts';
import type { Feed } from './feed.ts';
import type { ItemsPage } from './page.ts';

/** The smallest legal request: one item of this day, or for an upload collection of the day before. @returns what it showed, for people */
export async function sample(feed: Feed, signal: AbortSignal): Promise<string> {
  const today = floorTo(feed.now(), DAY);
  const { name } = feed.collection;
  if (!SEARCH_ONLY.includes(name)) return since(dayOf(today), await first(feed, dayOf(today), signal));
  const yesterday = dayOf(today - DAY);
  const days = [
    ['df', yesterday],
    ['dt', dayOf(today)],
  ] as const;
  return since(yesterday, await feed.search(days, feed.name).ask(null, 1, signal));
}

async function first(feed: Feed, day: string, signal: AbortSignal): Promise<ItemsPage> {
  const isDrp = feed.collection.name === DRP_VIOLATIONS;
  const seqUpdate = isDrp ? await feed.startOf(day, signal) : undefined;
  const from = seqUpdate === undefined ? { df: day } : { seqUpdate };
  return await feed.sequence([]).ask({ ...from, limit: 1 }, signal);
}

function since(day: string, { count, items }: ItemsPage): string {
  const some = items.length === 0 ? 'no records' : 'at least one record';
  return `${count === undefined ? some : `${count} records`} since ${day}`;
}
