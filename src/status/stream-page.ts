import { html } from 'hono/html';
import { columnsOf, sharesOf, type Run } from '../core/axis.ts';
import { floorTo, HOUR, MINUTE, toIso, type Interval } from '../core/time.ts';
import type { BackfillPlan } from '../ops/backfill-plan.ts';
import type { WindowRow } from '../ops/coverage.ts';
import type { SliceDetail } from '../ops/slice-details.ts';
import type { Stretch } from '../ops/slices.ts';
import { alarmsView } from './alarm-views.ts';
import { axisSentence, axisView, legend } from './axis-view.ts';
import { planView } from './backfill-views.ts';
import { formView, rangeForm } from './form-view.ts';
import { stateView } from './overview-page.ts';
import { slicesView } from './slices-view.ts';
import type { StreamLook } from './stream-look.ts';
import { about, count, meanings, minute, plural, signs, windowText } from './words.ts';

type Html = ReturnType<typeof html>;

export interface StreamShown extends StreamLook {
  readonly row: WindowRow;
  readonly runs: readonly Run[];
  readonly within: Interval;
  readonly stretches: readonly Stretch[];
  readonly omitted: number;
  /** What a backfill of what was picked would do, or why there is none. */
  readonly plan: BackfillPlan | string | undefined;
  /** By the key of a manifest. */
  readonly details: ReadonlyMap<string, SliceDetail>;
}

/** Columns of an axis that has the page to itself. */
const COLUMNS = 400;

export function streamMain(shown: StreamShown): Html {
  const { row, runs, within, now, links, said } = shown;
  const link = links.stream(row.stream);
  const columns = columnsOf(runs, within, COLUMNS);
  return html`<h1>${row.stream} ${stateView(row.state)}</h1>
    ${said === undefined ? '' : html`<p class="note" role="status">${said}</p>`} ${alarmsView(shown.alarms, links)}
    <p class="facts">
      held without a gap up to <b>${minute(row.watermark)}</b>, <b>${about(row.lag)}</b> ago · next run in
      <b>${about(row.nextRun - now)}</b>
      ${row.deadline === undefined ? '' : html` · the first missing minute is forgotten in <b>${about(row.deadline - now)}</b>`}
      ${links.temporal === undefined ? '' : html` · <a href="${links.temporal.workflow(row.stream)}">runs</a> · <a href="${links.temporal.schedule(row.stream)}">schedule</a>`}
    </p>
    ${row.failure === undefined ? '' : html`<p class="note"><b>${row.failure.name}</b> ${row.failure.message.split('\n')[0]} <code>sluice explain ${row.failure.name}</code></p>`}
    ${axisView({ columns, within, cliff: row.cliff, link, sentence: axisSentence(row, now) })}
    ${sharesView(runs, within)} ${legend()} ${gapsView(row, now)} ${rangeView(shown)}`;
}

function sharesView(runs: readonly Run[], within: Interval): Html {
  const parts = Object.entries(sharesOf(runs, within)).map(
    ([state, length]) => `${meanings[state as Run['state']]} ${about(length)}`,
  );
  return html`<p class="facts">${parts.join(' · ')}</p>`;
}

function gapsView({ gaps, stream }: WindowRow, now: number): Html | string {
  if (gaps.length === 0) return '';
  const nearest = gaps.toSorted((a, b) => (a.deadline ?? Infinity) - (b.deadline ?? Infinity)).slice(0, 50);
  return html`<h2>${plural(gaps.length, 'gap')}, the nearest deadline first</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="gaps">
      <table>
        <thead>
          <tr>
            <th scope="col">window (UTC)</th>
            <th scope="col">state</th>
            <th scope="col">forgotten in</th>
            <th scope="col">to act from a terminal</th>
          </tr>
        </thead>
        <tbody>
          ${nearest.map(
            (gap) =>
              html`<tr>
                <td>${windowText(gap)}</td>
                <td><span class="state ${gap.state}">${signs[gap.state]} ${gap.state.replace('-', ' ')}</span></td>
                <td>${gap.deadline === undefined ? '-' : about(gap.deadline - now)}</td>
                <td>${gap.state === 'lost' ? 'nothing can be done' : html`<code>${command(stream, gap)}</code>`}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

const command = (stream: string, { from, until }: Interval): string =>
  `sluice pull ${stream} --from ${toIso(from)} --until ${toIso(until)}`;

function rangeView({ row, picked, typed, stretches, omitted, key, plan, details, links, now }: StreamShown): Html {
  const range = picked ?? { from: floorTo(Math.max(row.cliff, now - HOUR), MINUTE), until: floorTo(now, MINUTE) };
  return html`<h2 id="range">${picked === undefined ? 'The last slices' : windowText(picked)}</h2>
    ${rangeForm(range, typed)} ${picked === undefined ? '' : healView(row.stream, picked, { stretches, key })}
    ${plan === undefined ? '' : typeof plan === 'string' ? html`<p class="facts">${plan}</p>` : planView(plan, key)}
    ${slicesView(stretches, { stream: row.stream, details, links })}
    ${omitted === 0 ? '' : html`<p class="facts">${count(omitted)} older ones are left out.</p>`}`;
}

/** What a run of the stream, started at once, would do about the range. */
function healView(stream: string, picked: Interval, { stretches, key }: Pick<StreamShown, 'stretches' | 'key'>): Html {
  const missing = stretches.filter(({ state }) => !['sealed', 'empty', 'settling'].includes(state));
  const lost = missing.filter(({ state }) => state === 'lost').length;
  const toGet = missing.length - lost;
  const words =
    toGet === 0
      ? `Nothing that the stream asks for is missing${lost === 0 ? '' : ', but for what is lost for good'}`
      : `${plural(toGet, 'piece')} to extract${lost === 0 ? '' : `, ${lost} lost for good`}; what is held is left as it is`;
  return html`<p>${words}. ${toGet === 0 ? '' : html`<code>${command(stream, picked)}</code>`}</p>
    ${
      key === undefined || toGet === 0
        ? ''
        : formView({
            key,
            action: `?from=${toIso(picked.from)}&until=${toIso(picked.until)}`,
            buttons: [{ word: 'heal', label: 'Extract what is missing' }],
          })
    }`;
}
