import { DAY, HOUR, MINUTE } from '../../core/time.ts';

/** What can be asked for; the key or the `kind:` of a stream in the config. */
export const KINDS = [
  'events',
  'waf-trends',
  'request-trends',
  'trafficshaping-trends',
  'waf-topk',
  'trafficshaping-topk',
] as const;

export type Kind = (typeof KINDS)[number];
export type TrendsKind = Extract<Kind, `${string}-trends`>;
export type TopkKind = Extract<Kind, `${string}-topk`>;

export function isKind(text: string): text is Kind {
  return (KINDS as readonly string[]).includes(text);
}

export function isTrends(kind: Kind): kind is TrendsKind {
  return kind.endsWith('-trends');
}

export function isTopk(kind: Kind): kind is TopkKind {
  return kind.endsWith('-topk');
}

export const GRANULARITIES = ['day', 'hour', '5minute'] as const;
export type Granularity = (typeof GRANULARITIES)[number];

interface Aggregate {
  /** Length of a bucket, ms. */
  readonly bucket: number;
  /** Length of a window, ms: as many buckets as make a handy slice. */
  readonly window: number;
  /** How long the vendor keeps it, ms. */
  readonly retention: number;
}

export const AGGREGATES: Readonly<Record<Granularity, Aggregate>> = {
  // "per day forever" (instart.txt:174); a limit has to end somewhere.
  day: { bucket: DAY, window: DAY, retention: 3650 * DAY },
  // "per hour for 1 month" (instart.txt:173); the prose three lines on says three months. The shorter reading, of the shortest month: what is
  // asked for too late comes back empty, and would be sealed as a stretch without hits.
  hour: { bucket: HOUR, window: DAY, retention: 28 * DAY },
  // "per 5 minutes for 1 week" (instart.txt:172).
  '5minute': { bucket: 5 * MINUTE, window: HOUR, retention: 7 * DAY },
};

/** The categories of the top lists (instart.txt:260-265, 370-375). */
export const CATEGORIES: Readonly<Record<TopkKind, readonly string[]>> = {
  'waf-topk': ['browser', 'clientip', 'country', 'requestpath', 'ruleid', 'severity'],
  'trafficshaping-topk': ['browser', 'clientip', 'country', 'ratelimitclientip', 'ratelimitcountry', 'requestpath'],
};

/** How many entries a top list has (instart.txt:246, 355). */
export const TOP: Readonly<Record<TopkKind, number>> = { 'waf-topk': 20, 'trafficshaping-topk': 1000 };

/** A kind's path below `/stats/security/`; its `data` and its lists are below that. */
export function pathOf(kind: Kind, category?: string): string {
  if (kind === 'events') return kind;
  const path = kind.replace('-', '/');
  return category === undefined ? path : `${path}/${category}`;
}
