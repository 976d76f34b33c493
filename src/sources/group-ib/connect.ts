import type { SourceContext } from '../../core/contract.ts';
import { basicSession } from '../basic-session.ts';
import { openHttp } from '../http.ts';
import { vendorClock, type VendorClock } from '../vendor-clock.ts';
import { openApi, type Api } from './api.ts';
import { DRP_VIOLATIONS } from './collections.ts';
import { openFeed, type Feed } from './feed.ts';
import { paceOf } from './pace.ts';
import type { CollectionSettings, GroupIbSettings } from './settings.ts';

export type Context = SourceContext<GroupIbSettings>;

const HOST = 'https://tap.group-ib.com/api/v2';
const DRP_HOST = 'https://drp.group-ib.com/client_api';

/** One account's way to the vendor, to both of its hosts. */
export interface Connection {
  readonly ti: Api;
  readonly vendor: VendorClock;
  feed(collection: CollectionSettings): Feed;
  close(): Promise<void>;
}

/** @param patience how long one request may take, ms; absent: what fits the time of an activity */
export function connect({ id, settings, clock }: Context, patience?: number): Connection {
  const { auth, drp, requestsPerSecond } = settings;
  const vendor = vendorClock(clock);
  const session = basicSession(auth.username, auth.apiKey, 'API key');
  const pace = paceOf(`${settings.baseUrl ?? HOST} ${auth.username}`, requestsPerSecond);
  const http = openHttp(settings, HOST);
  const drpHttp = openHttp({ ...settings, baseUrl: drp?.baseUrl }, DRP_HOST);
  const ti = openApi({ http, session, pace, vendor, clock, patience });
  const violations = openApi({ http: drpHttp, session, pace, vendor, clock, patience });
  return {
    ti,
    vendor,
    feed: (collection) => openFeed(id, collection, collection.name === DRP_VIOLATIONS ? violations : ti, drp),
    async close() {
      session.close();
      await Promise.all([http.close(), drpHttp.close()]);
    },
  };
}
