import type { Config } from '../config/load.ts';
import { plural } from '../core/counts.ts';
import { windowLength } from '../core/due.ts';
import { dayOf, HOUR } from '../core/time.ts';
import { formatStreamId } from '../core/ids.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { isWindowStream, knownStreams, type KnownStream } from './streams.ts';
import type { Talk } from './talk.ts';

const EVERY = 1_000;
const SPAN = 26 * HOUR;

/** Shows, while pulls run, how many windows and records of each stream the ledger holds. @returns ends it, after a last look */
export function followProgress({
  config,
  ledger,
  talk,
}: {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly talk: Talk;
}): () => Promise<void> {
  const streams = knownStreams(config);
  const show = async (): Promise<void> => {
    const now = Date.now();
    const lines = await Promise.all(
      streams.map(async (id) => {
        const [noun, slices] = await slicesOf(ledger, id, now);
        const records = slices.reduce((sum, slice) => sum + slice.records, 0);
        return `  ${formatStreamId(id)}  ${plural(slices.length, noun)}, ${plural(records, 'record')}`;
      }),
    );
    talk.progress(lines);
  };
  let running = show();
  const timer = setInterval(() => {
    running = running.then(show, show);
  }, EVERY);
  let ended = false;
  return async () => {
    clearInterval(timer);
    await running.catch(() => undefined);
    if (ended) return;
    ended = true;
    await show().catch(() => undefined);
  };
}

type Slices = readonly { readonly records: number }[];

async function slicesOf(ledger: Ledger, stream: KnownStream, now: number): Promise<readonly [noun: string, Slices]> {
  const { shape } = stream;
  if (shape === 'sequence') return ['portion', await ledger.portions(stream, Number.MAX_SAFE_INTEGER)];
  if (shape === 'report') {
    return ['report', await ledger.reports(stream, { first: dayOf(now - 8 * 24 * HOUR), last: dayOf(now) })];
  }
  // A window of a day lies further back by the time it has settled, and begins before what the last 24 hours touch.
  const span = SPAN + (isWindowStream(stream) ? 3 * windowLength(stream.window, stream.settings) : 0);
  return ['window', await ledger.slices(stream, { from: now - span, until: now })];
}
