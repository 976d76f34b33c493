import { isGrouping, METRICS, type Resource } from './catalogue.ts';
import { DIMENSIONS, TIME } from './dimensions.ts';
import type { Faults } from './faults.ts';
import { NO_FILTERS, readFilters, type Filters } from './filters.ts';
import type { Granularity } from './simulator.ts';
import { BUCKETS, readTime } from './times.ts';
import type { Rule } from './violations.ts';

/** A question about data that the vendor answers. */
export interface Asked {
  readonly resource: Resource;
  /** As they were sent: the echo repeats them (instart.txt:499, 511). */
  readonly starttime: string;
  readonly endtime: string;
  /** ms since the epoch. */
  readonly from: number;
  readonly until: number;
  readonly dimensions: readonly string[];
  readonly filters: Filters;
  readonly filtersText: string | null;
  readonly sortby: readonly { readonly name: string; readonly descending: boolean }[];
  readonly start: number;
  readonly limit: number;
  /** Of trends only. */
  readonly granularity: Granularity | null;
}

/** Throws what refuses the request with 400. */
export type Refuse = (rule: Rule, message: string) => never;

/** "If unspecified, the limit parameter defaults to returning 10 results" (instart.txt:108). */
const DEFAULT_LIMIT = 10;
/** What request/trends counts by without a granularity: the page does not say. */
const REQUEST_GRANULARITY: Granularity = 'hour';

/** Reads what a request asks for; whatever the page does not name is refused. */
export function readAsked(
  resource: Resource,
  pairs: readonly (readonly [string, string])[],
  faults: Faults,
  refuse: Refuse,
): Asked {
  const parameters = new Map(pairs);
  if (parameters.size < pairs.length) refuse('repeated-parameter', 'a parameter is given twice');
  const known = parametersOf(resource, faults);
  for (const name of parameters.keys()) {
    // The templates write `startime` (instart.txt:29), all else `starttime`: so does this server.
    if (!known.includes(name)) refuse('unknown-parameter', `unknown parameter: ${name}`);
  }
  const dimensions = readDimensions(resource, parameters.get('dimensions'), refuse);
  if (resource.type !== 'events') readMetrics(parameters.get('metrics'), refuse);
  const filtersText = parameters.get('filters') ?? null;
  const limit = resource.parameters.includes('limit') ? DEFAULT_LIMIT : resource.most;
  return {
    resource,
    ...readSpan(parameters, faults, refuse),
    dimensions,
    filters: refusing('bad-filter', refuse, () => (filtersText === null ? NO_FILTERS : readFilters(filtersText))),
    filtersText,
    sortby: readSortby(parameters.get('sortby'), sortable(resource, dimensions, faults), refuse),
    start: readInteger(parameters, 'start', 0, refuse),
    limit: readInteger(parameters, 'limit', limit, refuse),
    granularity: resource.type === 'trends' ? readGranularity(resource, parameters, faults, refuse) : null,
  };
}

function parametersOf({ path, parameters }: Resource, faults: Faults): readonly string[] {
  return parameters.filter((name) => {
    if (name === 'start') return faults.startParameter === 'accepted';
    return !(name === 'granularity' && path === 'request/trends' && faults.requestGranularity === 'refused');
  });
}

function readDimensions(resource: Resource, text: string | undefined, refuse: Refuse): readonly string[] {
  if (text === undefined || text === '') return refuse('bad-dimension', 'dimensions are required');
  const dimensions = text.split(',');
  const unknown = dimensions.find((name) => !resource.dimensions.includes(name));
  if (unknown !== undefined) refuse('bad-dimension', `unknown dimension: ${unknown}`);
  if (new Set(dimensions).size < dimensions.length) refuse('bad-dimension', 'a dimension is given twice');
  if (!isGrouping(resource, dimensions)) refuse('no-grouping', `not a valid grouping: ${text}`);
  return dimensions;
}

function readMetrics(text: string | undefined, refuse: Refuse): void {
  if (text === undefined) refuse('bad-metric', 'metrics are required');
  if (!METRICS.includes(text)) refuse('bad-metric', `unknown metric: ${text}`);
}

function readSpan(
  parameters: ReadonlyMap<string, string>,
  { times }: Faults,
  refuse: Refuse,
): Pick<Asked, 'starttime' | 'endtime' | 'from' | 'until'> {
  const read = (name: string): readonly [string, number] => {
    const text = parameters.get(name) ?? refuse('bad-time', `${name} is required`);
    const form = 'must be ISO 8601 in UTC, without a time zone designator';
    return [text, readTime(text, times) ?? refuse('bad-time', `${name} ${form}: ${text}`)];
  };
  const [starttime, from] = read('starttime');
  const [endtime, until] = read('endtime');
  if (until <= from) refuse('bad-range', 'endtime must be later than starttime');
  return { starttime, endtime, from, until };
}

function sortable({ type }: Resource, dimensions: readonly string[], { timeColumn }: Faults): readonly string[] {
  if (type === 'events') return DIMENSIONS;
  // The page's example sorts trends, too, by event_timestamp_ms (instart.txt:164).
  return type === 'topk' ? [...dimensions, ...METRICS] : [...dimensions, ...METRICS, timeColumn, TIME];
}

function readSortby(text: string | undefined, known: readonly string[], refuse: Refuse): Asked['sortby'] {
  if (text === undefined) return [];
  return text.split(',').map((field) => {
    const descending = field.startsWith('-');
    const name = descending ? field.slice(1) : field;
    if (!known.includes(name)) refuse('bad-sortby', `cannot sort by: ${name}`);
    return { name, descending };
  });
}

function readInteger(
  parameters: ReadonlyMap<string, string>,
  name: 'start' | 'limit',
  preset: number,
  refuse: Refuse,
): number {
  const text = parameters.get(name);
  if (text === undefined) return preset;
  return /^\d{1,15}$/.test(text) ? Number(text) : refuse('bad-limit', `${name} must be an integer from 0 on: ${text}`);
}

function readGranularity(
  { path }: Resource,
  parameters: ReadonlyMap<string, string>,
  { requestGranularity }: Faults,
  refuse: Refuse,
): Granularity {
  const mode = path === 'request/trends' ? requestGranularity : 'required';
  const text = parameters.get('granularity');
  if (mode === 'ignored' || (text === undefined && mode !== 'required')) return REQUEST_GRANULARITY;
  // The prose's `5min` (instart.txt:176) is not among the possible values.
  if (text === undefined || !Object.hasOwn(BUCKETS, text))
    return refuse('bad-granularity', `granularity must be day, hour or 5minute: ${text ?? ''}`);
  return text as Granularity;
}

function refusing<Value>(rule: Rule, refuse: Refuse, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return refuse(rule, error.message);
    throw error;
  }
}
