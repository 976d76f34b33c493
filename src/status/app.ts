import { Hono, type Context } from 'hono';
import { html, raw } from 'hono/html';
import { streamSSE } from 'hono/streaming';
import type { Config } from '../config/load.ts';
import { formatStreamId } from '../core/ids.ts';
import { DAY, fromIso, HOUR, SECOND, type Interval } from '../core/time.ts';
import { readRuns, type OverviewRow, type WindowRow } from '../ops/coverage.ts';
import { readSlices } from '../ops/slices.ts';
import { isWindowStream, knownStreams, type KnownStream } from '../ops/streams.ts';
import type { Actions } from './actions.ts';
import { apiRoutes } from './api.ts';
import { patterns } from './axis-view.ts';
import { createGuard, type Guard, type GuardOptions } from './guard.ts';
import { openLinks, type Links } from './links.ts';
import { openLooks, type Looks } from './looks.ts';
import { overviewMain, spanLinks, spans } from './overview-page.ts';
import { positionMain } from './position-page.ts';
import { streamMain } from './stream-page.ts';
import { script, style } from './style.ts';
import { minute } from './words.ts';

export interface StatusOptions extends GuardOptions {
  readonly config: Config;
  readonly actions: Actions;
  /** With its namespace: `http://127.0.0.1:8233/namespaces/default`; absent where it is not known. */
  readonly temporalUi?: string | undefined;
  readonly clock?: () => number;
}

type App = Hono<{ Variables: { nonce: string } }>;
type Page = Context<{ Variables: { nonce: string } }>;

const MOST_SLICES = 200;
/** How often the ledger is looked at for whoever watches. */
const LOOK_EVERY = 2 * SECOND;

/** The status page and its JSON API: everything is rendered here, works without a script, and is asked of the ledger alone. */
export function createStatusApp(options: StatusOptions): App {
  const { config, actions, clock = Date.now } = options;
  const guard = createGuard(options);
  const links = openLinks(options.temporalUi);
  const looks = openLooks(config, clock);
  const app: App = new Hono();
  app.use(guard.headers);

  app.get('/', async (c) => {
    const asked = c.req.query('span') ?? '24h';
    const span = asked in spans ? asked : '24h';
    const length = (spans[span] ?? 24) * HOUR;
    const { rows, now, state } = await looks.overview(length);
    const within = { from: now - length, until: now };
    return await page(c, 'sluice', overviewMain({ rows, within, now, links }), { now, state, nav: spanLinks(span) });
  });

  app.on(['GET', 'POST'], '/stream/:source/:stream{.+}', async (c) => {
    const stream = find(config, c);
    if (stream === undefined) return c.text('there is no such stream\n', 404);
    const said = c.req.method === 'POST' ? await act(c, stream, { guard, actions, looks }) : undefined;
    const now = clock();
    const main = await streamPage(c, stream, { now, links, ...(typeof said === 'string' && { said }) });
    const { state } = await looks.overview(DAY);
    return await page(c, formatStreamId(stream), main, { now, state });
  });

  app.route('/api/v1', apiRoutes(config, looks, clock));
  app.get('/events', (c) => watch(c, looks));
  return app;

  async function streamPage(
    c: Page,
    stream: KnownStream,
    shown: { readonly now: number; readonly links: Links; readonly said?: string },
  ) {
    const { now } = shown;
    const picked = pickedIn(c);
    const within = around(picked, now);
    const { rows } = await looks.overview(DAY);
    const row = rows.find((one) => one.stream === formatStreamId(stream));
    if (row === undefined || !isWindowRow(row) || !isWindowStream(stream))
      return await positionMain(config, stream, row, shown);
    const { stretches, omitted } = await readSlices(config, stream, {
      within: picked ?? within,
      limit: MOST_SLICES,
      now,
    });
    const runs = await readRuns(config, stream, within, now);
    const form = guard.mayAct ? { token: guard.formToken(c), needsSecret: options.token !== undefined } : undefined;
    return streamMain({ row, runs, within, picked, stretches, omitted, ...shown, ...(form && { form }) });
  }
}

interface Means {
  readonly guard: Guard;
  readonly actions: Actions;
  readonly looks: Looks;
}

/** @returns what came of it, for a person */
async function act(c: Page, stream: KnownStream, { guard, actions, looks }: Means): Promise<string> {
  const form = await c.req.parseBody();
  const refusal = guard.refusal(c, form);
  const picked = pickedIn(c);
  if (refusal !== undefined) return `Nothing was done: ${refusal}.`;
  if (form['do'] !== 'heal' || picked === undefined || !isWindowStream(stream)) return 'Nothing was done.';
  try {
    const said = await actions.heal(stream, picked);
    looks.forget();
    return said;
  } catch (error) {
    return `It did not work: ${(error as Error).message}`;
  }
}

const isWindowRow = (row: OverviewRow): row is WindowRow => row.shape === 'window';

function find(config: Config, c: Page): KnownStream | undefined {
  const name = `${c.req.param('source') ?? ''}/${c.req.param('stream') ?? ''}`;
  return knownStreams(config).find((one) => formatStreamId(one) === name);
}

function pickedIn(c: Page): Interval | undefined {
  const [from, until] = [fromIso(c.req.query('from') ?? ''), fromIso(c.req.query('until') ?? '')];
  return from === undefined || until === undefined || from >= until ? undefined : { from, until };
}

/** The day that ends now, or longer, so that what was picked can be seen where it lies. */
function around(picked: Interval | undefined, now: number): Interval {
  const from = Math.min(now - 24 * HOUR, (picked?.from ?? now) - HOUR);
  return { from, until: now };
}

type Html = ReturnType<typeof html>;

async function page(
  c: Page,
  title: string,
  main: Html | Promise<Html>,
  { now, state, nav }: { readonly now: number; readonly state: string; readonly nav?: Html },
): Promise<Response> {
  const inner = await main;
  c.header('x-state', state);
  if (c.req.header('x-part') === 'main') return c.html(inner);
  const nonce = c.get('nonce');
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title === 'sluice' ? 'sluice' : `${title} · sluice`}</title>
          <link
            rel="icon"
            href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%232c7a68'/%3E%3Cpath d='M3 5h10M3 8h10M3 11h6' stroke='%23fff' stroke-width='1.6'/%3E%3C/svg%3E"
          />
          <style nonce="${nonce}">
            ${raw(style)}
          </style>
        </head>
        <body>
          <header>
            <a class="mark" href="/">sluice</a
            >${nav ?? html`<nav aria-label="back"><a href="/">all streams</a></nav>`}<span class="time"
              >${minute(now)}</span
            >
          </header>
          <div id="said" class="sr" role="status" aria-live="polite"></div>
          ${patterns}
          <main data-state="${state}">${inner}</main>
          <footer>
            Times are UTC, windows half-open. The same as JSON: <a href="/api/v1/streams">/api/v1</a>, described by
            <a href="/api/v1/openapi.json">OpenAPI</a>.
          </footer>
          <script nonce="${nonce}">
            ${raw(script)};
          </script>
        </body>
      </html>`,
  );
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
