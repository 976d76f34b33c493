import type { Complaint, Listing } from '../../core/contract.ts';
import type { Client } from './client.ts';
import { parseFilters } from './filters.ts';
import { LISTED, offerOf, type Offer } from './lists.ts';
import { EVENT_TIME } from './query.ts';
import type { InstartSettings } from './settings.ts';
import type { StreamSettings } from './stream-settings.ts';

/** For `sluice discover`: the vendor's lists for every kind and category that it offers. */
export async function discover(client: Client, signal: AbortSignal): Promise<readonly Listing[]> {
  const listings: Listing[] = [];
  await client.authenticate(signal);
  for (const one of LISTED) {
    const about = one.category === undefined ? one.kind : `${one.kind} ${one.category}`;
    const { missing, dimensions, groupings, metrics } = await offerOf(client, one, signal);
    const add = (what: string, key: string, entries: readonly string[]): void =>
      void listings.push({ about: `${about} ${what}`, setting: `streams.${one.kind}.${key}`, entries });
    if (missing !== undefined) continue;
    add('dimensions', 'dimensions', dimensions);
    if (groupings) add('groupings', 'dimensions', groupings.map(written));
    if (metrics) add('metrics', 'metrics', metrics);
  }
  return listings;
}

/** For `sluice config check --online`: what in the streams' queries the vendor's lists do not have. */
export async function review(
  client: Client,
  streams: InstartSettings['streams'],
  signal: AbortSignal,
): Promise<readonly Complaint[]> {
  await client.authenticate(signal);
  const offers = new Map<string, Offer>();
  const complaints: Complaint[] = [];
  for (const [name, stream] of Object.entries(streams)) {
    const category = 'category' in stream ? stream.category : undefined;
    const key = `${stream.kind}/${category ?? ''}`;
    const offer = offers.get(key) ?? (await offerOf(client, { kind: stream.kind, category }, signal));
    offers.set(key, offer);
    complaints.push(...complaintsOn(stream, offer).map((one) => ({ ...one, path: ['streams', name, ...one.path] })));
  }
  return complaints;
}

function complaintsOn(stream: StreamSettings, offer: Offer): readonly Complaint[] {
  if (offer.missing !== undefined) {
    return [{ path: [], message: `the vendor offers no ${stream.kind} here (status ${offer.missing})` }];
  }
  const unknown = [
    ...unknownIn(
      stream.dimensions ?? [],
      'dimensions',
      [...offer.dimensions, ...timeOf(stream)],
      offer.dimensions.length > 0,
    ),
    ...('metrics' in stream
      ? unknownIn(stream.metrics, 'metrics', offer.metrics ?? [], (offer.metrics?.length ?? 0) > 0)
      : []),
  ];
  const ungrouped = unknown.some(({ path }) => path[0] === 'dimensions') ? [] : groupingComplaints(stream, offer);
  return [...unknown, ...ungrouped, ...filterComplaints(stream, offer)];
}

/** The time of an event can be asked for, whether it is in the list or not. */
const timeOf = ({ kind }: StreamSettings): readonly string[] => (kind === 'events' ? [EVENT_TIME] : []);

function unknownIn(
  names: readonly string[],
  key: 'dimensions' | 'metrics',
  known: readonly string[],
  isListed: boolean,
): readonly Complaint[] {
  if (!isListed) return [];
  return names.flatMap((name, i) => {
    if (known.includes(name)) return [];
    return [{ path: [key, i], message: `the vendor has no ${key.slice(0, -1)} \`${name}\` here`, known }];
  });
}

/** Only the vendor's groupings can be asked for (instart.txt:148, 236); in which order does not matter. */
function groupingComplaints({ dimensions }: StreamSettings, { groupings = [] }: Offer): readonly Complaint[] {
  if (groupings.length === 0 || dimensions.length === 0) return [];
  const wanted = keyOf(dimensions);
  if (groupings.some((grouping) => keyOf(grouping) === wanted)) return [];
  const message = `\`${written(dimensions)}\` is none of the vendor's groupings, and only those can be asked for`;
  return [{ path: ['dimensions'], message, known: groupings.map(written) }];
}

function filterComplaints({ filters, kind }: StreamSettings, { dimensions }: Offer): readonly Complaint[] {
  const parsed = filters === undefined ? undefined : parseFilters(filters);
  if (parsed === undefined || typeof parsed === 'string' || dimensions.length === 0) return [];
  const known = [...dimensions, ...(kind === 'events' ? [EVENT_TIME] : [])];
  return parsed.terms
    .filter(({ dimension }) => !known.includes(dimension))
    .map(({ dimension }) => ({
      path: ['filters'],
      message: `the vendor has no dimension \`${dimension}\` here`,
      known,
    }));
}

const keyOf = (names: readonly string[]): string => JSON.stringify(names.toSorted());
const written = (names: readonly string[]): string => names.join(', ');
