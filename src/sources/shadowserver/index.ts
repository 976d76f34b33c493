import type { Source, SourceContext, SourceType } from '../../core/contract.ts';
import { DAY, dayOf, HOUR, MINUTE, SECOND } from '../../core/time.ts';
import type { HttpLimits } from '../../http/client.ts';
import { openHttp } from '../http.ts';
import { clockLine, vendorClock } from '../vendor-clock.ts';
import { openAccount } from './account.ts';
import { openApi } from './api.ts';
import { shadowserverExample } from './example.ts';
import { openKeys } from './keys.ts';
import { presentRecord } from './present.ts';
import { discover, review } from './review.ts';
import { shadowserverLimits, shadowserverSettings, type ShadowserverSettings } from './settings.ts';
import { openStreams, type Means } from './streams.ts';

type Context = SourceContext<ShadowserverSettings>;

const HOST = 'https://transform.shadowserver.org/api2';

/** Shadowserver: daily reports, searches in their data, and counts. See the README beside this file. */
export const shadowserver: SourceType<ShadowserverSettings> = {
  name: 'shadowserver',
  settings: shadowserverSettings,
  example: shadowserverExample,
  limits: shadowserverLimits,
  // The vendor's own tool looks every hour.
  defaults: { every: HOUR, offset: 20 * MINUTE, window: DAY },
  open: (context) => openShadowserver(context),
  present: presentRecord,
};

/** How long to wait, ms; absent: what suits the vendor. */
export interface Patience {
  /** For a whole call. */
  readonly call?: number;
  /** For an answer of any size: before it begins, and inside it. Files were seen to pause for half a minute. */
  readonly silence?: number;
}

const SILENCE = 60 * SECOND;

export function openShadowserver({ id, settings, clock }: Context, { call, silence = SILENCE }: Patience = {}): Source {
  const quiet: Partial<HttpLimits> = { headersTimeoutMs: silence, deadlineMs: silence };
  const http = openHttp(settings, HOST, quiet);
  // Another origin, which gets no key.
  const dl = openHttp({ ...settings, baseUrl: settings.downloadUrl }, settings.downloadUrl, quiet);
  const api = openApi({ http, keys: openKeys(settings.auth), vendor: vendorClock(clock), clock, patience: call });
  const account = openAccount(api, id, clock);
  const means: Means = { id, settings, account, downloads: { api, dl, first: settings.download } };
  const streams = openStreams(means);
  return {
    id,
    type: shadowserver.name,
    streams,
    async authenticate(signal) {
      await account.ping(signal);
      return { skew: api.vendor.skew() };
    },
    check: (signal) => check(means, streams, signal),
    discover: (signal) => discover(account, signal),
    review: (signal) => review(account, settings, signal),
    now: () => api.vendor.now(),
    async close() {
      await Promise.all([http.close(), dl.close()]);
    },
  };
}

/** The smallest calls there are, and the list of a day that is complete by now. */
async function check(
  { account, settings, downloads }: Means,
  streams: Source['streams'],
  signal: AbortSignal,
): Promise<readonly string[]> {
  await account.ping(signal);
  const { vendor } = downloads.api;
  const info = await account.info(signal);
  const lines = [['key: ok', ...info].join(', '), `subscribed to: ${(await account.lists(signal)).join(', ')}`];
  const day = dayOf(vendor.now() - 2 * DAY);
  const [reports] = streams.filter((stream) => stream.shape === 'report');
  if (reports !== undefined)
    lines.push(`${reports.name}: ok, ${(await reports.list(day, signal)).length} files of ${day}`);
  const { perSource, perStream } = settings.limits;
  lines.push(clockLine(vendor.skew()));
  lines.push(`connections: at most ${perStream} for a stream, ${perSource} in all`);
  return lines;
}
