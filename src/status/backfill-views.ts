import { html } from 'hono/html';
import { isOpen, type BackfillState, type RangeProgress } from '../core/backfill.ts';
import { toIso, type IsoInterval } from '../core/time.ts';
import type { BackfillPlan } from '../ops/backfill-plan.ts';
import type { BackfillStatus } from '../ops/backfill-status.ts';
import { estimateText, nothingToDo, planRows } from '../ops/backfill-words.ts';
import { formView, type FormKey } from './form-view.ts';
import type { Links } from './links.ts';
import { about, count, minute, plural, windowText } from './words.ts';

type Html = ReturnType<typeof html>;

/** A sign beside the word, as everywhere. */
const signs: Readonly<Record<BackfillState, string>> = { running: '▶', paused: '‖', cancelled: '~', done: '█' };

const stateView = ({ state }: BackfillStatus): Html =>
  html`<span class="state backfill-${state}">${signs[state]} ${state}</span>`;

const interval = ({ from, until }: IsoInterval): string =>
  windowText({ from: Date.parse(from), until: Date.parse(until) });

/** What a backfill of a picked range would do, and the button that has it done exactly so. */
export function planView(plan: BackfillPlan, key: FormKey | undefined): Html {
  const { id, stream, from, until, plannedAt, basis, windows, reader, estimate } = plan;
  const nothing = nothingToDo(windows);
  return html`<section class="plan" aria-label="plan">
    <h3>A backfill of ${interval(plan)}</h3>
    ${
      windows === undefined
        ? html`<p>${reader}</p>`
        : html`<table>
            <tbody>
              ${planRows(windows, interval).map(
                ([n, meaning]) =>
                  html`<tr>
                    <th scope="row">${count(n)}</th>
                    <td>${meaning}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
    <p class="facts">
      ${nothing ?? html`${estimateText(estimate, windows)}. From a terminal: <code>sluice backfill start ${stream} --from ${from} --to ${until}</code>`}
    </p>
    ${
      key === undefined || nothing !== undefined
        ? ''
        : formView({
            key,
            action: `?from=${from}&until=${until}`,
            fields: { id, plannedAt, basis },
            buttons: [{ word: 'backfill', label: 'Start this backfill' }],
          })
    }
  </section>`;
}

/** Those that go on, for the first page: a line each. */
export function openBackfills(backfills: readonly BackfillStatus[]): Html | string {
  if (backfills.length === 0) return '';
  return html`<ul class="backfills" aria-label="backfills that go on">
    ${backfills.map(
      (one) => html`<li>${stateView(one)} <a href="/backfills/${one.id}">${one.name}</a> ${progressText(one)}</li>`,
    )}
  </ul>`;
}

function progressText({ range, sealed, records, cursor, eta, failure }: BackfillStatus): string {
  const parts = [
    failure?.name,
    range === undefined
      ? `${plural(sealed, 'slice')}, ${plural(records, 'record')}`
      : `${count(range.left)} of ${plural(range.windows, 'window')} left`,
    ...(range === undefined && cursor !== null ? [`at ${cursor}`] : []),
    eta === undefined ? undefined : `about ${about(eta)}`,
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

export function backfillsMain(backfills: readonly BackfillStatus[]): Html {
  const open = backfills.filter(({ state }) => isOpen(state)).length;
  if (backfills.length === 0) {
    return html`<h1>No backfills</h1>
      <p>
        Pick a range on a stream’s page, or from a terminal:
        <code>sluice backfill plan &lt;stream&gt; --from &lt;time&gt;</code>
      </p>`;
  }
  return html`<h1>${plural(backfills.length, 'backfill')}, ${open === 0 ? 'none of them goes on' : `${open} open`}</h1>
    <div class="scroll" tabindex="0" role="region" aria-label="backfills">
      <table>
        <thead>
          <tr>
            <th scope="col">id</th>
            <th scope="col">stream</th>
            <th scope="col">range (UTC)</th>
            <th scope="col">state</th>
            <th scope="col">how far</th>
          </tr>
        </thead>
        <tbody>
          ${backfills.map(
            (one) =>
              html`<tr>
                <td><a href="/backfills/${one.id}">${one.id}</a></td>
                <td>${one.name}</td>
                <td>${windowText(one)}</td>
                <td>${stateView(one)}</td>
                <td>${progressText(one)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

export interface BackfillShown {
  readonly links: Links;
  readonly key: FormKey | undefined;
  /** What came of an action. */
  readonly said?: string | undefined;
}

export function backfillMain(one: BackfillStatus, { links, key, said }: BackfillShown): Html {
  const { id, name, range, failure, cursor } = one;
  return html`<h1>${id} ${stateView(one)}</h1>
    ${said === undefined ? '' : html`<p class="note" role="status">${said}</p>`}
    <p class="facts">
      <b>${name}</b>
      <a href="${links.stream(name)}?from=${toIso(one.from)}&until=${toIso(one.until)}#range">${windowText(one)}</a> ·
      ${one.state} since
      <b>${minute(one.changedAt)}</b>
      ${links.temporal === undefined ? '' : html` · <a href="${links.temporal.backfill(one.workflowId)}">workflow</a>`}
    </p>
    ${failure === undefined ? '' : html`<p class="note"><b>${failure.name}</b> ${failure.message.split('\n')[0]} <code>sluice explain ${failure.name}</code></p>`}
    ${range === undefined ? '' : progressView(range, one.eta)}
    <p>
      ${plural(one.sealed, 'slice')} with ${plural(one.records, 'record')} sealed since it
      began${cursor === null ? '' : html`; its reader stands at <code>${cursor}</code>`}.
    </p>
    ${key === undefined || !isOpen(one.state) ? '' : steering(one, key)}`;
}

function progressView({ windows, left, failing, lost }: RangeProgress, eta: number | undefined): Html {
  const label = `${count(windows - left)} of ${plural(windows, 'window')} held${lost > 0 ? ' or lost' : ''}`;
  const more = [
    ...(eta === undefined || left === 0 ? [] : [`the rest in about ${about(eta)} at the pace so far`]),
    ...(failing === 0 ? [] : [`${plural(failing, 'window')} failed last time`]),
    ...(lost === 0 ? [] : [`${about(lost)} lost for good`]),
  ];
  return html`<progress max="${windows}" value="${windows - left}" aria-label="${label}"></progress>
    <p class="facts">${[label, ...more].join(' · ')}</p>`;
}

function steering({ id, state }: BackfillStatus, key: FormKey): Html {
  const first =
    state === 'paused'
      ? { word: 'resume', label: 'Go on' }
      : { word: 'pause', label: 'Pause: finish what is under way' };
  return html`${formView({ key, buttons: [first, { word: 'cancel', label: 'Cancel: want its range no longer', isQuiet: true }] })}
    <p class="facts">
      From a terminal: <code>sluice backfill watch ${id}</code>. Planned again after a cancellation, exactly what is
      left is picked up.
    </p>`;
}
