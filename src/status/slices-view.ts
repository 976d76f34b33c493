import { html } from 'hono/html';
import { toIso, type Interval } from '../core/time.ts';
import type { SliceDetail } from '../ops/slice-details.ts';
import type { Stretch } from '../ops/slices.ts';
import type { Links } from './links.ts';
import { about, count, minute, plural, signs, windowText } from './words.ts';

type Html = ReturnType<typeof html>;

export interface SlicesShown {
  /** `<source>/<stream>` */
  readonly stream: string;
  /** By the key of a manifest. */
  readonly details: ReadonlyMap<string, SliceDetail>;
  readonly links: Links;
}

/** What a range is made of, the newest first; what lies behind a sealed slice can be unfolded. */
export function slicesView(stretches: readonly Stretch[], shown: SlicesShown): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="slices">
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
        ${stretches.toReversed().map((one) => stretchView(one, shown))}
      </tbody>
    </table>
  </div>`;
}

function stretchView(one: Stretch, shown: SlicesShown): Html {
  return html`<tr>
    <td>${windowText(one)}</td>
    <td><span class="state ${one.state}">${signs[one.state]} ${one.state.replace('-', ' ')}</span></td>
    <td>
      ${one.records === undefined ? '-' : count(one.records)}${one.repeats === undefined || one.repeats === 0 ? '' : html` <span class="facts">(${one.repeats} repeats)</span>`}${one.reported === undefined ? '' : html` <span class="facts">(the vendor counts ${count(one.reported)})</span>`}
    </td>
    <td>${one.pages ?? '-'}</td>
    <td>${one.sealedAt === undefined ? '-' : minute(one.sealedAt)}</td>
    <td>${one.digest === undefined ? '-' : html`<code>${one.digest.slice(0, 12)}</code>`}</td>
    <td>${one.manifest === undefined ? troubleView(one) : manifestView(one.manifest, one, shown)}</td>
  </tr>`;
}

function troubleView({ failure, attempts, reason }: Stretch): string {
  const tried = attempts === undefined ? '' : ` (${plural(attempts, 'run')} in vain)`;
  return [failure === undefined ? undefined : `${failure}${tried}`, reason]
    .filter((text) => text !== undefined)
    .join(': ');
}

function manifestView(key: string, slice: Interval, { stream, details, links }: SlicesShown): Html {
  const detail = details.get(key);
  if (detail === undefined) return html`<code>${key}</code>`;
  const { files, damage, run, looks } = detail;
  const again = looks.slice(1);
  return html`<details ${details.size === 1 ? html`open` : ''}>
    <summary><code>${key}</code></summary>
    <ul>
      ${damage === undefined ? '' : html`<li><b>archive-damaged</b> ${damage} <code>sluice explain archive-damaged</code></li>`}
      ${files.map(
        ({ key: file, records, bytes, sha256 }) =>
          html`<li>
            <code>${file}</code> ${plural(records, 'record')}, ${count(bytes)} bytes, SHA-256 <code>${sha256}</code>
          </li>`,
      )}
      ${again.length === 0 ? html`<li>not looked at again yet</li>` : again.map(({ lookedAt, late, lateness }) => html`<li>looked at again ${minute(lookedAt)}: ${late === 0 ? 'nothing new' : `${plural(late, 'late record')}, at most ${about(lateness.most)} late`}</li>`)}
      ${run === undefined ? '' : html`<li>sealed by ${links.temporal === undefined ? html`<code>${run.workflowId}</code>` : html`<a href="${links.temporal.run(run)}">${run.workflowId}</a>`}</li>`}
      <li>read it: <code>sluice records ${stream} --from ${toIso(slice.from)} --until ${toIso(slice.until)}</code></li>
    </ul>
  </details>`;
}
