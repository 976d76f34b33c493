import type { Complaint, Listing } from '../../core/contract.ts';
import { formatDuration } from '../../core/time.ts';
import { clockLine } from '../vendor-clock.ts';
import { grantedCollections, type Granted } from './account.ts';
import { DRP_VIOLATIONS } from './collections.ts';
import type { Connection, Context } from './connect.ts';
import type { Feed } from './feed.ts';
import { sample } from './sample.ts';

/**
 * Proves that the credentials work. An account with nothing but DRP configured may have no access to the other API, whose list of collections is
 * the cheapest proof.
 */
export async function authenticate(
  { ti }: Connection,
  { id }: Context,
  feeds: readonly Feed[],
  signal: AbortSignal,
): Promise<readonly Granted[]> {
  const [only] = feeds;
  if (only === undefined || feeds.some(({ collection }) => collection.name !== DRP_VIOLATIONS)) {
    return await grantedCollections(ti, id, signal);
  }
  await sample(only, signal);
  return [];
}

/** For `sluice discover`: what the account has access to, and what of that is not pulled. */
export async function discover(
  { ti }: Connection,
  { id, settings }: Context,
  signal: AbortSignal,
): Promise<readonly Listing[]> {
  const granted = await grantedCollections(ti, id, signal);
  const configured = settings.collections.map(({ name }) => name);
  const listing = (about: string, wanted: (one: Granted) => boolean): Listing => ({
    about,
    setting: 'collections',
    entries: granted.filter(wanted).map(({ collection }) => collection),
  });
  return [
    listing('granted collections', () => true),
    listing('granted collections, with hunting rules used', ({ huntingRulesUsed }) => huntingRulesUsed),
    listing('granted collections, not configured', ({ collection }) => !configured.includes(collection)),
  ];
}

/** For `sluice config check --online`: collections that the account has no access to. Of the violations the vendor's list says nothing. */
export async function review(
  { ti }: Connection,
  { id, settings }: Context,
  signal: AbortSignal,
): Promise<readonly Complaint[]> {
  const granted = await grantedCollections(ti, id, signal);
  const known = granted.map(({ collection }) => collection);
  return settings.collections.flatMap(({ name }, i) => {
    if (name === DRP_VIOLATIONS || known.includes(name)) return [];
    return [{ path: ['collections', i], message: `"${name}" is not granted to this account`, known }];
  });
}

/**
 * The smallest legal request for each stream. One that is refused keeps none of the others from being tried.
 * @throws the first refusal, when all have been
 */
export async function check(
  connection: Connection,
  context: Context,
  feeds: readonly Feed[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { auth, limits, requestsPerSecond } = context.settings;
  const granted = await authenticate(connection, context, feeds, signal);
  const lines = [`login: ok, as ${auth.username}; ${granted.length} collections are granted`];
  const failures: unknown[] = [];
  for (const feed of feeds) {
    try {
      const rules = feed.byRules ? ', by hunting rules' : '';
      lines.push(`${feed.collection.name}: ok, ${await sample(feed, signal)}${rules}`);
    } catch (failure) {
      failures.push(failure);
    }
  }
  if (failures.length > 0) throw failures[0];
  lines.push(clockLine(connection.vendor.skew()));
  lines.push(`upload days: complete after ${formatDuration(limits.settling)}`);
  lines.push(`pace: at most ${requestsPerSecond} a second over all collections, ${limits.perSource} connections`);
  return lines;
}
