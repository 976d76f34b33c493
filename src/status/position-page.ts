import { html } from 'hono/html';
import type { Config } from '../config/load.ts';
import { formatStreamId } from '../core/ids.ts';
import { DAY, dayOf, floorTo } from '../core/time.ts';
import type { BackfillPlan } from '../ops/backfill-plan.ts';
import { daysFrom, latestOf, type OverviewRow } from '../ops/coverage.ts';
import { readLedger } from '../ops/ledger.ts';
import type { KnownStream } from '../ops/streams.ts';
import { alarmsView } from './alarm-views.ts';
import { planView } from './backfill-views.ts';
import { rangeForm } from './form-view.ts';
import { stateView } from './overview-page.ts';
import type { StreamLook } from './stream-look.ts';
import { about, count, minute } from './words.ts';

type Html = ReturnType<typeof html>;

export interface PositionShown extends StreamLook {
  /** What a backfill of what was picked would do, or why there is none. */
  readonly plan: BackfillPlan | string | undefined;
}

/** A sequence: where it stands, and its newest portions. Reports: a grid of days and types. Neither is ever forced into windows. */
export async function positionMain(
  config: Config,
  stream: KnownStream,
  row: OverviewRow | undefined,
  { now, links, key, said, picked, typed, plan, alarms }: PositionShown,
): Promise<Html> {
  const name = formatStreamId(stream);
  const body = stream.shape === 'report' ? await reportsBody(config, stream, now) : await portionsBody(config, stream);
  const position = row?.shape === 'sequence' ? row : undefined;
  return html`<h1>${name} ${row === undefined ? '' : stateView(row.state)}</h1>
    ${said === undefined ? '' : html`<p class="note" role="status">${said}</p>`} ${alarmsView(alarms, links)}
    <p class="facts">
      ${position === undefined ? '' : html`<b>${position.ahead === undefined ? 'not known how many' : count(position.ahead)}</b> items behind`}
      ${position?.endedAt === undefined ? '' : html` · the vendor’s end reached <b>${about(now - position.endedAt)}</b> ago`}
      ${position?.position === undefined ? '' : html` · position <code>${position.position}</code>`}
      ${links.temporal === undefined ? '' : html` · <a href="${links.temporal.workflow(name)}">runs</a> · <a href="${links.temporal.schedule(name)}">schedule</a>`}
    </p>
    ${row?.failure === undefined ? '' : html`<p class="note"><b>${row.failure.name}</b> ${row.failure.message.split('\n')[0]} <code>sluice explain ${row.failure.name}</code></p>`}
    ${body}
    <h2 id="range">Backfill</h2>
    ${rangeForm(picked ?? { from: floorTo(now - 7 * DAY, DAY), until: floorTo(now, DAY) }, typed)}
    ${plan === undefined ? '' : typeof plan === 'string' ? html`<p class="facts">${plan}</p>` : planView(plan, key)}`;
}

async function portionsBody(config: Config, stream: KnownStream): Promise<Html> {
  const portions = await readLedger(config, (ledger) => ledger.portions(stream, 50));
  return html`<h2>The newest portions</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="table">
      <table>
        <thead>
          <tr>
            <th scope="col">after</th>
            <th scope="col">up to</th>
            <th scope="col">records</th>
            <th scope="col">sealed at</th>
            <th scope="col">manifest</th>
          </tr>
        </thead>
        <tbody>
          ${portions.toReversed().map(
            (one) =>
              html`<tr>
                <td><code>${one.after.slice(0, 40)}</code></td>
                <td><code>${one.upto.slice(0, 40)}</code></td>
                <td>${count(one.records)}</td>
                <td>${minute(one.sealedAt)}</td>
                <td><code>${one.manifest}</code></td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

const DAYS = 31;

async function reportsBody(config: Config, stream: KnownStream, now: number): Promise<Html> {
  const [first, last] = [dayOf(now - (DAYS - 1) * DAY), dayOf(now)];
  const reports = latestOf(await readLedger(config, (ledger) => ledger.reports(stream, { first, last })));
  const days = daysFrom(first, last);
  const types = [...new Set(reports.map(({ file, day }) => typeOf(file, day)))].toSorted();
  const cell = (type: string, day: string): Html => {
    const own = reports.filter((one) => one.day === day && typeOf(one.file, day) === type);
    const records = own.reduce((sum, one) => sum + one.records, 0);
    const told = own.reduce((sum, one) => sum + (one.reported ?? one.records), 0);
    const odd = told === records ? '' : `, the vendor counts ${count(told)}`;
    return html`<td>
      <span
        class="day ${own.length > 0 ? 'held' : ''}"
        title="${day} ${type}: ${own.length} files, ${count(records)} records${odd}"
        >${own.length === 0 ? '·' : count(records)}${odd === '' ? '' : ' ≠'}</span
      >
    </td>`;
  };
  return html`<h2>Records held, by type and day</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="table">
      <table>
        <thead>
          <tr>
            <th scope="col">type</th>
            ${days.map((day) => html`<th scope="col" title="${day}">${day.slice(8)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${types.map(
            (type) =>
              html`<tr>
                <th scope="row">${type}</th>
                ${days.map((day) => cell(type, day))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${types.length === 0 ? html`<p>No file is held yet.</p>` : ''}`;
}

/** Files are named `2026-11-21-scan_ssl-…`; others stand for themselves. */
function typeOf(file: string, day: string): string {
  return file.startsWith(`${day}-`) ? (file.slice(day.length + 1).split('-', 1)[0] ?? file) : file;
}
