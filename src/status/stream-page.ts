import { html } from 'hono/html';
import { columnsOf, sharesOf, type Run } from '../core/axis.ts';
import { toIso, type Interval } from '../core/time.ts';
import type { WindowRow } from '../ops/coverage.ts';
import type { Stretch } from '../ops/slices.ts';
import { axisSentence, axisView, legend } from './axis-view.ts';
import { stateView } from './overview-page.ts';
import type { Links } from './links.ts';
import { about, count, meanings, minute, plural, signs, windowText } from './words.ts';

type Html = ReturnType<typeof html>;

export interface StreamShown {
  readonly row: WindowRow;
  readonly runs: readonly Run[];
  readonly within: Interval;
  /** What was picked, and what it is made of. */
  readonly picked: Interval | undefined;
  readonly stretches: readonly Stretch[];
  readonly omitted: number;
  readonly now: number;
  readonly links: Links;
  /** Absent: from here nobody may act. */
  readonly form?: { readonly token: string; readonly needsSecret: boolean };
  /** What came of an action. */
  readonly said?: string | undefined;
}

/** Columns of an axis that has the page to itself. */
const COLUMNS = 400;

export function streamMain(shown: StreamShown): Html {
  const { row, runs, within, now, links, said } = shown;
  const link = links.stream(row.stream);
  const columns = columnsOf(runs, within, COLUMNS);
  return html`<h1>${row.stream} ${stateView(row.state)}</h1>
    ${said === undefined ? '' : html`<p class="note" role="status">${said}</p>`}
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

function rangeView({ row, picked, stretches, omitted, form, now }: StreamShown): Html {
  const range = picked ?? { from: Math.max(row.cliff, now - 3_600_000), until: now };
  const missing = stretches.filter(({ state }) => !['sealed', 'empty', 'settling'].includes(state));
  return html`<h2 id="range">${picked === undefined ? 'The last slices' : windowText(picked)}</h2>
    <form method="get">
      <label>from <input name="from" value="${toIso(range.from)}" size="22" required /></label>
      <label>until <input name="until" value="${toIso(range.until)}" size="22" required /></label>
      <button type="submit">Look</button>
    </form>
    ${picked === undefined ? '' : planView(row.stream, picked, missing, form)}
    <div class="scroll" tabindex="0" role="region" aria-label="slices">
      <table>
        <thead>
          <tr>
            <th scope="col">window (UTC)</th>
            <th scope="col">state</th>
            <th scope="col">records</th>
            <th scope="col">pages</th>
            <th scope="col">sealed at</th>
            <th scope="col">digest</th>
            <th scope="col">what is known</th>
          </tr>
        </thead>
        <tbody>
          ${stretches.toReversed().map(stretchView)}
        </tbody>
      </table>
    </div>
    ${omitted === 0 ? '' : html`<p class="facts">${count(omitted)} older ones are left out.</p>`}`;
}

function stretchView(one: Stretch): Html {
  return html`<tr>
    <td>${windowText(one)}</td>
    <td><span class="state ${one.state}">${signs[one.state]} ${one.state.replace('-', ' ')}</span></td>
    <td>
      ${one.records === undefined ? '-' : count(one.records)}${one.repeats === undefined || one.repeats === 0 ? '' : html` <span class="facts">(${one.repeats} repeats)</span>`}
    </td>
    <td>${one.pages ?? '-'}</td>
    <td>${one.sealedAt === undefined ? '-' : minute(one.sealedAt)}</td>
    <td>${one.digest === undefined ? '-' : html`<code>${one.digest.slice(0, 12)}</code>`}</td>
    <td>
      ${one.manifest === undefined ? [one.failure, one.reason].filter((text) => text !== undefined).join(': ') : html`<code>${one.manifest}</code>`}
    </td>
  </tr>`;
}

/** What asking for the range would do, and how to. */
function planView(stream: string, picked: Interval, missing: readonly Stretch[], form: StreamShown['form']): Html {
  const lost = missing.filter(({ state }) => state === 'lost').length;
  const toGet = missing.length - lost;
  const words =
    toGet === 0
      ? `Nothing to extract: what the vendor still has of it is held${lost === 0 ? '' : '; the rest is lost for good'}`
      : `${plural(toGet, 'piece')} to extract${lost === 0 ? '' : `, ${lost} lost for good`}; what is held is left as it is`;
  return html`<p>${words}. <code>${command(stream, picked)}</code></p>
    ${
      form === undefined || toGet === 0
        ? ''
        : html`<form method="post" action="?from=${toIso(picked.from)}&until=${toIso(picked.until)}">
            <input type="hidden" name="form" value="${form.token}" />
            ${form.needsSecret ? html`<label>token <input name="token" type="password" autocomplete="off" required /></label>` : ''}
            <button type="submit" name="do" value="heal">Extract what is missing</button>
          </form>`
    }`;
}
