import { Refusal } from '../kit/http.ts';
import { DAY, type Days } from './dates.ts';
import { htmlDelivery } from './delivery.ts';
import { fieldsOf, type Fields } from './fields.ts';
import { shuffleKeys } from './json.ts';
import { isOwn, matcher, type QueryRecord, type Wanted } from './matching.ts';
import type { Call, Outcome, Parts } from './parts.ts';
import { ATTRIBUTES } from './query-records.ts';
import type { ReportList } from './simulator.ts';
import type { ReportFile } from './files.ts';

/** No more records are given for a query, whatever the page. */
const CEILING = 10_000;
const NO_FILTER = 'No supported report filters found';

/** The own filters that may stand beside `query`, as in the page's "New Example" (shadowserver.txt:656). */
export const FILTERS: readonly string[] = ['geo', 'region', 'asn', 'domain', 'ip'];

type Records = (file: ReportFile) => readonly QueryRecord[];

interface Place {
  readonly limit: number;
  /** From 1. */
  readonly page: number;
}

/** `reports/query` (shadowserver.txt:238-564). */
export function query(parts: Parts, call: Call, recordsOf: Records): Outcome {
  const { faults, strikes, now } = parts;
  const fields = fieldsOf(call.body, parts);
  const place = placeOf(fields, parts);
  const sort = sortOf(fields, parts);
  const facet = attribute(fields.text('facet'), parts);
  const wanted = attributesOf(parts, call);
  const lists = call.lists.filter(({ filter }) => isOwn(filter, wanted.get(filter.field)));
  if (lists.length === 0 || strikes.strike('queryRefused', faults.queryRefused, call.occasion) !== undefined) {
    if (lists.length === 0 && call.lists.length > 0) parts.report('no-own-filter', [...wanted.keys()].join(', '));
    throw new Refusal(400, NO_FILTER);
  }
  const yesterday = Math.floor(now() / DAY) - 1;
  const days = fields.days(true) ?? { first: yesterday, last: yesterday };
  const files = filesOf(parts, call, lists, days);
  if (files === 'too-many') return { delivery: htmlDelivery(504) };
  const found = files.flatMap(recordsOf).filter(testOf(wanted));
  if (facet !== undefined) return { json: cardinalities(found, facet, place, faults.shuffledKeys) };
  if (sort !== undefined) found.sort((one, other) => sort * compare(one, other));
  const start = (place.page - 1) * place.limit - shiftOf(parts, call, place);
  const page = found.slice(start, start + place.limit);
  return { json: page.map((record, index) => shuffleKeys(record, faults.shuffledKeys, start + index)) };
}

function placeOf(fields: Fields, { report }: Parts): Place {
  const place = { limit: fields.limit(), page: fields.count('page') ?? 1 };
  if (place.page * place.limit <= CEILING) return place;
  report('page-beyond-ceiling', `page ${place.page} of ${place.limit}`);
  throw new Refusal(400, `Result window is too large, page times limit must be at most ${CEILING}`);
}

function sortOf(fields: Fields, { report }: Parts): 1 | -1 | undefined {
  const sort = fields.text('sort')?.toLowerCase();
  if (sort === undefined) return undefined;
  if (sort === 'ascending') return 1;
  if (sort === 'descending') return -1;
  report('bad-field', `sort: ${sort}`);
  throw new Refusal(400, 'sort must be ascending or descending');
}

function attribute(name: string | undefined, { report }: Parts): string | undefined {
  if (name === undefined || ATTRIBUTES.includes(name)) return name;
  report('bad-field', `no such attribute: ${name}`);
  throw new Refusal(400, `no such attribute: ${name}`);
}

/** The attributes that a record must have, by name; `require` says that one must be there, whatever it is. */
function attributesOf(parts: Parts, { body }: Call): ReadonlyMap<string, Wanted> {
  const inside = body['query'];
  const beside = FILTERS.filter((name) => parts.faults.topLevelFilter && body[name] !== undefined);
  if (typeof inside !== 'object' || inside === null || Array.isArray(inside)) {
    parts.report('bad-field', 'query is not a dictionary');
    throw new Refusal(400, 'query must be a dictionary');
  }
  const entries: (readonly [string, unknown])[] = [
    ...Object.entries(inside),
    ...beside.map((name) => [name, body[name]] as const),
  ];
  return new Map(entries.map(([name, value]) => [name, wantedOf(parts, name, value)]));
}

function wantedOf(parts: Parts, name: string, value: unknown): Wanted {
  attribute(name === 'require' ? String(value) : name, parts);
  if (typeof value === 'string' || typeof value === 'number') return value;
  parts.report('bad-field', `${name} is neither a string nor a number`);
  throw new Refusal(400, `${name} must be a string or a number`);
}

function filesOf(
  { world, faults, strikes }: Parts,
  { occasion }: Call,
  lists: readonly ReportList[],
  days: Days,
): readonly ReportFile[] | 'too-many' {
  const { gatewayTimeout } = faults;
  const patience = typeof gatewayTimeout === 'object' ? (gatewayTimeout.days ?? 0) : 0;
  if (days.last - days.first + 1 > patience && strikes.strike('gatewayTimeout', gatewayTimeout, occasion) !== undefined)
    return 'too-many';
  const files = [...world.files(lists, world.types, days)];
  return files.reduce((sum, { rows }) => sum + rows, 0) > faults.heavyQueryRows ? 'too-many' : files;
}

function testOf(wanted: ReadonlyMap<string, Wanted>): (record: QueryRecord) => boolean {
  const tests = Array.from(wanted, ([name, value]) =>
    name === 'require' ? (record: QueryRecord) => record[String(value)] !== undefined : matcher(name, value),
  );
  return (record) => tests.every((test) => test(record));
}

function compare(one: QueryRecord, other: QueryRecord): number {
  const [first, second] = [String(one['timestamp']), String(other['timestamp'])];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

/** How often each value of an attribute came, from the highest to the lowest (shadowserver.txt:246); counts are numbers. */
function cardinalities(
  records: readonly QueryRecord[],
  facet: string,
  { limit, page }: Place,
  shuffle: boolean,
): readonly unknown[] {
  const counts = new Map<string, number>();
  for (const record of records) {
    const value = record[facet] ?? [];
    for (const item of typeof value === 'string' ? [value] : value) counts.set(item, (counts.get(item) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([one, most], [other, least]) => least - most || (one < other ? -1 : 1));
  const rows = sorted.slice((page - 1) * limit, page * limit);
  return rows.map(([value, count]) => shuffleKeys<string | number>({ [facet]: value, count }, shuffle, value));
}

/** Rows that came or went between two pages move all that follow. */
function shiftOf({ faults, strikes }: Parts, { occasion }: Call, { page }: Place): number {
  if (page === 1) return 0;
  const shift = strikes.strike('rowsShiftBetweenPages', faults.rowsShiftBetweenPages, occasion);
  return shift === undefined ? 0 : (page - 1) * (shift.by ?? 1);
}
