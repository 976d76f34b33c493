import { DIMENSIONS } from './dimensions.ts';

type Type = 'events' | 'trends' | 'topk';

/** Something that can be asked about, with `/data` and the lists that say how. */
export interface Resource {
  /** After `/v1/stats/security/`. */
  readonly path: string;
  readonly type: Type;
  readonly dimensions: readonly string[];
  /** The sets of dimensions that can be asked for; null: each set. */
  readonly groupings: readonly (readonly string[])[] | null;
  /** The parameters of its template. */
  readonly parameters: readonly string[];
  /** The most rows that there are: k of a topk. */
  readonly most: number;
  /** Which events are counted, by what they are; `cell` gives JSON texts. */
  readonly counts: (cell: (dimension: string) => string) => boolean;
}

export const METRICS = ['hits'];

const SPAN = ['dimensions', 'starttime', 'endtime', 'filters'];
const WHOLE = ['sortby', 'limit', 'start'];

const all = (): boolean => true;
const waf: Resource['counts'] = (cell) => cell('event_type') === '"WAF"';
const shaping: Resource['counts'] = (cell) => cell('event_type') === '"TRAFFIC_SHAPING"';
const limited: Resource['counts'] = (cell) => shaping(cell) && cell('event_action') === '"RATE_LIMIT"';

const events: Resource = {
  path: 'events',
  type: 'events',
  dimensions: DIMENSIONS,
  groupings: null,
  parameters: [...SPAN, ...WHOLE],
  most: Infinity,
  counts: all,
};

function trends(of: string, counts: Resource['counts'], groupings: Resource['groupings'] & object): Resource {
  return {
    path: `${of}/trends`,
    type: 'trends',
    dimensions: [...new Set(groupings.flat())],
    groupings,
    parameters: [...SPAN, ...WHOLE, 'metrics', 'granularity'],
    most: Infinity,
    counts,
  };
}

/** By category: "each of which has its own dimensions and metrics" (instart.txt:203), of which the page shows none. */
function topk(
  of: string,
  most: number,
  categories: Readonly<Record<string, readonly [string, Resource['counts']]>>,
): Resource[] {
  return Object.entries(categories).map(([category, [dimension, counts]]) => ({
    path: `${of}/topk/${category}`,
    type: 'topk',
    dimensions: [dimension, 'property', 'domain'],
    groupings: [[dimension], [dimension, 'property'], [dimension, 'domain']],
    // No sortby and no limit for the top 20 (instart.txt:207-214), both for the top 1,000 (instart.txt:325-332).
    parameters: most === 20 ? [...SPAN, 'metrics'] : [...SPAN, ...WHOLE, 'metrics'],
    most,
    counts,
  }));
}

const RESOURCES: readonly Resource[] = [
  events,
  trends('waf', waf, [
    ['waf_action'],
    ['client_country_code'],
    ['event_severity'],
    ['rule_id'],
    ['property'],
    ['domain', 'waf_action'],
    ['property', 'waf_action', 'client_country_code'],
  ]),
  trends('request', all, [
    ['waf_action'],
    ['domain'],
    ['event_type'],
    ['domain', 'waf_action'],
    ['event_type', 'event_action'],
  ]),
  trends('trafficshaping', shaping, [
    ['event_action'],
    ['client_country_code'],
    ['domain'],
    ['rule_id'],
    ['domain', 'event_action'],
  ]),
  ...topk('waf', 20, {
    browser: ['client_browser', waf],
    clientip: ['client_ip', waf],
    country: ['client_country_code', waf],
    requestpath: ['request_path', waf],
    ruleid: ['rule_id', waf],
    severity: ['event_severity', waf],
  }),
  ...topk('trafficshaping', 1000, {
    browser: ['client_browser', shaping],
    clientip: ['client_ip', shaping],
    country: ['client_country_code', shaping],
    ratelimitclientip: ['client_ip', limited],
    ratelimitcountry: ['client_country_code', limited],
    requestpath: ['request_path', shaping],
  }),
];

const BY_PATH: ReadonlyMap<string, Resource> = new Map(RESOURCES.map((resource) => [resource.path, resource]));

type Action = 'data' | 'dimensions' | 'groupings' | 'metrics';

/** What a path stands for; without an action it is one that only HEAD has (instart.txt:112, 188, 241). */
export function lookUp(path: string): { readonly resource: Resource; readonly action: Action | null } | undefined {
  const bare = BY_PATH.get(path);
  if (bare !== undefined) return { resource: bare, action: null };
  const [, prefix = '', action] = /^(.+)\/(data|dimensions|groupings|metrics)$/.exec(path) ?? [];
  const resource = BY_PATH.get(prefix);
  if (resource === undefined) return undefined;
  // Raw events have neither groupings nor metrics.
  if (resource.type === 'events' && (action === 'groupings' || action === 'metrics')) return undefined;
  return { resource, action: action as Action };
}

/** Whether the dimensions are, in any order, a set that can be asked for. */
export function isGrouping({ groupings }: Resource, dimensions: readonly string[]): boolean {
  if (groupings === null) return true;
  return groupings.some((one) => one.length === dimensions.length && one.every((name) => dimensions.includes(name)));
}

/** The resource of a path. Throws a RangeError unless there is one of this type. */
export function resourceOf(path: string, type: Type): Resource {
  const resource = BY_PATH.get(path);
  if (resource?.type !== type) throw new RangeError(`no ${type} at ${path}`);
  return resource;
}
