import { Hono } from 'hono';
import type { Config } from '../config/load.ts';
import { formatStreamId } from '../core/ids.ts';
import { DAY, dayOf, fromIso, HOUR, SECOND, toIso, type Interval } from '../core/time.ts';
import { readRuns, type OverviewRow } from '../ops/coverage.ts';
import { readSlices } from '../ops/slices.ts';
import { isWindowStream, knownStreams } from '../ops/streams.ts';
import type { Looks } from './looks.ts';
import { envelope, openApi, type schemas } from './schemas.ts';
import { sentence } from './words.ts';
import type { z } from 'zod';

type Stream = z.input<typeof schemas.Stream>;

const MOST_SLICES = 1_000;

/** `/api/v1`: what the page shows, as documented JSON (`openapi.json`). Times are ISO 8601 UTC, lengths of time in seconds. */
export function apiRoutes(config: Config, looks: Looks, clock: () => number): Hono {
  const app = new Hono();
  app.get('/openapi.json', (c) => c.json(openApi()));
  app.get('/summary', async (c) => {
    const { rows, now } = await looks.overview(DAY);
    const current = rows.filter(({ state }) => state === 'current').length;
    return c.json(envelope({ sentence: sentence(rows, now), streams: rows.length, current, at: toIso(now) }));
  });
  app.get('/streams', async (c) => c.json(envelope((await looks.overview(DAY)).rows.map(streamJson))));
  app.get('/gaps', async (c) => {
    const gaps = (await looks.overview(DAY)).rows.flatMap((row) =>
      row.shape === 'window' ? row.gaps.map((gap) => gapJson(row.stream, gap)) : [],
    );
    return c.json(envelope(gaps.toSorted((a, b) => ((a.deadline ?? '~') < (b.deadline ?? '~') ? -1 : 1))));
  });
  app.get('/streams/:source/:stream{.+}', async (c) => {
    const name = `${c.req.param('source')}/${c.req.param('stream')}`;
    const row = (await looks.overview(DAY)).rows.find((one) => one.stream === name);
    return row === undefined ? c.json(missing(name), 404) : c.json(envelope(streamJson(row)));
  });
  app.get('/coverage/:source/:stream{.+}', async (c) => {
    const name = `${c.req.param('source')}/${c.req.param('stream')}`;
    const stream = knownStreams(config).find((one) => formatStreamId(one) === name);
    if (stream === undefined) return c.json(missing(name), 404);
    if (!isWindowStream(stream)) return c.json(wrong(`${name} is a ${stream.shape}, and has no axis of windows`), 400);
    const now = clock();
    const within = rangeOf(c.req.query('from'), c.req.query('until'), now);
    if (within === undefined) return c.json(wrong('`from` and `until` are times in ISO 8601 with a zone'), 400);
    const runs = await readRuns(config, stream, within, now);
    return c.json(envelope(runs.map(({ from, until, state }) => ({ from: toIso(from), until: toIso(until), state }))));
  });
  app.get('/slices/:source/:stream{.+}', async (c) => {
    const name = `${c.req.param('source')}/${c.req.param('stream')}`;
    const stream = knownStreams(config).find((one) => formatStreamId(one) === name);
    if (stream === undefined) return c.json(missing(name), 404);
    if (!isWindowStream(stream)) return c.json(wrong(`${name} is a ${stream.shape}: see /streams`), 400);
    const now = clock();
    const within = rangeOf(c.req.query('from'), c.req.query('until'), now);
    if (within === undefined) return c.json(wrong('`from` and `until` are times in ISO 8601 with a zone'), 400);
    const { stretches, omitted } = await readSlices(config, stream, { within, limit: MOST_SLICES, now });
    const warnings = omitted === 0 ? [] : [`${omitted} older ones are left out`];
    const data = stretches.map(({ from, until, sealedAt, deadline, ...facts }) => ({
      from: toIso(from),
      until: toIso(until),
      ...facts,
      ...(sealedAt !== undefined && { sealedAt: toIso(sealedAt) }),
      ...(deadline !== undefined && { deadline: toIso(deadline) }),
    }));
    return c.json(envelope(data, warnings));
  });
  return app;
}

function rangeOf(from: string | undefined, until: string | undefined, now: number): Interval | undefined {
  const range = {
    from: from === undefined ? now - 24 * HOUR : fromIso(from),
    until: until === undefined ? now : fromIso(until),
  };
  if (range.from === undefined || range.until === undefined || range.from >= range.until) return undefined;
  return { from: range.from, until: range.until };
}

const missing = (name: string) => ({ error: `there is no stream ${name}` });
const wrong = (error: string) => ({ error });

function gapJson(
  stream: string,
  { from, until, state, deadline }: Interval & { readonly state: string; readonly deadline?: number },
) {
  return {
    stream,
    from: toIso(from),
    until: toIso(until),
    state,
    deadline: deadline === undefined ? null : toIso(deadline),
  };
}

function streamJson(row: OverviewRow): Stream {
  const base = { stream: row.stream, state: row.state, nextRun: toIso(row.nextRun), hourly: [...row.hourly] };
  const failure = row.failure === undefined ? null : { name: row.failure.name, message: row.failure.message };
  if (row.shape === 'window') {
    return {
      ...base,
      shape: row.shape,
      watermark: toIso(row.watermark),
      lagSeconds: Math.round(row.lag / SECOND),
      deadline: row.deadline === undefined ? null : toIso(row.deadline),
      cliff: toIso(row.cliff),
      gaps: row.gaps.map((gap) => gapJson(row.stream, gap)),
      failure,
    };
  }
  const position = {
    position: row.position ?? null,
    ahead: row.ahead ?? null,
    endedAt: row.endedAt === undefined ? null : toIso(row.endedAt),
  };
  if (row.shape === 'sequence') return { ...base, shape: row.shape, ...position, failure };
  return {
    ...base,
    shape: row.shape,
    ...position,
    days: row.days.filter(({ day }) => day <= dayOf(Date.now())),
    failure,
  };
}
