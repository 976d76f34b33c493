import type { Source, SourceContext, SourceType } from '../../core/contract.ts';
import { reachable } from '../../core/due.ts';
import { DAY, floorTo, formatDuration, HOUR, isoInterval, MINUTE } from '../../core/time.ts';
import { openHttp } from '../http.ts';
import { clockLine } from '../vendor-clock.ts';
import { askServed } from './asking.ts';
import { openClient, type Client } from './client.ts';
import { instartExample } from './example.ts';
import { presentRow } from './present.ts';
import { discover, review } from './review.ts';
import { instartLimits, instartSettings, type InstartSettings } from './settings.ts';
import { openStreams, type InstartStream } from './streams.ts';

type Context = SourceContext<InstartSettings>;

const HOST = 'https://api.instartlogic.com';

/** Instart: raw security events, trends and top lists of one customer. See the README beside this file. */
export const instart: SourceType<InstartSettings> = {
  name: 'instart',
  settings: instartSettings,
  example: instartExample,
  limits: instartLimits,
  // The hour has settled after fifteen minutes, and a minute is kept against skew; one more for clocks that differ by seconds.
  defaults: { every: HOUR, offset: 17 * MINUTE, window: HOUR },
  open: (context) => openInstart(context),
  present: presentRow,
};

/** @param patience how long a data request may take, ms; absent: what fits the time of an activity */
export function openInstart({ id, settings, clock }: Context, patience?: number): Source {
  const client = openClient({ id, settings, http: openHttp(settings, HOST), clock, patience });
  const streams = openStreams(id, settings, client);
  return {
    id,
    type: instart.name,
    streams: streams.map(({ stream }) => stream),
    async authenticate(signal) {
      await client.authenticate(signal);
      return { skew: client.vendor.skew() };
    },
    check: (signal) => check(client, settings, streams, signal),
    discover: (signal) => discover(client, signal),
    review: (signal) => review(client, settings.streams, signal),
    now: () => client.vendor.now(),
    close: () => client.close(),
  };
}

/** The smallest legal request for each stream: one row of its newest settled window. */
async function check(
  client: Client,
  settings: Context['settings'],
  streams: readonly InstartStream[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  await client.authenticate(signal);
  const lines = [`login: ok, as ${settings.auth.username}`];
  for (const one of streams) lines.push(await checkStream(one, client, signal));
  const { perSource, perStream } = settings.limits;
  lines.push(clockLine(client.vendor.skew()));
  lines.push(`connections: at most ${perStream} for a stream, ${perSource} in all`);
  return lines;
}

/** As long as a list, a bucket or, for events, an hour: its total is told along with the first row. */
async function checkStream({ stream, asking }: InstartStream, client: Client, signal: AbortSignal): Promise<string> {
  const { limits } = stream;
  const length = Math.min(DAY, Math.max(limits.grain, asking.query.time === undefined ? 0 : HOUR));
  const until = floorTo(reachable(limits, client.vendor.now()).until, length);
  const span = { from: until - length, until };
  const text = isoInterval(span);
  const what = `${asking.name} [${text.from}, ${text.until})`;
  const wanted = { span, limit: asking.query.limited ? 1 : undefined, start: 0 };
  const { rows, total = rows.length } = await askServed(asking, span, wanted, what, signal);
  const keeps = `kept for ${formatDuration(limits.retention)}, complete after ${formatDuration(limits.settling)}`;
  return `${stream.name}: ok, ${total} rows in [${text.from}, ${text.until}); ${keeps}`;
}
