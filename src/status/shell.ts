import type { Context } from 'hono';
import { html, raw } from 'hono/html';
import { patterns } from './axis-view.ts';
import { script, style } from './style.ts';
import { minute } from './words.ts';

type Html = ReturnType<typeof html>;

/** A request for a page: the guard has given it its nonce. */
export type Page = Context<{ Variables: { nonce: string } }>;

/** Puts a page's middle part into its frame; who asks for the middle part alone (`x-part: main`) gets that. */
export async function page(
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
            <a class="mark" href="/">sluice</a>
            ${nav ?? html`<nav aria-label="back"><a href="/">all streams</a></nav>`}
            <nav aria-label="more"><a href="/backfills">backfills</a></nav>
            <span class="time">${minute(now)}</span>
          </header>
          <div id="said" class="sr" role="status" aria-live="polite"></div>
          ${patterns}
          <main data-state="${state}">${inner}</main>
          <footer>
            Times are UTC, windows half-open. The same as JSON: <a href="/api/v1">/api/v1</a>, described by
            <a href="/api/v1/openapi.json">OpenAPI</a>.
          </footer>
          <script nonce="${nonce}">
            ${raw(script)};
          </script>
        </body>
      </html>`,
  );
}

/** For an address that leads nowhere. @param what there is none of */
export function notThereMain(what: string): Html {
  return html`<h1>There is no such ${what}.</h1>
    <p>
      It may have been renamed or taken out of the configuration: <a href="/">all streams</a>,
      <a href="/backfills">backfills</a>.
    </p>`;
}
