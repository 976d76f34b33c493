import { createHash } from 'node:crypto';
import { Refusal } from '../kit/http.ts';
import { hash } from '../kit/random.ts';
import { openStore, pageSize } from './access.ts';
import { readDigits } from './asked.ts';
import { readFilter, type Filter } from './filter.ts';
import type { Row } from './log.ts';
import { pageAnswer } from './page.ts';
import type { Call, Endpoint, Parts } from './parts.ts';
import { readSeq, seqLiteral } from './sequence.ts';
import { placeAfter, type Store } from './store.ts';

/** Where the walks are: what was served for which cursor, so that a page can come again, and who asks for one without end. */
interface Walk {
  start: number;
  asked: string | undefined;
  times: number;
}

const LOOP = 50;
const KEPT_WALKS = 1000;

/**
 * The sequence iteration (group-ib.txt:294-385), and the list of violations, which goes the same way but for its names and its order.
 * Ascending; `count` are the items that are left, those of the page included.
 */
export function createUpdated(parts: Parts): Endpoint {
  const walks = new Map<string, Walk>();
  return (call) => {
    const store = openStore(parts, call);
    const { faults, report } = parts;
    if (store.collection.unit === null) {
      report('updated-on-search-only', `${call.collection} has no seqUpdate`);
      throw new Refusal(404, 'Not found');
    }
    const size = pageSize(parts, call, store.collection);
    const filter = readFilter(call.asked, faults, report);
    const cursor = readDigits(call.asked, 'seqUpdate', report);
    if (cursor !== undefined) judgeCursor(parts, store, cursor);
    const rows = store.matching(filter);
    const walk = walkOf(call, filter);
    const start = startOf(parts, call, { store, rows, cursor, walk });
    const page = rows.slice(start, start + size);
    countTimes(parts, call, walk, { cursor, any: page.length > 0 });
    walk.start = start;
    const drp = store.collection.api === 'drp';
    return pageAnswer(parts, call, {
      countName: drp ? 'total' : 'count',
      count: rows.length - start,
      items: (drp ? unsorted(page) : page).map((row) => store.served(row)),
      seqUpdate: topOf(parts, store, page.at(-1), cursor),
    });
  };

  function walkOf({ account, collection }: Call, filter: Filter): Walk {
    const key = createHash('sha1')
      .update(JSON.stringify([account.username, collection, filter.key]))
      .digest('hex');
    const walk = walks.get(key) ?? { start: 0, asked: undefined, times: 0 };
    walks.delete(key);
    walks.set(key, walk);
    const [oldest] = walks.keys();
    if (walks.size > KEPT_WALKS && oldest !== undefined) walks.delete(oldest);
    return walk;
  }
}

/** A cursor is what a page or the sequence list told, and never made up; one less overlaps, which makes up for ties. */
function judgeCursor({ faults, report, now }: Parts, store: Store, text: string): void {
  const cursor = readSeq(text, faults);
  if (BigInt(text) <= 1n || isIssued(store, cursor) || isIssued(store, cursor + 1n)) return;
  // The vendor's client works out the first cursor of the violations from a date.
  const isDay = store.collection.api === 'drp' && cursor % 86_400_000_000n === 0n && cursor <= BigInt(now()) * 1000n;
  if (!isDay) report('cursor-not-issued', `${store.collection.name}: ${text}`);
}

function isIssued(store: Store, seq: bigint): boolean {
  const { rows } = store.log;
  const row = rows[placeAfter(store, rows, seq, true)];
  return row !== undefined && store.seqOf(row) === seq;
}

interface Place {
  readonly store: Store;
  readonly rows: readonly Row[];
  readonly cursor: string | undefined;
  readonly walk: Walk;
}

function startOf({ faults, strikes }: Parts, { occasion }: Call, { store, rows, cursor, walk }: Place): number {
  if (cursor === undefined) return 0;
  const ignored = strikes.strike<{ how: 'repeat' | 'start' }>('cursorIgnored', faults.cursorIgnored, occasion);
  if (ignored !== undefined) return ignored.how === 'start' ? 0 : walk.start;
  return placeAfter(store, rows, readSeq(cursor, faults), faults.cursorMode === 'inclusive');
}

/** One who gets items and asks for the same again and again does not get on. */
function countTimes(
  { faults, report }: Parts,
  { collection }: Call,
  walk: Walk,
  { cursor, any }: { readonly cursor: string | undefined; readonly any: boolean },
): void {
  // A page that did not arrive whole may be asked for as often as it takes.
  const broken = [faults.reset, faults.truncated, faults.drip, faults.missingItems, faults.missingCount];
  // An inclusive cursor gives the last item again and again: asking for what comes after it is no loop.
  const counts =
    any && walk.asked === cursor && faults.cursorMode === 'exclusive' && broken.every((fault) => fault === false);
  walk.times = counts ? walk.times + 1 : 1;
  walk.asked = cursor;
  if (walk.times % LOOP === 0) report('endless-loop', `${collection}: ${cursor ?? 'no cursor'}, ${walk.times} times`);
}

/** Items of the violations are in no order; the top level has the highest number. */
function unsorted(page: readonly Row[]): readonly Row[] {
  return page.toSorted((one, other) => hash(one.position) - hash(other.position));
}

/** "The last element's seqUpdate is put to the top level" (group-ib.txt:311-312). */
function topOf({ faults }: Parts, store: Store, last: Row | undefined, cursor: string | undefined): string | undefined {
  if (last !== undefined) return seqLiteral(store.seqOf(last), faults);
  if (faults.emptyPageSeqUpdate === 'absent') return undefined;
  if (faults.emptyPageSeqUpdate === 'null' || cursor === undefined) return 'null';
  return seqLiteral(readSeq(cursor, faults), faults);
}
