import { html, raw } from 'hono/html';
import { axisStates, type Column } from '../core/axis.ts';
import { troubledStates } from '../core/states.ts';
import { type Interval } from '../core/time.ts';
import type { WindowRow } from '../ops/coverage.ts';
import { about, meanings, minute, plural, signs, windowText } from './words.ts';

type Html = ReturnType<typeof html>;

const WIDTH = 1_000;
const HEIGHT = 26;

/** The patterns of the states, once a page: a state is told without its colour as well. */
export const patterns: Html = html`<svg width="0" height="0" class="defs" aria-hidden="true">
  <defs>
    ${raw(pattern('empty', 'var(--ok)', '<path d="M0 3h6" stroke-width="1.6"/>'))}
    ${raw(pattern('settling', 'var(--calm)', '<circle cx="3" cy="3" r=".9" fill="var(--calm)" stroke="none"/>'))}
    ${raw(pattern('ack', 'var(--calm)', '<path d="M0 3q1.5-2 3 0t3 0" fill="none"/>'))}
    ${raw(pattern('due', 'var(--due)', '<path d="M0 6L6 0" stroke-width=".9"/>'))}
    ${raw(pattern('extracting', 'var(--ok)', '<path d="M0 0L6 6M-3 3L3 9M3 -3L9 3" stroke-width="1.8"/>'))}
    ${raw(pattern('late', 'var(--warn)', '<path d="M0 6L6 0M-3 3L3 -3M3 9L9 3" stroke-width="2"/>'))}
    ${raw(pattern('failed', 'var(--bad)', '<path d="M0 0L6 6M6 0L0 6" stroke-width="1.3"/>'))}
    ${raw(pattern('lost', 'var(--gone)', '<path d="M0 1.5h6M0 4.5h6M1.5 0v6M4.5 0v6" stroke-width=".9"/>'))}
  </defs>
</svg>`;

function pattern(name: string, colour: string, marks: string): string {
  return `<pattern id="p-${name}" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="${colour}" fill-opacity=".16"/><g stroke="${colour}">${marks}</g></pattern>`;
}

export interface AxisShown {
  readonly columns: readonly Column[];
  readonly within: Interval;
  /** The first instant that the vendor still serves. */
  readonly cliff: number;
  /** Where a piece leads: the stream's own page. */
  readonly link: string;
  /** One sentence for who cannot see it. */
  readonly sentence: string;
  /** Whether its ends are written below it; the rows of a page share one ruler. */
  readonly hasScale?: boolean;
}

/** A time-true axis. Pieces can be reached by keyboard, and lead to what they are made of. */
export function axisView({ columns, within, cliff, link, sentence, hasScale = true }: AxisShown): Html {
  const x = (instant: number): number =>
    Math.round(((instant - within.from) / (within.until - within.from)) * WIDTH * 10) / 10;
  const pieces = columns.map(({ from, until, state }) => {
    if (state === undefined) return '';
    const label = `${signs[state]} ${meanings[state]} ${windowText({ from, until })}`;
    const width = Math.max(1, x(until) - x(from));
    return html`<a href="${link}?from=${iso(from)}&until=${iso(until)}#range" aria-label="${label}"
      ><rect class="${state}" x="${x(from)}" y="0" width="${width}" height="${HEIGHT}"><title>${label}</title></rect></a
    >`;
  });
  const edge =
    cliff <= within.from || cliff >= within.until
      ? ''
      : html`<line class="cliff" x1="${x(cliff)}" x2="${x(cliff)}" y1="-4" y2="${HEIGHT + 4}"
          ><title>before ${minute(cliff)} the vendor has nothing any more</title></line
        >`;
  return html`<figure>
    <figcaption class="sr">${sentence}</figcaption>
    <svg
      class="axis"
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      preserveAspectRatio="none"
      role="group"
      aria-label="${sentence}"
      data-from="${within.from}"
      data-until="${within.until}"
      data-link="${link}"
    >
      ${pieces}${edge}
    </svg>
    ${hasScale ? html`<div class="scale" aria-hidden="true"><span>${minute(within.from)}</span><span>${minute(within.until)}</span></div>` : ''}
  </figure>`;
}

const iso = (instant: number): string =>
  new Date(Math.round(instant / 1_000) * 1_000).toISOString().replace('.000', '');

export function axisSentence({ stream, state, gaps, deadline, lag }: WindowRow, now: number): string {
  const open = gaps.filter((gap) => troubledStates.includes(gap.state)).length;
  const until = deadline === undefined ? '' : `, the first missing minute is forgotten in ${about(deadline - now)}`;
  return `${stream}: ${state.replace('-', ' ')}, ${plural(open, 'gap')}${until}; everything up to ${about(lag)} ago is settled`;
}

/** Records by hour. */
export function sparkline(hourly: readonly number[]): Html {
  const most = Math.max(1, ...hourly);
  const bars = hourly.map((n, i) => {
    const height = n === 0 ? 0 : Math.max(1, Math.round((n / most) * 20));
    return html`<rect x="${i * 5}" y="${20 - height}" width="4" height="${height}"></rect>`;
  });
  const [last = 0] = hourly.slice(-1);
  return html`<svg
    class="spark"
    viewBox="0 0 120 20"
    preserveAspectRatio="none"
    role="img"
    aria-label="records by hour, the last 24; ${last} in the last one"
  >
    ${bars}
  </svg>`;
}

export function legend(): Html {
  const entries = axisStates.map(
    (state) =>
      html`<li>
        <svg viewBox="0 0 22 12" aria-hidden="true"><rect class="${state}" width="22" height="12"></rect></svg
        >${signs[state]} ${meanings[state]}
      </li>`,
  );
  return html`<ul class="legend">
    ${entries}
    <li>
      <svg viewBox="0 0 22 12" aria-hidden="true"><line class="cliff" x1="11" x2="11" y1="0" y2="12"></line></svg>before
      this line the vendor has nothing any more
    </li>
  </ul>`;
}
