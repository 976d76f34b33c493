import { describe, expect, it } from 'vitest';
import { CursorExpired, CursorStuck, UnexpectedAnswer } from '../../src/core/failures.ts';
import type { Page, WindowStream } from '../../src/core/contract.ts';
import { DAY, dayOf, floorTo, HOUR } from '../../src/core/time.ts';
import { queryOf, start, windowStream, type Options } from './group-ib.scripted.ts';
import type { Reply, ScriptedVendor } from './scripted-vendor.ts';
import { failureOf, live } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

const day = floorTo(Date.now(), DAY) - 3 * DAY;
const window = { from: day, until: day + DAY };
const reaper: Options = { settings: { collections: [{ name: 'compromised/reaper' }] } };

const upload = (id: string, instant: number): string =>
  `{"id":"${id}","uploadTime":"${new Date(instant).toISOString().slice(0, 19)}"}`;

const page = (items: readonly string[], rest: Readonly<Record<string, unknown>> = {}): string =>
  `{"items":[${items.join(',')}]${Object.entries(rest)
    .map(([key, value]) => `,"${key}":${JSON.stringify(value)}`)
    .join('')}}`;

async function open(
  answer: (query: URLSearchParams, nth: number) => Reply,
  options = reaper,
): Promise<{ stream: WindowStream; vendor: ScriptedVendor; asked: () => readonly URLSearchParams[] }> {
  let nth = 0;
  const { source, vendor } = await start((request) => answer(queryOf(request).query, (nth += 1)), options);
  return { stream: windowStream(source), vendor, asked: () => vendor.seen.map((one) => queryOf(one).query) };
}

async function pages(stream: WindowStream): Promise<readonly Page[]> {
  const all: Page[] = [];
  let cursor: string | null = null;
  do {
    const one: Page = await stream.fetchPage(window, cursor, live());
    all.push(one);
    cursor = one.next;
  } while (cursor !== null && all.length < 50);
  return all;
}

describe('a day of uploads', () => {
  it('is searched by its date and the next, and gone on with by resultId alone', async () => {
    const { stream, vendor, asked } = await open((_, nth) => ({
      body:
        nth === 3
          ? page([], { count: 3 })
          : page([upload(`u${nth}`, day + HOUR * nth)], { count: 2, resultId: `r${nth}` }),
    }));
    expect((await pages(stream)).flatMap(({ records }) => records)).toHaveLength(2);
    expect(vendor.seen[0]?.url.split('?')[0]).toBe('/api/v2/compromised/reaper');
    expect(asked().map((query) => Object.fromEntries(query))).toEqual([
      { df: dayOf(day), dt: dayOf(day + DAY), limit: '100' },
      { resultId: 'r1', limit: '100' },
      { resultId: 'r2', limit: '100' },
    ]);
  });

  it('of the breached collection is asked for by hunting rules', async () => {
    const { stream, asked } = await open(() => ({ body: page([], { count: 0 }) }), {
      settings: { collections: [{ name: 'compromised/breached' }] },
    });
    await pages(stream);
    expect(asked()[0]?.get('apply_hunting_rules')).toBe('1');
  });

  it('takes a time without a zone for UTC, and leaves out what was uploaded on the day after', async () => {
    const items = [
      upload('after', day + DAY),
      upload('last', day + DAY - 1_000),
      upload('first', day),
      upload('before', day - 1_000),
    ];
    const { stream } = await open((_, nth) => ({
      body: nth === 1 ? page(items, { count: 4, resultId: 'r' }) : page([]),
    }));
    const all = await pages(stream);
    const found = all.flatMap(({ records }) => records.map((record) => stream.identify(record)));
    expect(found.map(({ id }) => id.split('@')[0])).toEqual(['last', 'first']);
    expect(found.map(({ time }) => time)).toEqual([day + DAY - 1_000, day]);
    expect(all.at(-1)?.reported).toBe(2);
  });

  it('keeps what does not say when it was uploaded, at the beginning of the window', async () => {
    const { stream } = await open((_, nth) => ({
      body:
        nth === 1 ? page(['{"id":"a","uploadTime":null}', '{"id":"b","uploadTime":""}'], { resultId: 'r' }) : page([]),
    }));
    const found = (await pages(stream)).flatMap(({ records }) => records.map((record) => stream.identify(record)));
    expect(found.map(({ time }) => time)).toEqual([day, day]);
  });

  it('gives an item the hash of its bytes for a version, as it has no number', async () => {
    const { stream } = await open((_, nth) => ({
      body: nth === 1 ? page([upload('a', day)], { resultId: 'r' }) : page([]),
    }));
    const [first] = await pages(stream);
    expect(first?.records.map((record) => stream.identify(record).id)).toEqual([
      expect.stringMatching(/^a@[0-9a-f]{64}$/),
    ]);
  });

  it('ends with an answer without items, not with a short one, and the resultId may stay the same', async () => {
    const { stream } = await open((_, nth) => ({
      body: nth <= 5 ? page([upload(`u${nth}`, day)], { count: 5, resultId: 'r' }) : page([], { count: 5 }),
    }));
    expect((await pages(stream)).flatMap(({ records }) => records)).toHaveLength(5);
  });

  it('is opened again when it ends with fewer items than there are: a page got lost', async () => {
    const { stream } = await open((_, nth) => ({
      body: nth <= 2 ? page([upload(`u${nth}`, day)], { count: 3, resultId: `r${nth}` }) : page([], { count: 3 }),
    }));
    const failure = await failureOf(pages(stream));
    expect(failure).toBeInstanceOf(CursorExpired);
    expect(failure.message).toContain('2 of 3');
  });

  it.each([400, 404, 410])('is opened again when the vendor refuses the resultId by status %d', async (status) => {
    const { stream } = await open((_, nth) =>
      nth === 1
        ? { body: page([upload('a', day)], { count: 2, resultId: 'r' }) }
        : { status, body: { message: 'gone' } },
    );
    expect(await failureOf(pages(stream))).toBeInstanceOf(CursorExpired);
  });

  it('is not opened again when the search itself is refused', async () => {
    const { stream } = await open(() => ({ status: 404 }));
    expect(await failureOf(pages(stream))).toBeInstanceOf(UnexpectedAnswer);
  });

  it('asks for less when it takes too long, and goes on with that', async () => {
    const { stream, asked } = await open((query, nth) => {
      if (Number(query.get('limit')) > 30) return { status: 504 };
      return { body: nth < 5 ? page([upload(`u${nth}`, day)], { resultId: 'r' }) : page([]) };
    });
    const all = await pages(stream);
    expect(all.flatMap(({ records }) => records)).toHaveLength(2);
    expect(asked().map((query) => query.get('limit'))).toEqual(['100', '50', '25', '25', '25']);
    expect(all[0]?.note).toContain('asked for 50 at once');
  });

  it('is a vendor that is not available where it cannot serve a single item', async () => {
    const { stream, asked } = await open(() => ({ status: 504 }));
    expect((await failureOf(pages(stream))).name).toBe('unavailable');
    expect(asked().at(-1)?.get('limit')).toBe('1');
  });

  it('is stopped when the vendor serves the same items again, or more than there are', async () => {
    const same = await open(() => ({ body: page([upload('a', day)], { resultId: 'r' }) }));
    expect(await failureOf(pages(same.stream))).toBeInstanceOf(CursorStuck);
    const items = (nth: number): string[] => Array.from({ length: 200 }, (_, i) => upload(`u${nth % 2}-${i}`, day));
    const round = await open((_, nth) => ({ body: page(items(nth), { count: 10, resultId: 'r' }) }));
    expect(await failureOf(pages(round.stream))).toBeInstanceOf(CursorStuck);
  });

  it('cannot go on without a resultId', async () => {
    const { stream } = await open(() => ({ body: page([upload('a', day)], { count: 3 }) }));
    expect(await failureOf(pages(stream))).toBeInstanceOf(UnexpectedAnswer);
  });

  it('refuses a cursor that it did not write', async () => {
    const { stream, vendor } = await open(() => ({ body: page([]) }));
    for (const cursor of ['', '{}', '{"resultId":3}', 'null']) {
      expect(await failureOf(stream.fetchPage(window, cursor, live()))).toBeInstanceOf(UnexpectedAnswer);
    }
    expect(vendor.seen).toEqual([]);
  });

  it('of a collection with uploads is never asked for at `/updated`', async () => {
    const { stream, vendor } = await open(({ size }) => ({ body: size > 0 ? page([]) : '{}' }));
    await pages(stream);
    expect(vendor.seen.every(({ url }) => !url.includes('/updated'))).toBe(true);
  });
});
