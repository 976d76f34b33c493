import { Hono } from 'hono';
import type { Config } from '../config/load.ts';
import { DAY, dayOf, SECOND, toIso, type Interval } from '../core/time.ts';
import { formatStreamId } from '../core/ids.ts';
import type { AlarmRow } from '../ledger/alarms.ts';
import { backfillJson } from '../ops/backfill-json.ts';
import { listBackfills, showBackfill } from '../ops/backfill-status.ts';
import type { OverviewRow } from '../ops/coverage.ts';
import { UsageError } from '../ops/usage-error.ts';
import { missing, rangeRoutes, wrong } from './api-ranges.ts';
import type { Looks } from './looks.ts';
import { envelope, openApi, type schemas } from './schemas.ts';
import { sentence } from './words.ts';
import type { z } from 'zod';

type Stream = z.input<typeof schemas.Stream>;

const MOST_BACKFILLS = 1_000;

/** `/api/v1`: what the page shows, as documented JSON (`openapi.json`). Times are ISO 8601 UTC, lengths of time in seconds. */
export function apiRoutes(config: Config, looks: Looks, clock: () => number): Hono {
  const app = new Hono();
  app.get('/', (c) => c.json(envelope(Object.keys(openApi().paths ?? {}))));
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
  app.get('/alarms', async (c) => {
    const { alarms, warnings } = await looks.overview(DAY);
    return c.json(envelope(alarms.map(alarmJson), warnings));
  });
  app.get('/streams/:source/:stream{.+}', async (c) => {
    const name = `${c.req.param('source')}/${c.req.param('stream')}`;
    const row = (await looks.overview(DAY)).rows.find((one) => one.stream === name);
    return row === undefined ? c.json(missing(name), 404) : c.json(envelope(streamJson(row)));
  });
  app.route('/', rangeRoutes(config, clock));
  app.get('/backfills', async (c) =>
    c.json(envelope((await listBackfills(config, { newest: MOST_BACKFILLS }, clock())).map(backfillJson))),
  );
  app.get('/backfills/:id', async (c) => {
    const found = await showBackfill(config, c.req.param('id'), clock()).catch(wrongAsked);
    return 'error' in found ? c.json(found, 404) : c.json(envelope(backfillJson(found)));
  });
  return app;
}

function wrongAsked(error: unknown) {
  if (!(error instanceof UsageError)) throw error;
  return wrong(error.message);
}

function alarmJson({ kind, message, since, ...id }: AlarmRow): z.input<typeof schemas.Alarm> {
  return { stream: id.source === '' ? null : formatStreamId(id), kind, message, since: toIso(since) };
}

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
