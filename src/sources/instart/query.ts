import { SECOND, type Interval } from '../../core/time.ts';
import { parseFilters, type Filters } from './filters.ts';
import { AGGREGATES, isTopk, isTrends, pathOf, TOP, type Granularity } from './kinds.ts';
import type { StreamSettings } from './stream-settings.ts';
import { writeTime } from './times.ts';

/** The name of the time of an event: text in whole seconds, whatever the name says (instart.txt:434). */
export const EVENT_TIME = 'event_timestamp_ms';

/** What a stream asks for, whenever it asks. */
export interface Query {
  /** What the rows are, as part of their identity: rows of another kind, category or granularity are other rows. */
  readonly scheme: string;
  /** Below `/stats/security/`. */
  readonly path: string;
  readonly dimensions: readonly string[];
  readonly metrics: readonly string[];
  /** The column that says when a row was, where it is known beforehand. */
  readonly time?: string;
  readonly granularity?: Granularity | undefined;
  readonly filters?: Filters | undefined;
  /** The finest span that holds whole rows, ms: a second, or a bucket. */
  readonly unit: number;
  /** For lists: how many entries the vendor shows at most. */
  readonly top?: number;
  /** Whether `limit` may be sent: the list of WAF events takes none (instart.txt:250-255). */
  readonly limited: boolean;
}

/** What of it is asked for at one time. */
export interface Ask {
  readonly span: Interval;
  readonly limit: number | undefined;
  /** The first row of the answer, from 0. */
  readonly start: number;
  readonly sort?: readonly string[] | undefined;
}

export function queryOf(stream: StreamSettings): Query {
  const { kind } = stream;
  const common = { filters: filtersOf(stream.filters), limited: kind !== 'waf-topk' };
  if (isTopk(kind) && 'category' in stream) {
    const { category, dimensions, metrics, window } = stream;
    const path = pathOf(kind, category);
    return { ...common, scheme: path, path, dimensions, metrics, unit: window, top: TOP[kind] };
  }
  if (isTrends(kind) && 'granularity' in stream) {
    const { dimensions, metrics, granularity } = stream;
    const path = pathOf(kind);
    const unit = AGGREGATES[granularity].bucket;
    return { ...common, scheme: `${path}/${granularity}`, path, dimensions, metrics, granularity, unit };
  }
  // The time is in the answer by default, and not twice when it is asked for (instart.txt:415, 514-530). Without it no row has a place.
  const dimensions = [EVENT_TIME, ...(stream.dimensions ?? []).filter((name) => name !== EVENT_TIME)];
  return { ...common, scheme: kind, path: pathOf(kind), dimensions, metrics: [], time: EVENT_TIME, unit: SECOND };
}

function filtersOf(text: string | undefined): Filters | undefined {
  if (text === undefined) return undefined;
  const parsed = parseFilters(text);
  if (typeof parsed === 'string') throw new TypeError(`a filter that settings should have refused: ${parsed}`);
  return parsed;
}

/**
 * The query string. `starttime`, not the `startime` of the document's templates (instart.txt:29): its examples and the vendor's echo spell it
 * so (instart.txt:410, 419). `start` is in no template, only in the echo (instart.txt:421), so it is sent only where there is no other way.
 */
export function queryString(query: Query, { span, limit, start, sort }: Ask): string {
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ['dimensions', list(query.dimensions)],
    ['metrics', list(query.metrics)],
    ['starttime', writeTime(span.from)],
    ['endtime', writeTime(span.until)],
    ['granularity', query.granularity],
    ['filters', query.filters?.text],
    ['sortby', list(sort ?? [])],
    ['limit', limit === undefined ? undefined : String(limit)],
    ['start', start === 0 ? undefined : String(start)],
  ];
  // Not as a form is: what reads `+` as itself would look for another country.
  return pairs.flatMap(([key, value]) => (value === undefined ? [] : `${key}=${encodeURIComponent(value)}`)).join('&');
}

function list(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.join(',');
}
