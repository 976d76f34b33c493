import { describe, expect, it } from 'vitest';
import type { Page, SourceRecord, WindowStream } from '../../src/core/contract.ts';
import { DAY, HOUR, MINUTE, SECOND, floorTo, type Interval } from '../../src/core/time.ts';
import type { Reply } from './scripted-vendor.ts';
import {
  anHour,
  answer,
  at,
  COLUMNS,
  hits,
  start,
  texts,
  within,
  type Answer,
  type Asked,
  type Bounds,
  type Cells,
  type Options,
  type Scripted,
} from './instart.scripted.ts';
import { failureOf, live } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

const BOUNDS: readonly Bounds[] = [
  ['[', ']'],
  ['[', ')'],
  ['(', ']'],
  ['(', ')'],
];

/** A vendor that holds these rows. */
function holding(rows: readonly Cells[], options: Options = {}, bounds?: Bounds): Promise<Scripted> {
  return start((asked) => ({ body: answer(asked, within(rows, asked, bounds)) }), options);
}

const settings = (rowsPerPage: number): Options => ({
  settings: { rowsPerPage, streams: { events: { kind: 'events', dimensions: COLUMNS } } },
});

async function pages(stream: WindowStream, window: Interval, cursor: string | null = null): Promise<readonly Page[]> {
  const all: Page[] = [];
  let next = cursor;
  do {
    const page = await stream.fetchPage(window, next, live());
    all.push(page);
    next = page.next;
  } while (next !== null);
  return all;
}

const recordsOf = (all: readonly Page[]): readonly SourceRecord[] => all.flatMap(({ records }) => records);
const textsOf = (all: readonly Page[]): readonly string[] =>
  recordsOf(all)
    .map(({ bytes }) => Buffer.from(bytes).toString('utf8'))
    .toSorted();
const idsOf = (stream: WindowStream, all: readonly Page[]): readonly string[] =>
  recordsOf(all)
    .map((record) => stream.identify(record).id)
    .toSorted();

describe('an hour of events', () => {
  const window = anHour();

  it('costs one request when one answer holds it', async () => {
    const rows = hits(window, 300);
    const { stream, asked } = await holding(rows);
    const all = await pages(stream, window);
    expect(textsOf(all)).toEqual(texts(rows));
    expect(all.at(-1)?.reported).toBe(300);
    expect(asked()).toHaveLength(1);
  });

  it('costs one request when there is nothing', async () => {
    const { stream, asked } = await holding([]);
    expect(await stream.fetchPage(window, null, live())).toEqual({ records: [], next: null, reported: 0 });
    expect(asked()).toHaveLength(1);
  });

  it('is cut until each answer holds its span, two requests at most for each', async () => {
    const rows = hits(window, 26_584);
    const { stream, asked } = await holding(rows);
    const all = await pages(stream, window);
    expect(textsOf(all)).toEqual(texts(rows));
    expect(all.at(-1)?.reported).toBe(26_584);
    expect(new Set(idsOf(stream, all)).size).toBe(26_584);
    expect(asked().length).toBeLessThanOrEqual(2 * all.length);
  });

  it.each(BOUNDS)('is exactly [from, until) when the vendor takes its bounds as %s%s', async (...bounds) => {
    const edges = [window.from - SECOND, window.from, window.until - SECOND, window.until, window.from + HOUR / 2];
    const rows = [
      ...hits(window, 900),
      ...edges.flatMap((time) => [...Array(3).keys()].map((n) => [at(time), 'edge', `D${n}`, n])),
    ];
    const inside = rows.filter(([time]) => String(time) >= at(window.from) && String(time) < at(window.until));
    for (const size of [10_000, 100, 7]) {
      const { stream } = await holding(rows, settings(size), bounds);
      const all = await pages(stream, window);
      expect(textsOf(all)).toEqual(texts(inside));
      expect(new Set(idsOf(stream, all)).size).toBe(inside.length);
      expect(all.at(-1)?.reported).toBe(inside.length);
    }
  });

  it('takes fractions of a second for what they are', async () => {
    const rows: Cells[] = [
      [`${at(window.from - SECOND)}.999`, 'before', 'D1', 1],
      [`${at(window.from)}.000`, 'first', 'D1', 1],
      [`${at(window.until - SECOND)}.999999`, 'last', 'D1', 1],
      [`${at(window.until)}.001`, 'after', 'D1', 1],
    ];
    const { stream } = await start((asked) => ({ body: answer(asked, rows) }));
    const all = await pages(stream, window);
    expect(textsOf(all)).toEqual(texts(rows.slice(1, 3)));
  });

  it('goes in longer steps again after a burst', async () => {
    const burst = { from: window.from, until: window.from + MINUTE };
    const rows = [...hits(burst, 2000), ...hits({ from: burst.until, until: window.until }, 100)];
    const { stream, asked } = await holding(rows, settings(500));
    const all = await pages(stream, window);
    expect(textsOf(all)).toEqual(texts(rows));
    expect(asked().length).toBeLessThan(40);
  });

  it('holds two equal hits of one second as two, and brings the same ids in whatever order rows and columns come', async () => {
    const rows = hits(window, 500);
    const straight = await holding(rows, settings(200));
    const first = idsOf(straight.stream, await pages(straight.stream, window));
    expect(new Set(first).size).toBe(500);
    const turned = ['client_asn', 'event_timestamp_ms', 'rule_id', 'client_ip'];
    const other = await start((asked) => {
      const found = within(rows, asked).map(([time = '', ip = '', rule = '', asn = '']) => [asn, time, rule, ip]);
      return { body: answer(asked, found.toReversed(), turned) };
    }, settings(10_000));
    const again = await pages(other.stream, window);
    expect(idsOf(other.stream, again)).toEqual(first);
    expect(recordsOf(again)[0]?.context).toEqual({ columns: turned });
  });

  it('adds a late event, and nothing else, when it is extracted again', async () => {
    const rows = hits(window, 400);
    const twin = rows[7] ?? [];
    const held = [...rows];
    const { stream } = await holding(held, settings(150));
    const first = new Set(idsOf(stream, await pages(stream, window)));
    held.splice(3, 0, twin);
    const again = idsOf(stream, await pages(stream, window));
    expect(again).toHaveLength(401);
    expect(again.filter((id) => !first.has(id))).toHaveLength(1);
    expect([...first].filter((id) => !again.includes(id))).toEqual([]);
  });

  it('asks for the time by name, once, and takes an answer that puts it first by itself', async () => {
    const { stream, asked } = await holding(hits(window, 3), {
      settings: {
        streams: {
          events: { kind: 'events', dimensions: ['client_ip', 'event_timestamp_ms', 'rule_id', 'client_asn'] },
        },
      },
    });
    await pages(stream, window);
    expect(asked()[0]?.query.get('dimensions')).toBe('event_timestamp_ms,client_ip,rule_id,client_asn');
  });
});

describe('a vendor that gives fewer rows than asked for', () => {
  const window = anHour();
  const rows = hits(window, 3000);

  it('and says so in its echo is asked for no more than that, and a person hears of it', async () => {
    const { stream, asked } = await start((asked) => {
      const limit = Math.min(asked.limit, 400);
      return { body: answer({ ...asked, limit }, within(rows, asked)) };
    });
    const all = await pages(stream, window);
    expect(textsOf(all)).toEqual(texts(rows));
    expect(asked().filter(({ limit }) => limit > 400)).toHaveLength(1);
    expect(all.map(({ note }) => note).join()).toContain('at most 400 rows');
  });

  it('and says nothing is found out by its total', async () => {
    const { stream } = await start((asked) => {
      const body = answer(asked, within(rows, asked));
      return { body: { ...body, rows: body.rows.slice(0, 400) } };
    });
    const all = await pages(stream, window);
    expect(textsOf(all)).toEqual(texts(rows));
    expect(all.at(-1)?.reported).toBe(3000);
  });

  it('is never taken for complete when it forgets the limit altogether', async () => {
    const { stream } = await start((asked) => {
      const body = answer(asked, within(rows, asked));
      return { body: { ...body, query: { ...body.query, limit: 10 }, rows: body.rows.slice(0, 10) } };
    });
    const all = await pages(stream, window);
    expect(textsOf(all)).toEqual(texts(rows));
  });
});

describe('a total that moves', () => {
  const window = anHour();

  it('is asked for again until it agrees with the rows', async () => {
    const rows = hits(window, 100);
    let answers = 0;
    const { stream } = await start((asked) => {
      answers += 1;
      const body = answer(asked, rows);
      return { body: answers < 3 ? { ...body, rows: body.rows.slice(0, 93 + answers) } : body };
    });
    const all = await pages(stream, window);
    expect(textsOf(all)).toEqual(texts(rows));
    expect(answers).toBe(3);
  });

  it('and never settles is an unexpected answer after three tries', async () => {
    let answers = 0;
    const { stream } = await start((asked) => {
      const body = answer(asked, hits(window, 50 + (answers += 1)));
      return { body: { ...body, rows: body.rows.slice(1) } };
    });
    const failure = await failureOf(stream.fetchPage(window, null, live()));
    expect(failure.name).toBe('unexpected-answer');
    expect(failure.message).toContain('does not settle');
    expect(answers).toBe(3);
  });

  it('that is always above the rows, however small the span, is an unexpected answer', async () => {
    const rows = hits(window, 300);
    const { stream } = await start((asked) => {
      const body = answer(asked, within(rows, asked));
      return { body: { ...body, total_results: body.total_results + 1 } };
    });
    expect((await failureOf(pages(stream, window))).name).toBe('unexpected-answer');
  });
});

describe('a vendor that takes too long', () => {
  const window = anHour();
  const rows = hits(window, 900);

  it('is asked for less: by a 504', async () => {
    const { stream, asked } = await start(
      (asked) => (asked.limit > 300 ? { status: 504 } : { body: answer(asked, within(rows, asked)) }),
      settings(2000),
    );
    const all = await pages(stream, window);
    expect(textsOf(all)).toEqual(texts(rows));
    expect(asked().filter(({ limit }) => limit > 300)).toHaveLength(3);
  });

  it('is asked for less: by silence', async () => {
    const { stream } = await start(
      (asked) =>
        asked.limit > 1500 ? new Promise<Reply>(() => undefined) : { body: answer(asked, within(rows, asked)) },
      { ...settings(2000), patience: 150 },
    );
    const first = await stream.fetchPage(window, null, live());
    expect(first.records).toEqual([]);
    expect(textsOf(await pages(stream, window, first.next))).toEqual(texts(rows));
  });

  it('and cannot be asked for less is unavailable, and so is one that is not there at all, at once', async () => {
    const slow = await start(() => ({ status: 504 }), settings(100));
    const second = { from: window.from, until: window.from + SECOND };
    expect((await failureOf(slow.stream.fetchPage(second, null, live()))).name).toBe('unavailable');
    expect(slow.asked()).toHaveLength(1);
    const gone = await start(() => ({ status: 503 }));
    expect((await failureOf(gone.stream.fetchPage(window, null, live()))).name).toBe('unavailable');
    expect(gone.asked()).toHaveLength(1);
  });
});

describe('a second with more rows than one answer holds', () => {
  const window = anHour();
  const moment = window.from + 10 * MINUTE;
  const burst: readonly Cells[] = [
    ...Array.from({ length: 95 }, (_, i): Cells => [at(moment), `10.0.0.${i % 9}`, `D${i % 4}`, i % 3]),
    [at(moment - SECOND), 'before', 'D1', 1],
    [at(moment + SECOND), 'after', 'D1', 1],
  ];

  it.each(BOUNDS)('is read by start, sorted by all columns, bounds %s%s', async (...bounds) => {
    const { stream, asked } = await holding([...burst, ...hits(window, 200)], settings(20), bounds);
    const all = await pages(stream, window);
    expect(textsOf(all)).toEqual(texts([...burst, ...hits(window, 200)]));
    expect(new Set(idsOf(stream, all)).size).toBe(burst.length + 200);
    expect(all.at(-1)?.reported).toBe(burst.length + 200);
    const paged = asked().filter(({ query }) => query.has('sortby'));
    expect(new Set(paged.map(({ query }) => query.get('sortby')))).toEqual(
      new Set(['event_timestamp_ms,client_ip,rule_id,client_asn']),
    );
    expect(
      asked()
        .filter(({ query }) => query.has('start'))
        .every(({ query }) => query.has('sortby')),
    ).toBe(true);
  });

  it('gives equal rows numbers that go on over a border of pages, in another process', async () => {
    const same = Array.from({ length: 50 }, (): Cells => [at(moment), '10.0.0.1', 'D1', 1]);
    const small = await holding(same, settings(8));
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const other = await holding(same, settings(8));
      const page: Page = await other.stream.fetchPage(window, cursor, live());
      ids.push(...page.records.map((record) => other.stream.identify(record).id));
      cursor = page.next === null ? null : (JSON.parse(JSON.stringify(page.next)) as string);
    } while (cursor !== null);
    const large = await holding(same);
    expect(ids.toSorted()).toEqual(idsOf(large.stream, await pages(large.stream, window)));
    expect(idsOf(small.stream, await pages(small.stream, window))).toEqual(ids.toSorted());
  });

  it('is read again from its first row when rows come while it is read, and none is missed', async () => {
    let late: readonly Cells[] = [];
    const { stream } = await start((asked) => {
      if (asked.start >= 40) late = [[at(moment), '10.0.0.0', 'A-first', 0]];
      return { body: answer(asked, within([...burst, ...late], asked)) };
    }, settings(20));
    const all = await pages(stream, window);
    expect(new Set(textsOf(all))).toEqual(new Set(texts([...burst, ...late])));
    expect(new Set(idsOf(stream, all)).size).toBe(burst.length + 1);
    expect(all.at(-1)?.reported).toBe(burst.length + 1);
  });

  const paged = (tweak: (body: Answer, asked: Asked) => Reply) => (asked: Asked) =>
    tweak(answer(asked, within(burst, asked)), asked);
  const wrong: readonly (readonly [string, (asked: Asked) => Reply, string])[] = [
    [
      'a vendor that refuses start',
      paged((body, { start }) =>
        start > 0 ? { status: 400, body: { message: 'unknown parameter start' } } : { body },
      ),
      'unknown parameter start',
    ],
    [
      'a vendor that ignores start',
      (asked) => ({ body: answer({ ...asked, start: 0 }, within(burst, asked)) }),
      '`start` has no effect',
    ],
    [
      'a vendor that does not sort',
      (asked) => {
        const unsorted = new URLSearchParams(asked.query);
        unsorted.delete('sortby');
        return { body: answer(asked, within(burst, { ...asked, query: unsorted })) };
      },
      'not sorted as asked',
    ],
    [
      'rows that run out early',
      paged((body, { start }) => ({ body: start > 40 ? { ...body, rows: [] } : body })),
      'no rows from row',
    ],
    [
      'rows that keep coming',
      (asked) => {
        const more = Array.from({ length: asked.start }, (_, i): Cells => [at(moment), 'x', 'D1', i]);
        return { body: answer(asked, within([...burst, ...more], asked)) };
      },
      'does not settle',
    ],
    [
      'a column that cannot be sorted by',
      (asked) => ({
        body: answer(
          asked,
          within(burst, asked).map((cells) => [...cells, 'x']),
          [...COLUMNS, 'extra'],
        ),
      }),
      'raise `rowsPerPage`',
    ],
  ];
  it.each(wrong)('is an unexpected answer with %s, and says so', async (_, tweak, words) => {
    const { stream } = await start(tweak, settings(20));
    const failure = await failureOf(pages(stream, window));
    expect(failure.name).toBe('unexpected-answer');
    expect(failure.message).toContain(words);
  });
});

describe('a walk goes on', () => {
  const window = anHour();

  it('from any of its cursors, in another process, with the same rows and the same count', async () => {
    const rows = hits(window, 700);
    const { stream } = await holding(rows, settings(100));
    const all = await pages(stream, window);
    for (const [i, { next }] of all.entries()) {
      if (next === null) continue;
      const other = await holding(rows, settings(100));
      const rest = await pages(other.stream, window, JSON.parse(JSON.stringify(next)) as string);
      expect(textsOf([...all.slice(0, i + 1), ...rest])).toEqual(texts(rows));
      expect(rest.at(-1)?.reported).toBe(700);
    }
  });

  it.each(['', 'x', '{}', 'null', '[1]', '{"at":1}', '\u0000'])(
    'never from a cursor that is none: %j',
    async (cursor) => {
      const { stream, asked } = await holding([]);
      expect((await failureOf(stream.fetchPage(window, cursor, live()))).name).toBe('unexpected-answer');
      expect(asked()).toEqual([]);
    },
  );

  it('never from the cursor of another window, and opens the window again when the query has been changed since', async () => {
    const rows = hits(window, 700);
    const { stream } = await holding(rows, settings(100));
    const { next } = await stream.fetchPage(window, null, live());
    const other = { from: window.from - DAY, until: window.until - DAY };
    expect((await failureOf(stream.fetchPage(other, next, live()))).name).toBe('unexpected-answer');
    const changed = await holding(rows, {
      settings: { streams: { events: { kind: 'events', dimensions: ['client_ip'] } } },
    });
    expect((await failureOf(changed.stream.fetchPage(window, next, live()))).name).toBe('cursor-expired');
  });
});

describe('what the vendor forgets at midnight', () => {
  const midnight = floorTo(Date.now(), DAY);

  it('is told as passed, not as empty, when midnight comes between the question and the answer', async () => {
    let now = midnight - 100;
    const { stream } = await start(
      (asked) => {
        now = midnight + 100;
        return { body: answer(asked, []), headers: { date: new Date(now).toUTCString() } };
      },
      { clock: () => now },
    );
    const oldest = midnight - 4 * DAY;
    const failure = await failureOf(stream.fetchPage({ from: oldest, until: oldest + HOUR }, null, live()));
    expect(failure.name).toBe('retention-passed');
  });

  it('is kept for three days and what has elapsed of this one', async () => {
    const rows: readonly Cells[] = [];
    const now = midnight + 13 * HOUR;
    const { stream, asked } = await start(
      (asked) => ({ body: answer(asked, rows), headers: { date: new Date(now).toUTCString() } }),
      { clock: () => now },
    );
    const oldest = midnight - 3 * DAY;
    expect((await stream.fetchPage({ from: oldest, until: oldest + HOUR }, null, live())).next).toBeNull();
    expect(asked()).toHaveLength(1);
    expect((await failureOf(stream.fetchPage({ from: oldest - HOUR, until: oldest }, null, live()))).name).toBe(
      'retention-passed',
    );
    expect(asked()).toHaveLength(1);
  });

  it('is judged by the vendor’s clock, also when the answer is the first to tell it', async () => {
    const { stream } = await start((asked) => ({ body: answer(asked, []) }), { clock: () => Date.now() - 5 * DAY });
    const from = floorTo(Date.now() - 6 * DAY, HOUR);
    expect((await failureOf(stream.fetchPage({ from, until: from + HOUR }, null, live()))).name).toBe(
      'retention-passed',
    );
  });
});
