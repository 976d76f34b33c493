import type { Page, Source, SourceContext, SourceType, WindowStream } from '../../core/contract.ts';
import { reachable } from '../../core/due.ts';
import { HOUR, MINUTE, formatDuration, isoInterval, type Interval } from '../../core/time.ts';
import { openHttp } from '../http.ts';
import { clockLine } from '../vendor-clock.ts';
import { openClient, type Client } from './client.ts';
import { signalSciencesExample } from './example.ts';
import type { FeedPage } from './feed-page.ts';
import { identifyRequest } from './record.ts';
import { signalSciencesLimits, signalSciencesSettings, type SignalSciencesSettings } from './settings.ts';

type Context = SourceContext<SignalSciencesSettings>;

const HOST = 'https://dashboard.signalsciences.net';

/** Signal Sciences (Fastly Next-Gen WAF): the request feed of each site of one corp. See the README beside this file. */
export const signalSciences: SourceType<SignalSciencesSettings> = {
  name: 'signal-sciences',
  settings: signalSciencesSettings,
  example: signalSciencesExample,
  limits: signalSciencesLimits,
  // The vendor's advice is five minutes past each hour (signal-sciences.txt:51), which is the very edge of what it serves.
  defaults: { every: HOUR, offset: 6 * MINUTE, window: HOUR },
  open,
};

function open(context: Context): Source {
  const { id, settings, clock } = context;
  const http = openHttp(settings, HOST);
  const client = openClient({ id, settings, http, clock });
  return {
    id,
    type: signalSciences.name,
    streams: settings.sites.map((site) => streamOf(site, client, settings)),
    // An API token has no call of its own to be tried with (only pages of a site are known to take it), so it counts as working
    // until a page is refused; a login is a call, and its answer tells the vendor's clock as well.
    async authenticate(signal) {
      await client.authenticate(signal);
      return { skew: client.skew() };
    },
    check: (signal) => check(client, settings, signal),
    now: () => client.now(),
    close: () => client.close(),
  };
}

function streamOf(site: string, client: Client, settings: Context['settings']): WindowStream {
  return {
    name: site,
    shape: 'window',
    limits: settings.limits,
    identify: (record) => identifyRequest(record),
    async fetchPage(window, cursor, signal) {
      const page =
        cursor === null ? await client.firstPage(site, window, signal) : await client.nextPage(site, cursor, signal);
      return { records: page.records, next: page.next, ...noteOn(page, settings.limit) };
    },
  };
}

/** What a person should hear of a page that is good but odd. */
function noteOn(page: FeedPage, limit: number): Pick<Page, 'note'> {
  const notes: string[] = [];
  if (page.next === null && !page.ended && page.records.length === limit) {
    notes.push(`a full page of ${limit} records and no word on a next one: more may have been left out`);
  }
  if (page.badUtf8) notes.push('a page with bytes that are not UTF-8, kept as they are');
  return notes.length === 0 ? {} : { note: notes.join('; ') };
}

/** The smallest legal request for each site: its newest settled minute, three records. */
async function check(client: Client, settings: Context['settings'], signal: AbortSignal): Promise<readonly string[]> {
  await client.authenticate(signal);
  const lines = [
    'email' in settings.auth
      ? `login: ok, as ${settings.auth.email}`
      : `API token of ${settings.auth.user}: no login to try it with; the sites below were asked with it`,
  ];
  for (const site of settings.sites) lines.push(await checkSite(client, site, settings.limits, signal));
  const { retention, settling, perSource, perStream } = settings.limits;
  lines.push(clockLine(client.skew()));
  lines.push(`limits: keeps ${formatDuration(retention)}, complete after ${formatDuration(settling)}`);
  lines.push(`connections: at most ${perStream} for a site, ${perSource} in all`);
  return lines;
}

const FEW = 3;

async function checkSite(
  client: Client,
  site: string,
  limits: Context['settings']['limits'],
  signal: AbortSignal,
): Promise<string> {
  const ask = async (): Promise<string> => {
    const window = newestMinute(reachable(limits, client.now()).until);
    const { records } = await client.firstPage(site, window, signal, FEW);
    const { from, until } = isoInterval(window);
    return `${site}: ok, ${records.length === FEW ? 'at least ' : ''}${records.length} requests in [${from}, ${until})`;
  };
  const skew = client.skew();
  try {
    return await ask();
  } catch (failure) {
    // With a token the first answer is also the first word on the vendor's clock: the minute may have been the wrong one.
    if (client.skew() === skew) throw failure;
    return ask();
  }
}

function newestMinute(until: number): Interval {
  return { from: until - MINUTE, until };
}
