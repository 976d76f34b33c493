import type { Source, SourceContext, SourceType, WindowStream } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { MINUTE } from '../../core/time.ts';
import { openHttp } from '../http.ts';
import { check } from './check.ts';
import { openClient } from './client.ts';
import { apptranaExample } from './example.ts';
import { presentAttack } from './present.ts';
import { likenessOf } from './records.ts';
import { apptranaLimits, apptranaSettings, type ApptranaSettings } from './settings.ts';
import { attacksPage, type Asking } from './walk.ts';
import { discover, review } from './websites.ts';

/** The document's addresses, up to what the SIEM service and the list of websites have in common (indusface.txt:22). */
const HOST = 'https://tas.indusface.com/wafportal/rest';

/** The stream of an account that is not divided by websites. */
const ALL_WEBSITES = 'all-websites';

/** Indusface AppTrana: the attacks on the websites of one account. See the README beside this file. */
export const apptrana: SourceType<ApptranaSettings> = {
  name: 'apptrana',
  settings: apptranaSettings,
  example: apptranaExample,
  limits: apptranaLimits,
  // Windows of five minutes on the clock have settled ten minutes after their end; the margin is half a minute, and a pull comes another half later.
  defaults: { every: 5 * MINUTE, offset: MINUTE, window: 5 * MINUTE },
  open,
  present: presentAttack,
};

function open({ id, settings, clock }: SourceContext<ApptranaSettings>): Source {
  const client = openClient({ id, settings, http: openHttp(settings, HOST), clock });
  const { limits, eventType, websites = [] } = settings;
  const names = websites.length === 0 ? [ALL_WEBSITES] : websites;
  const askings = names.map((stream, i): Asking => {
    return { client, limits, stream, name: `${id}/${stream}`, website: websites[i], eventType };
  });
  return {
    id,
    type: apptrana.name,
    streams: askings.map(streamOf),
    async authenticate(signal) {
      const until = await client.authenticate(signal);
      return { skew: client.vendor.skew(), ...(until !== undefined && { until }) };
    },
    check: (signal) => check(client, settings, askings, signal),
    discover: (signal) => discover(client, signal),
    review: (signal) => review(client, websites, signal),
    now: () => client.vendor.now(),
    close: () => client.close(),
  };
}

function streamOf(asking: Asking): WindowStream {
  return {
    name: asking.stream,
    shape: 'window',
    limits: asking.limits,
    identify({ identity, bytes }) {
      // Which of several like ones an attack is, shows only among the others of its answer.
      if (identity === undefined)
        throw new UnexpectedAnswer(`${asking.name}: an attack without an identity`, { body: bytes });
      return identity;
    },
    likeness: likenessOf,
    fetchPage: (window, cursor, signal) => attacksPage(asking, window, cursor, signal),
  };
}
