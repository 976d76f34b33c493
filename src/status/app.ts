import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Config } from '../config/load.ts';
import { formatStreamId } from '../core/ids.ts';
import { DAY, HOUR, SECOND } from '../core/time.ts';
import { listBackfills, showBackfill } from '../ops/backfill-status.ts';
import { redact } from '../http/redaction.ts';
import { knownStreams, type KnownStream } from '../ops/streams.ts';
import { UsageError } from '../ops/usage-error.ts';
import { actOnBackfill, actOnStream } from './acting.ts';
import { alarmsOf } from './alarm-views.ts';
import type { Actions } from './actions.ts';
import { wrong } from './api-ranges.ts';
import { apiRoutes } from './api.ts';
import { backfillMain, backfillsMain } from './backfill-views.ts';
import type { FormKey } from './form-view.ts';
import { readAskedRange } from './asked-range.ts';
import { createGuard, type GuardOptions } from './guard.ts';
import { openLinks } from './links.ts';
import { openLooks, type Looks } from './looks.ts';
import { overviewMain, spanLinks, spans } from './overview-page.ts';
import { notThereMain, page, type Page } from './shell.ts';
import { showStream } from './stream-look.ts';

export interface StatusOptions extends GuardOptions {
  readonly config: Config;
  readonly actions: Actions;
  /** With its namespace: `http://127.0.0.1:8233/namespaces/default`; absent where it is not known. */
  readonly temporalUi?: string | undefined;
  readonly clock?: () => number;
}

type App = Hono<{ Variables: { nonce: string } }>;

/** How often the ledger is looked at for whoever watches. */
const LOOK_EVERY = 2 * SECOND;
/** Older ones are in `sluice backfill list`. */
const MOST_BACKFILLS = 100;

/** The status page and its JSON API: everything is rendered here, works without a script, and is asked of the ledger alone. */
export function createStatusApp(options: StatusOptions): App {
  const { config, actions, clock = Date.now } = options;
  const guard = createGuard(options);
  const links = openLinks(options.temporalUi);
  const looks = openLooks(config, clock);
  const means = { guard, actions, looks };
  const keyFor = (c: Page): FormKey | undefined =>
    guard.mayAct ? { token: guard.formToken(c), needsSecret: options.token !== undefined } : undefined;
  const app: App = new Hono();
  app.use(guard.headers);
  const notThere = answerTrouble(app, async (c, what) => {
    const { state } = await looks.overview(DAY);
    c.status(404);
    return await page(c, 'not there', notThereMain(what), { now: clock(), state });
  });

  app.get('/', async (c) => {
    const asked = c.req.query('span') ?? '24h';
    const span = Object.hasOwn(spans, asked) ? asked : '24h';
    const length = (spans[span] ?? 24) * HOUR;
    const { state, ...look } = await looks.overview(length);
    const { now } = look;
    const main = overviewMain({ ...look, within: { from: now - length, until: now }, links });
    return await page(c, 'sluice', main, { now, state, nav: spanLinks(span) });
  });

  app.on(['GET', 'POST'], '/stream/:source/:stream{.+}', async (c) => {
    const stream = find(config, c);
    if (stream === undefined) return await notThere(c, 'stream');
    const { picked, typed, wrong: complaint } = readAskedRange(c.req.query('from'), c.req.query('until'));
    const done = c.req.method === 'POST' ? await actOnStream(c, stream, picked, means) : { said: undefined };
    if ('goTo' in done) return c.redirect(done.goTo, 303);
    const { rows, alarms, state } = await looks.overview(DAY);
    const row = rows.find((one) => one.stream === formatStreamId(stream));
    const now = clock();
    const said = done.said ?? complaint;
    const look = { picked, typed, now, links, key: keyFor(c), said, alarms: alarmsOf(alarms, formatStreamId(stream)) };
    const main = showStream(config, stream, row, look);
    return await page(c, formatStreamId(stream), main, { now, state });
  });

  app.get('/backfills', async (c) => {
    const { state } = await looks.overview(DAY);
    const now = clock();
    const main = backfillsMain(await listBackfills(config, { newest: MOST_BACKFILLS }, now));
    return await page(c, 'backfills', main, { now, state });
  });

  app.on(['GET', 'POST'], '/backfills/:id', async (c) => {
    const id = c.req.param('id');
    const done = c.req.method === 'POST' ? await actOnBackfill(c, id, means) : { said: undefined };
    const { state } = await looks.overview(DAY);
    const now = clock();
    const found = await showBackfill(config, id, now).catch(unlessUsage);
    if (found === undefined) return await notThere(c, 'backfill');
    const said = 'said' in done ? done.said : undefined;
    return await page(c, id, backfillMain(found, { links, key: keyFor(c), said }), { now, state });
  });

  app.route('/api/v1', apiRoutes(config, looks, clock));
  app.get('/events', (c) => watch(c, looks));
  return app;
}

/** Scripts get their answers as JSON whatever they are. @returns the page for what is not there */
function answerTrouble(app: App, notThere: (c: Page, what: string) => Promise<Response>): typeof notThere {
  // Nobody who asks ends the process, or sees more than that it did not work.
  app.onError((error, c) => {
    const said = `It did not work: ${redact(error.message)}`;
    return isApi(c) ? c.json(wrong(said), 500) : c.text(`${said}\n`, 500);
  });
  app.notFound(async (c) => {
    if (!isApi(c)) return await notThere(c, 'page');
    return c.json(wrong(`there is no ${c.req.method} ${c.req.path}; /api/v1 lists what there is`), 404);
  });
  return notThere;
}

const isApi = (c: Page): boolean => c.req.path.startsWith('/api/');

function unlessUsage(error: unknown): undefined {
  if (!(error instanceof UsageError)) throw error;
}

function find(config: Config, c: Page): KnownStream | undefined {
  const name = `${c.req.param('source') ?? ''}/${c.req.param('stream') ?? ''}`;
  return knownStreams(config).find((one) => formatStreamId(one) === name);
}

/** Says when something has changed: one look at the ledger for each who watches, and none for who does not. */
function watch(c: Page, looks: Looks): Response {
  return streamSSE(c, async (stream) => {
    let before = c.req.header('last-event-id') ?? '';
    let isFirst = true;
    while (!stream.aborted && !stream.closed) {
      const { state } = await looks.overview(DAY);
      if (state !== before && before !== '') await stream.writeSSE({ event: 'changed', data: '', id: state });
      if (isFirst) await stream.writeSSE({ event: 'hello', data: '', id: state, retry: 3_000 });
      isFirst = false;
      before = state;
      await stream.sleep(LOOK_EVERY);
    }
  });
}
