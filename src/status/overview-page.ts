import { html } from 'hono/html';
import { type Interval } from '../core/time.ts';
import type { OverviewRow, PositionRow, ReportsRow, WindowRow } from '../ops/coverage.ts';
import type { AlarmRow } from '../ledger/alarms.ts';
import type { BackfillStatus } from '../ops/backfill-status.ts';
import { alarmsView } from './alarm-views.ts';
import { axisSentence, axisView, legend, sparkline } from './axis-view.ts';
import { openBackfills } from './backfill-views.ts';
import type { Links } from './links.ts';
import { about, count, minute, sentence, signs } from './words.ts';

type Html = ReturnType<typeof html>;

export interface OverviewShown {
  readonly rows: readonly OverviewRow[];
  /** Those that go on. */
  readonly backfills: readonly BackfillStatus[];
  /** Those that stand. */
  readonly alarms: readonly AlarmRow[];
  /** What a person should hear of the watchdog itself. */
  readonly warnings: readonly string[];
  readonly within: Interval;
  readonly now: number;
  readonly links: Links;
}

/** One sentence, then a row a stream: nothing else above the fold. */
export function overviewMain({ rows, backfills, alarms, warnings, within, now, links }: OverviewShown): Html {
  return html`<h1>${sentence(rows, now)}</h1>
    ${warnings.map((warning) => html`<p class="note">${warning}</p>`)} ${alarmsView(alarms, links)}
    ${openBackfills(backfills)}
    <div class="ruler" aria-hidden="true">
      <span>${minute(within.from)}</span><span>${minute((within.from + within.until) / 2)}</span
      ><span>${minute(within.until)}</span>
    </div>
    <ul class="rows">
      ${rows.map((row) => rowView(row, { within, now, links }))}
    </ul>
    ${legend()}`;
}

type Surroundings = Pick<OverviewShown, 'within' | 'now' | 'links'>;

function rowView(row: OverviewRow, surroundings: Surroundings): Html {
  const { now, links } = surroundings;
  const state = stateView(row.state);
  const middle =
    row.shape === 'window'
      ? windowView(row, surroundings)
      : row.shape === 'report'
        ? daysView(row)
        : positionView(row, now);
  const perHour = Math.round(row.hourly.reduce((sum, n) => sum + n, 0) / 24);
  return html`<li class="row">
    <div>
      <h2><a href="${links.stream(row.stream)}">${row.stream}</a></h2>
      ${state} ${row.failure === undefined ? '' : html`<span class="facts"> ${row.failure.name}</span>`}
    </div>
    ${middle}
    <div class="facts side">
      <div>${sparkline(row.hourly)}<b>${count(perHour)}</b> records/h</div>
      <div>
        ${row.shape === 'window' ? html`lag <b>${about(row.lag)}</b> · ` : ''}next run in
        <b>${about(row.nextRun - now)}</b>
        ${row.shape === 'window' ? deadlineView(row, now) : ''}
      </div>
      ${links.temporal === undefined ? '' : html`<div><a href="${links.temporal.workflow(row.stream)}">runs</a> · <a href="${links.temporal.schedule(row.stream)}">schedule</a></div>`}
    </div>
  </li>`;
}

export function stateView(state: OverviewRow['state']): Html {
  return html`<span class="state ${state}">${signs[state]} ${state.replace('-', ' ')}</span>`;
}

function deadlineView({ deadline }: WindowRow, now: number): Html | string {
  if (deadline === undefined) return '';
  return html`<br />forgotten in <b>${about(deadline - now)}</b>`;
}

function windowView(row: WindowRow, { within, now, links }: Surroundings): Html {
  const { columns, cliff } = row;
  return axisView({
    columns,
    within,
    cliff,
    link: links.stream(row.stream),
    sentence: axisSentence(row, now),
    hasScale: false,
  });
}

function positionView({ position, ahead, endedAt, hourly }: PositionRow, now: number): Html {
  const rate = (hourly.at(-1) ?? 0) + (hourly.at(-2) ?? 0);
  const drained =
    ahead === undefined || ahead === 0 || rate === 0
      ? ''
      : `, drained in about ${about((ahead / (rate / 2)) * 3_600_000)}`;
  return html`<div class="facts">
    <b>${ahead === undefined ? 'not known how many' : count(ahead)}</b> items behind${drained}<br />
    ${endedAt === undefined ? 'the end was not reached yet' : html`the vendor’s end reached <b>${about(now - endedAt)}</b> ago`}
    ${position === undefined ? '' : html`<br />position <code>${position.length > 48 ? `${position.slice(0, 48)}…` : position}</code>`}
  </div>`;
}

function daysView({ days }: ReportsRow): Html {
  const shown = days.slice(-31);
  return html`<div class="days" role="group" aria-label="files held, by day">
    ${shown.map(
      ({ day, files, records }) =>
        html`<span class="day ${files > 0 ? 'held' : ''}" title="${day}: ${files} files, ${count(records)} records"
          >${day.slice(8)}<br />${files}</span
        >`,
    )}
  </div>`;
}

export const spans: Readonly<Record<string, number>> = { '6h': 6, '24h': 24, '7d': 168, '30d': 720 };

export function spanLinks(present: string): Html {
  const links = Object.keys(spans).map(
    (span) => html`<a href="/?span=${span}" ${span === present ? html`aria-current="page"` : ''}>${span}</a>`,
  );
  return html`<nav aria-label="span of the axis">${links}</nav>`;
}
