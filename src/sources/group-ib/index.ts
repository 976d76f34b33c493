import type { Source, SourceType } from '../../core/contract.ts';
import { DAY, MINUTE } from '../../core/time.ts';
import { connect, type Context } from './connect.ts';
import { groupIbExample } from './example.ts';
import { openLookup } from './lookup.ts';
import { authenticate, check, discover, review } from './review.ts';
import { groupIbLimits, groupIbSettings, type GroupIbSettings } from './settings.ts';
import { openStream } from './streams.ts';

export { openGroupIbClient, type GroupIbClient } from './client.ts';

/** Group-IB: the collections of Threat Intelligence, and the violations of Digital Risk Protection. See the README beside this file. */
export const groupIb: SourceType<GroupIbSettings> = {
  name: 'group-ib',
  settings: groupIbSettings,
  example: groupIbExample,
  limits: groupIbLimits,
  // At one request a second, a look at all collections takes about a minute.
  defaults: { every: 15 * MINUTE, offset: 2 * MINUTE, window: DAY },
  open: (context) => openGroupIb(context),
};

/** @param patience how long one request may take, ms; absent: what fits the time of an activity */
export function openGroupIb(context: Context, patience?: number): Source {
  const { id, settings } = context;
  const connection = connect(context, patience);
  const feeds = settings.collections.map((collection) => connection.feed(collection));
  return {
    id,
    type: groupIb.name,
    streams: feeds.map((feed) => openStream(feed, settings.limits)),
    async authenticate(signal) {
      await authenticate(connection, context, feeds, signal);
      return { skew: connection.vendor.skew() };
    },
    check: (signal) => check(connection, context, feeds, signal),
    discover: (signal) => discover(connection, context, signal),
    review: (signal) => review(connection, context, signal),
    lookup: openLookup(connection, id),
    now: () => connection.vendor.now(),
    close: () => connection.close(),
  };
}
