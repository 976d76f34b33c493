import { floorTo, HOUR, type Interval } from '../../src/core/time.ts';
import type { FailureName } from '../../src/core/failures.ts';
import {
  answer,
  askedOf,
  at,
  COLUMNS,
  hits,
  openSource,
  PASSWORD,
  texts,
  within,
  windowStream,
  type Answer,
  type Asked,
} from './instart.scripted.ts';
import { startScriptedVendor, type Reply } from './scripted-vendor.ts';
import { testWindowSource, type WindowSourceTrial, type WrongAnswer } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

interface Trial extends WindowSourceTrial {
  wrong: ((asked: Asked, body: Answer) => Reply) | undefined;
}

testWindowSource('instart', start, [
  wrong('a page for people', 'unexpected-answer', () => ({ body: '<p>', headers: { 'content-type': 'text/html' } })),
  wrong('no body', 'unexpected-answer', () => ({ body: '' })),
  wrong('JSON that ends early', 'unexpected-answer', (_, body) => ({ body: JSON.stringify(body).slice(0, -30) })),
  wrong('rows without their columns', 'unexpected-answer', (_, body) => ({ body: { ...body, columns: [] } })),
  wrong('a refused query', 'unexpected-answer', () => ({ status: 400, body: { message: `no ${PASSWORD}` } })),
  wrong('a redirect', 'refused-target', () => ({ status: 302, headers: { location: 'https://portal.example' } })),
  wrong('a changed password', 'credentials-rejected', () => ({ status: 401, body: { message: PASSWORD } })),
  wrong('an account without the right', 'credentials-rejected', () => ({ status: 403 })),
  wrong('a bad gateway in the middle', 'unavailable', ({ starttime }, body) =>
    starttime > at(hour().from) ? { status: 502 } : { body },
  ),
  wrong('a gateway that gives up on everything', 'unavailable', () => ({ status: 504 })),
  wrong('too many requests', 'rate-limited', () => ({ status: 429 })),
]);

function hour(): Interval {
  const until = floorTo(Date.now(), HOUR) - HOUR;
  return { from: until - HOUR, until };
}

async function start(): Promise<Trial> {
  const window = hour();
  const rows = hits({ from: window.from - HOUR, until: window.until + HOUR }, 3000);
  const vendor = await startScriptedVendor((request) => {
    const asked = askedOf(request);
    if (asked === undefined) return {};
    const body = answer(asked, within(rows, asked));
    return trial.wrong?.(asked, body) ?? { body };
  });
  const source = openSource(vendor.url, {
    settings: { rowsPerPage: 300, streams: { events: { kind: 'events', dimensions: COLUMNS } } },
  });
  const trial: Trial = {
    wrong: undefined,
    source,
    stream: windowStream(source),
    window,
    secrets: [PASSWORD],
    truth: ({ from, until }) =>
      texts(rows.filter(([time]) => Date.parse(`${time}Z`) >= from && Date.parse(`${time}Z`) < until)),
    async close() {
      await source.close();
      await vendor.close();
    },
  };
  return trial;
}

function wrong(what: string, failure: FailureName, reply: NonNullable<Trial['wrong']>): WrongAnswer<Trial> {
  return {
    what,
    failure,
    provoke(trial) {
      trial.wrong = reply;
    },
  };
}
