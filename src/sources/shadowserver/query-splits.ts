import { dayOf, SECOND } from '../../core/time.ts';
import type { Api } from './api.ts';
import { facetRows } from './query-rows.ts';
import type { QuerySettings } from './settings.ts';

/** A part of a day: what of a query's records has these values as well, and how many that are. */
export interface Split {
  readonly filter: Readonly<Record<string, string>>;
  readonly total: number;
}

/** What is asked for counts. */
export interface Counted {
  readonly api: Api;
  readonly query: QuerySettings;
  /** For messages. */
  readonly name: string;
  /** The day, ms. */
  readonly at: number;
  readonly filter: Split['filter'];
}

/** "array of up to 1,000 matching records" (shadowserver.txt:321): a longer list of values would be cut. */
const PAGE = 1_000;
/** By what a day's records can be told apart, the attributes that most of them have first. A tag is none: a record has several. */
const APART = ['type', 'infection', 'protocol', 'port', 'asn', 'geo', 'region', 'naics', 'city', 'sector', 'version'];
/** Splits that are left stand in a cursor. */
const LARGEST_REST = 20 * 1024;

/**
 * Cuts a day that has more records than are handed out by the values of an attribute, in as few parts as may be.
 * @returns `undefined` where no attribute's values make up all of the records
 */
export async function splitsOf(
  counted: Counted,
  total: number,
  signal: AbortSignal,
): Promise<readonly Split[] | undefined> {
  const { query, filter } = counted;
  const taken = new Set([...Object.keys(query.query), ...Object.keys(filter)].map((name) => name.toLowerCase()));
  for (const attribute of APART.filter((name) => !taken.has(name))) {
    const counts = await countsBy(counted, attribute, signal);
    const sum = [...(counts ?? [])].reduce((all, [, count]) => all + count, 0);
    // A record that lacks the attribute would be in no part, and one that has two values in both.
    if (counts === undefined || counts.size < 2 || sum !== total) continue;
    const splits = [...counts].map(([value, count]) => ({ filter: { ...filter, [attribute]: value }, total: count }));
    if (JSON.stringify(splits).length <= LARGEST_REST) return splits;
  }
  return undefined;
}

/** How many records have each value of an attribute; `undefined` where not all values are told. */
export async function countsBy(
  { api, query, name, at, filter }: Counted,
  attribute: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number> | undefined> {
  const what = `${name} ${dayOf(at)}, counts by ${attribute}`;
  const fields = { query: { ...query.query, ...filter }, date: dayOf(at), facet: attribute, limit: PAGE };
  const answer = await api.call('reports/query', fields, { what }, signal, 30 * SECOND);
  const { values } = facetRows(answer, at, attribute, what);
  return values.length < PAGE ? new Map(values) : undefined;
}
