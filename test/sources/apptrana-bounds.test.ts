import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND, type Interval } from '../../src/core/time.ts';
import { requestsFor } from '../../src/sources/apptrana/bounds.ts';
import {
  answer,
  attack,
  attacks,
  EVERY_BOUNDS,
  fiveMinutes,
  start,
  texts,
  walked,
  within,
  type Attack,
  type Bounds,
} from './apptrana.scripted.ts';
import { failureOf, live, walk } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

// Whether the vendor's bounds are inside or outside of what it answers is not said, and a request of more than 300,000 ms is refused.

const shown = (bounds: Bounds): string => `${bounds[0]}startTime, endTime${bounds[1]}`;

/** A vendor with such bounds that holds these attacks, and refuses what is too long. */
const holding = (all: readonly Attack[], bounds: Bounds = ['[', ']'], unit = 1, cap = Infinity) =>
  start((asked) => {
    if (asked.until - asked.from > 300_000) return { status: 400, body: { errorMessages: ['time range'] } };
    return { body: answer(within(all, asked, bounds, unit).slice(0, cap)) };
  });

/** An attack at every instant where something could go wrong. */
function edgesOf({ from, until }: Interval): readonly Attack[] {
  const edges = [from, until].flatMap((edge) => [-SECOND, -2, -1, 0, 1, SECOND].map((offset) => edge + offset));
  return edges.map((time) => attack(time));
}

describe.each(EVERY_BOUNDS.map((bounds) => [shown(bounds), bounds] as const))('a vendor with %s', (_, bounds) => {
  it.each([5 * MINUTE, 5 * MINUTE - SECOND, 4 * MINUTE, SECOND])(
    'gives each attack of three windows of %d ms to one of them',
    async (length) => {
      const { until: end } = fiveMinutes();
      const windows = [0, 1, 2].map((i) => ({ from: end + (i - 3) * length, until: end + (i - 2) * length }));
      const all = windows.flatMap(edgesOf).filter(({ attackTime }, i, list) => {
        return list.findIndex((one) => one.attackTime === attackTime) === i;
      });
      const { stream } = await holding(all, bounds);
      for (const window of windows) {
        const inside = all.filter(({ attackTime }) => isIn(window, Date.parse(attackTime)));
        expect(await walk(stream, window)).toEqual(texts(inside));
      }
    },
  );

  it('loses none either when it compares whole seconds only', async () => {
    const window = fiveMinutes();
    const all = edgesOf(window);
    const { stream } = await holding(all, bounds, SECOND);
    expect(await walk(stream, window)).toEqual(
      texts(all.filter(({ attackTime }) => isIn(window, Date.parse(attackTime)))),
    );
  });

  it('gives equal attacks without a requestId as often as there are, where two requests overlap too', async () => {
    const window = fiveMinutes();
    const times = [
      window.until - 500,
      window.until - 500,
      window.until - 1,
      window.until - 1,
      window.from,
      window.from,
    ];
    const all = times.map((time) => attack(time, { requestId: '-' }));
    const { stream } = await holding(all, bounds);
    const { held, pages } = await walked(stream, window);
    expect([...held.values()].toSorted()).toEqual(texts(all));
    // The overlap is ours: it must not show as repeats of the vendor.
    expect(pages.map(({ records }) => records.length)).toEqual([all.length]);
  });
});

const isIn = ({ from, until }: Interval, time: number): boolean => time >= from && time < until;

describe('what is asked for', () => {
  it('has every instant of a window strictly inside, and is never longer than the vendor allows', () => {
    const lengths = fc.integer({ min: 1, max: 300 }).map((seconds) => seconds * SECOND);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2e9 }), lengths, fc.nat(), (start, length, pick) => {
        const window = { from: start * SECOND, until: start * SECOND + length };
        const requests = requestsFor(window);
        for (const { from, until } of requests) expect(until - from).toBeLessThanOrEqual(300_000);
        for (const time of [window.from, window.until - 1, window.from + (pick % length)]) {
          expect(requests.some(({ from, until }) => from < time && time < until)).toBe(true);
        }
        expect(requests.length).toBe(length === 300_000 ? 2 : 1);
      }),
    );
  });

  it('is text in milliseconds, for the website and the type of the stream', async () => {
    const { from, until } = fiveMinutes();
    const { stream, asked } = await start(() => ({ body: answer([]) }), { settings: { eventType: 'Block' } });
    await stream.fetchPage({ from, until }, null, live());
    const bodies = asked().map(({ seen }) => JSON.parse(seen.body) as unknown);
    const rest = { websiteName: 'www.example.com', eventType: 'Block' };
    expect(bodies).toEqual([
      { startTime: String(from - 1), endTime: String(until - 1), ...rest },
      { startTime: String(until - 1001), endTime: String(until), ...rest },
    ]);
    expect(asked()[0]?.seen).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } });
  });

  it('is no window that is longer than five minutes', async () => {
    const { from, until } = fiveMinutes();
    const { stream, vendor } = await start(() => ({ body: answer([]) }));
    const failure = await failureOf(stream.fetchPage({ from: from - SECOND, until }, null, live()));
    expect(failure.name).toBe('window-too-large');
    expect(vendor.seen).toEqual([]);
  });
});

describe('a round number of attacks', () => {
  it('is looked into: all 2,340 are found where the vendor stops at 1,000', async () => {
    const window = fiveMinutes();
    const all = attacks(window, 2340);
    const { stream } = await holding(all, ['[', ']'], 1, 1000);
    const { held } = await walked(stream, window);
    expect([...held.values()].toSorted()).toEqual(texts(all));
  });

  it('is looked into for each website, where the cap is one of each', async () => {
    const window = fiveMinutes();
    const [one, other] = [attacks(window, 1500), attacks(window, 17)];
    const { source } = await start(
      (asked) => ({
        body: {
          successMessage: 'Success',
          data: [
            { websiteName: 'a.example.com', attacks: within(one, asked).slice(0, 1000) },
            { websiteName: 'b.example.com', attacks: within(other, asked) },
          ],
        },
      }),
      { settings: { websites: [] } },
    );
    const stream = source.streams[0];
    if (stream?.shape !== 'window') throw new Error('expected windows');
    const { held } = await walked(stream, window);
    expect([...held.values()].toSorted()).toEqual(texts([...one, ...other]));
  });

  it('that is the truth stays what it is, without a note', async () => {
    const window = fiveMinutes();
    const all = attacks(window, 2000, (i) => (i % 3 === 0 ? { requestId: null } : {}));
    const { stream, asked } = await holding(all);
    const { held, pages } = await walked(stream, window);
    expect([...held.values()].toSorted()).toEqual(texts(all));
    expect(pages.flatMap(({ note }) => note ?? [])).toEqual([]);
    expect(asked().length).toBeLessThan(10);
  });

  it('is noted when not even a second has fewer, and the walk ends', async () => {
    const { from } = fiveMinutes();
    const window = { from, until: from + 4 * SECOND };
    const all = attacks({ from: from + SECOND, until: from + 2 * SECOND }, 1700);
    const { stream } = await holding(all, ['[', ')'], 1, 1000);
    const { pages, held } = await walked(stream, window);
    expect(held.size).toBe(1000);
    expect(pages.flatMap(({ note }) => note ?? [])).toEqual([
      expect.stringMatching(/^\[.*:01Z, .*:02Z\) brought 1000 attacks, a round number/),
    ]);
  });

  it('in every second of five minutes is walked to the end', async () => {
    const window = fiveMinutes();
    const many = Array.from({ length: 1000 }, () => attack(0));
    const { stream, asked } = await start(({ from }) => ({
      body: answer(many.map((one) => ({ ...one, attackTime: new Date(from + 1).toISOString() }))),
    }));
    const { pages } = await walked(stream, { ...window, from: window.until - 16 * SECOND });
    expect(pages).toHaveLength(31);
    expect(asked()).toHaveLength(31);
  });

  it('that is cut as five minutes are is found for each half in one request', async () => {
    const window = fiveMinutes();
    const all = attacks(window, 1200);
    const { stream, asked } = await holding(all, ['(', ')'], 1, 1000);
    const { held } = await walked(stream, window);
    expect(held.size).toBe(1200);
    expect(asked()).toHaveLength(3);
  });
});

describe('a cursor', () => {
  const cursorOf = (eventType: string | null, ...bounds: unknown[]): string => JSON.stringify({ eventType, bounds });

  it('goes on in another process, where it stood', async () => {
    const window = fiveMinutes();
    const all = attacks(window, 1500);
    const first = await holding(all, ['[', ']'], 1, 1000);
    const { next } = await first.stream.fetchPage(window, null, live());
    const second = await holding(all, ['[', ']'], 1, 1000);
    const page = await second.stream.fetchPage(window, JSON.parse(JSON.stringify(next)) as string, live());
    expect(page.records.length).toBe(750);
  });

  const { from, until } = fiveMinutes();
  it.each([
    ['', 'unexpected-answer'],
    ['null', 'unexpected-answer'],
    ['{"bounds":[1,2]}', 'unexpected-answer'],
    [cursorOf(null, from), 'unexpected-answer'],
    [cursorOf(null, from, '5'), 'unexpected-answer'],
    [cursorOf(null, from, until + SECOND), 'unexpected-answer'],
    [cursorOf(null, from - SECOND, until), 'unexpected-answer'],
    [cursorOf(null, from + SECOND, from, until), 'unexpected-answer'],
    [cursorOf(null, from, from, until), 'unexpected-answer'],
    [cursorOf('Log', from, until), 'cursor-expired'],
  ])('that is %s is %s, and nothing is sent', async (cursor, name) => {
    const { stream, vendor } = await holding([]);
    expect((await failureOf(stream.fetchPage({ from, until }, cursor, live()))).name).toBe(name);
    expect(vendor.seen).toEqual([]);
  });
});
