import { Hono, type Context } from 'hono';
import type { Config } from '../config/load.ts';
import { formatStreamId } from '../core/ids.ts';
import { fromIso, HOUR, toIso, type Interval } from '../core/time.ts';
import { readRuns } from '../ops/coverage.ts';
import { readSlices, stretchJson } from '../ops/slices.ts';
import { isWindowStream, knownStreams, type KnownStream, type KnownWindowStream } from '../ops/streams.ts';
import { planPicked } from './range-plan.ts';
import { envelope } from './schemas.ts';

export const missing = (name: string) => ({ error: `there is no stream ${name}` });
export const wrong = (error: string) => ({ error });

const MOST_SLICES = 1_000;

interface Asked<S extends KnownStream> {
  readonly stream: S;
  readonly within: Interval;
  readonly now: number;
}

/** The routes that tell of a range of one stream; by default of the last 24 hours. */
export function rangeRoutes(config: Config, clock: () => number): Hono {
  const ofStream = (c: Context, answer: (asked: Asked<KnownStream>) => Promise<Response>) =>
    readAsked(config, c, clock(), answer);
  const ofWindows = (c: Context, answer: (asked: Asked<KnownWindowStream>) => Promise<Response>) =>
    ofStream(c, async ({ stream, ...asked }) => {
      if (isWindowStream(stream)) return await answer({ stream, ...asked });
      return c.json(
        wrong(`${formatStreamId(stream)} is a ${stream.shape}, and has no axis of windows: see /streams`),
        400,
      );
    });

  const app = new Hono();
  app.get('/coverage/:source/:stream{.+}', (c) =>
    ofWindows(c, async ({ stream, within, now }) => {
      const runs = await readRuns(config, stream, within, now);
      return c.json(
        envelope(runs.map(({ from, until, state }) => ({ from: toIso(from), until: toIso(until), state }))),
      );
    }),
  );
  app.get('/slices/:source/:stream{.+}', (c) =>
    ofWindows(c, async ({ stream, within, now }) => {
      const { stretches, omitted } = await readSlices(config, stream, { within, limit: MOST_SLICES, now });
      const warnings = omitted === 0 ? [] : [`${omitted} older ones are left out`];
      return c.json(envelope(stretches.map(stretchJson), warnings));
    }),
  );
  app.get('/plan/:source/:stream{.+}', (c) =>
    ofStream(c, async ({ stream, within, now }) => {
      const plan = await planPicked(config, stream, within, now);
      return typeof plan === 'string' ? c.json(wrong(plan), 400) : c.json(envelope(plan));
    }),
  );
  return app;
}

async function readAsked(
  config: Config,
  c: Context,
  now: number,
  answer: (asked: Asked<KnownStream>) => Promise<Response>,
): Promise<Response> {
  const name = `${c.req.param('source')}/${c.req.param('stream')}`;
  const stream = knownStreams(config).find((one) => formatStreamId(one) === name);
  if (stream === undefined) return c.json(missing(name), 404);
  const within = rangeOf(c.req.query('from'), c.req.query('until'), now);
  if (within === undefined) return c.json(wrong('`from` and `until` are times in ISO 8601 with a zone'), 400);
  return await answer({ stream, within, now });
}

function rangeOf(from: string | undefined, until: string | undefined, now: number): Interval | undefined {
  const range = {
    from: from === undefined ? now - 24 * HOUR : fromIso(from),
    until: until === undefined ? now : fromIso(until),
  };
  if (range.from === undefined || range.until === undefined || range.from >= range.until) return undefined;
  return { from: range.from, until: range.until };
}
