import { createHash } from 'node:crypto';
import type { Page, SourceRecord, WindowLimits } from '../../core/contract.ts';
import { CursorExpired, CursorStuck, UnexpectedAnswer, WindowTooLarge } from '../../core/failures.ts';
import { DAY, dayOf, type Interval } from '../../core/time.ts';
import { windowFailure } from '../window-bounds.ts';
import type { Api, Fields } from './api.ts';
import { readPageCursor, writeCursor, type PageCursor } from './cursor.ts';
import { facetRows, queryRows } from './query-rows.ts';
import { countsBy, splitsOf, type Split } from './query-splits.ts';
import type { QuerySettings } from './settings.ts';

/** A query, as far as asking for its windows needs it. */
export interface Querying {
  readonly api: Api;
  readonly limits: WindowLimits;
  readonly query: QuerySettings;
  /** For messages: `acme-shadow/ssl`, and `queries.ssl.query`. */
  readonly name: string;
  readonly setting: string;
}

/** "array of up to 1,000 matching records" (shadowserver.txt:321), and no more than 10,000 of them by pages. */
const PAGE = 1_000;
const MOST = 10_000;
/** All records have it; the numbers of its values add up to how many there are. */
const COUNTED = 'type';

/** One page of a window, a day after the other. */
export async function queryPage(
  querying: Querying,
  window: Interval,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Page> {
  const { api, limits, name, query } = querying;
  const outside = windowFailure(window, limits, api.vendor.now());
  if (outside) throw outside;
  const position = cursor === null ? beginning(window.from, 0, query) : readPageCursor(cursor, window, name);
  if (position.query !== fingerprint(query)) throw new CursorExpired(`${name}: the query has been changed since`);
  const { at, page } = position;
  const what = `${name} ${dayOf(at)}, page ${page}`;
  const fields = { ...fieldsOf(query, position), limit: PAGE, page };
  const answer = await api.call('reports/query', fields, { what, setting: querying.setting }, signal);
  const rows = query.facet === undefined ? queryRows(answer, at, what) : facetRows(answer, at, query.facet, what);
  const digest = digestOf(rows.records);
  if (rows.records.length < PAGE) return dayEnds(querying, window, position, rows.records, rows.note);
  if (digest === position.last) return served(querying, window, position, what);
  const total = position.total ?? (page === 1 ? await totalOf(querying, position, signal) : null);
  const seen = position.seen + rows.records.length;
  if (seen >= MOST && total === seen) return dayEnds(querying, window, { ...position, total }, rows.records, rows.note);
  if (total !== null && total > MOST) return await split(querying, position, total, signal);
  if (seen >= MOST) throw tooLarge(querying, at, total);
  const next = writeCursor({ ...position, page: page + 1, seen, total, last: digest });
  return { records: rows.records, next, ...(rows.note !== undefined && { note: rows.note }) };
}

function beginning(at: number, reported: number | null, query: QuerySettings): PageCursor {
  const whole = { total: null, filter: {}, rest: [] };
  return { at, page: 1, seen: 0, reported, last: null, query: fingerprint(query), ...whole };
}

/** Goes on with the first of some parts of a day. */
function partsFrom(position: PageCursor, [first, ...rest]: readonly Split[]): PageCursor {
  return { ...position, page: 1, seen: 0, last: null, ...first, rest };
}

/** Of more than the vendor hands out, the first page was only a sign: its records come again with their part. */
async function split(querying: Querying, position: PageCursor, total: number, signal: AbortSignal): Promise<Page> {
  const { at, filter, rest } = position;
  const splits =
    querying.query.facet === undefined ? await splitsOf({ ...querying, at, filter }, total, signal) : undefined;
  if (splits === undefined) throw tooLarge(querying, at, total);
  return { records: [], next: writeCursor(partsFrom(position, [...splits, ...rest])) };
}

/** Sorted, so that pages of one day can be joined at all. */
function fieldsOf({ query, sort, facet }: QuerySettings, { at, filter }: PageCursor): Fields {
  return { query: { ...query, ...filter }, date: dayOf(at), ...(facet === undefined ? { sort } : { facet }) };
}

/**
 * The end of a day. Where rows have moved while pages were read, some may never have come: the count that the vendor gave at the first page shows it.
 * @throws CursorExpired then: the window is read again
 */
function dayEnds(
  { name, query }: Querying,
  window: Interval,
  position: PageCursor,
  records: readonly SourceRecord[],
  note: string | undefined,
): Page {
  const { at, seen, total, reported, rest } = position;
  const all = seen + records.length;
  if (total !== null && all < total) {
    throw new CursorExpired(`${name} ${dayOf(at)}: ${all} records of ${total}: rows have moved while they were read`);
  }
  // A day of one answer has as many as came.
  const told = total ?? (seen === 0 ? all : null);
  const sum = reported === null || told === null ? null : reported + told;
  const noted = note === undefined ? {} : { note };
  if (rest.length > 0) return { records, next: writeCursor(partsFrom({ ...position, reported: sum }, rest)), ...noted };
  if (at + DAY < window.until) return { records, next: writeCursor(beginning(at + DAY, sum, query)), ...noted };
  return { records, next: null, ...(sum !== null && { reported: sum }), ...noted };
}

/** A full page that is the one before: with values of a facet, there are no more pages; with records, the vendor does not turn them. */
function served(querying: Querying, window: Interval, position: PageCursor, what: string): Page {
  if (querying.query.facet === undefined) throw new CursorStuck(`${what}: the same records as the page before`);
  return dayEnds(querying, window, position, [], `only the ${position.seen} most frequent values are told`);
}

function tooLarge({ name, setting, query }: Querying, at: number, total: number | null): Error {
  const found = `${name} ${dayOf(at)}: ${total ?? `${MOST} or more`} ${query.facet === undefined ? 'records' : 'values'}`;
  const advice = `narrow \`${setting}\`, or make several queries of it`;
  return new WindowTooLarge(`${found}, and the vendor hands out ${MOST} of a day at most: ${advice}`);
}

/** How many records there are; worth having, and nothing fails for it. */
async function totalOf(
  { api, query, name }: Querying,
  { at, filter }: PageCursor,
  signal: AbortSignal,
): Promise<number | null> {
  if (query.facet !== undefined) return null;
  try {
    const counts = await countsBy({ api, query, name, at, filter }, COUNTED, signal);
    return counts === undefined ? null : [...counts.values()].reduce((sum, count) => sum + count, 0);
  } catch (error) {
    if (signal.aborted || !(error instanceof UnexpectedAnswer || isPassing(error))) throw error;
    return null;
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'unavailable' || error.name === 'rate-limited');

function digestOf(records: readonly SourceRecord[]): string {
  const hash = createHash('sha256');
  for (const { identity } of records) hash.update(`${identity?.id ?? ''}\n`);
  return hash.digest('base64url').slice(0, 16);
}

function fingerprint(query: QuerySettings): string {
  return createHash('sha256')
    .update(JSON.stringify([query.query, query.sort, query.facet]))
    .digest('base64url')
    .slice(0, 12);
}
