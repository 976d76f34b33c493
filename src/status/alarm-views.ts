import { html } from 'hono/html';
import { formatStreamId } from '../core/ids.ts';
import type { AlarmRow } from '../ledger/alarms.ts';
import type { Links } from './links.ts';
import { minute } from './words.ts';

type Html = ReturnType<typeof html>;

/** What the watchdog found and cannot heal, as `sluice status` tells it. @param alarms those that stand */
export function alarmsView(alarms: readonly AlarmRow[], links: Links): Html | string {
  if (alarms.length === 0) return '';
  return html`<ul class="alarms" aria-label="alarms">
    ${alarms.map(
      (alarm) =>
        html`<li>
          ! <b>${alarm.kind}</b> ${whose(alarm, links)} since ${minute(alarm.since)}: ${alarm.message.split('\n')[0]}
          <code>sluice explain ${alarm.kind}</code>
        </li>`,
    )}
  </ul>`;
}

/** With both names empty it concerns the whole. */
function whose(alarm: AlarmRow, links: Links): Html | string {
  const stream = formatStreamId(alarm);
  return alarm.source === '' ? '' : html`<a href="${links.stream(stream)}">${stream}</a>`;
}

/** Those of one stream. */
export function alarmsOf(alarms: readonly AlarmRow[], stream: string): readonly AlarmRow[] {
  return alarms.filter((alarm) => alarm.source !== '' && formatStreamId(alarm) === stream);
}
