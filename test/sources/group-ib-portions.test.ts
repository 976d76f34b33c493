import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CursorStuck, UnexpectedAnswer, WindowTooLarge } from '../../src/core/failures.ts';
import { held, holding, queryOf, start, updated, type Held, type Rules } from './group-ib.scripted.ts';
import { follow, texts } from './sequence-source.contract.ts';
import { failureOf, live } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

const modes = ['>', '>='] as const;
const many = (count: number, seq: (i: number) => bigint): readonly Held[] =>
  Array.from({ length: count }, (_, i) => held(`item-${i}`, seq(i)));
const inOrder = (items: readonly Held[]): readonly string[] => items.map(({ text }) => text).toSorted();

/** Every text that a walk hands out, in order. */
async function walked(items: readonly Held[], rules: Rules, size: number, cursor = '1'): Promise<readonly string[]> {
  const { stream } = await holding(items, rules);
  return (await follow(stream, cursor, size)).flatMap(texts);
}

/** How far a sequence of steps has come; no more than three places have one number, as a vendor that serves four at once can serve no more. */
function numberAt(steps: readonly number[], i: number): number {
  let [number, run] = [0, 0];
  for (const step of steps.slice(0, i + 1)) {
    run = step === 0 && run < 3 ? run + 1 : 1;
    number += step === 0 && run === 1 ? 1 : step;
  }
  return number;
}

describe.each(modes)('where answers begin %s the number asked for', (mode) => {
  it('hands out three items with one number once each, though an answer ends between them', async () => {
    const items = [held('a', 10n), held('b', 20n), held('c', 20n), held('d', 20n), held('e', 30n)];
    for (const size of [1, 2, 3, 4, 5, 6]) {
      expect(await walked(items, { mode }, size), `size ${size}`).toEqual(items.map(({ text }) => text));
    }
  });

  it('hands out an item that comes late with the number that was the last', async () => {
    const items = [held('a', 10n), held('b', 20n)];
    const { stream } = await holding(items, { mode });
    const first = await stream.fetchPortion('1', 100, live());
    items.push(held('late', 20n));
    const second = await stream.fetchPortion(first.cursor, 100, live());
    expect(texts(second)).toEqual([items[2]?.text]);
    expect((await stream.fetchPortion(second.cursor, 100, live())).records).toEqual([]);
  });

  it.each([90, 130, 300, 499])('asks for more until it has all of %d items with one number', async (group) => {
    const items = [held('a', 19n), ...many(group, () => 20n), held('z', 21n)];
    for (const size of [10, 100]) {
      const found = await walked(items, { mode }, size);
      expect(found).toHaveLength(items.length);
      expect(found.toSorted()).toEqual(inOrder(items));
    }
  });

  it('hands out a large group at the end of the sequence, and then what comes after it', async () => {
    const items = [...many(300, () => 20n)];
    const { stream } = await holding(items, { mode });
    const all = await follow(stream, '1', 100);
    expect(all.flatMap(texts)).toHaveLength(300);
    const last = all.at(-1);
    expect(last?.cursor).toBe('20!');
    expect(last?.note).toContain('300 items share seqUpdate 20');
    items.push(held('next', 21n));
    expect((await follow(stream, '20!', 100)).flatMap(texts)).toEqual([items.at(-1)?.text]);
  });

  it('is right for any sequence, size, and way of cutting answers short', async () => {
    const rules = fc.record({ clamp: fc.integer({ min: 4, max: 30 }), countless: fc.boolean() });
    const gaps = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(gaps, rules, fc.integer({ min: 1, max: 12 }), async (steps, rest, size) => {
        const items = steps.map((_, i) => held(`i${i}`, 9_007_199_254_740_990n + BigInt(numberAt(steps, i))));
        const { stream, vendor, source } = await holding(items, { mode, ...rest });
        const all = await follow(stream, '9007199254740980', size);
        expect(all.flatMap(texts)).toEqual(items.map(({ text }) => text));
        for (const { cursor } of all) expect(Buffer.byteLength(cursor)).toBeLessThanOrEqual(1024);
        await source.close();
        await vendor.close();
      }),
      { numRuns: 60 },
    );
  });

  it('fails rather than pass by what a vendor does not serve: a group larger than its answers', async () => {
    const items = [...many(30, () => 20n), held('z', 21n)];
    const { stream } = await holding(items, { mode, clamp: 20 });
    const failure = await failureOf(follow(stream, '1', 100));
    expect(failure).toBeInstanceOf(CursorStuck);
    expect(failure.message).toContain('30 items share seqUpdate 20');
  });

  it('fails for a group that is larger than the largest answer', async () => {
    const { stream } = await holding(
      many(700, () => 20n),
      { mode },
    );
    expect(await failureOf(follow(stream, '1', 100))).toBeInstanceOf(CursorStuck);
  });

  it('takes an answer shorter than asked for no end, and only one without items', async () => {
    const items = many(50, (i) => BigInt(10 + i));
    const { stream } = await holding(items, { mode, clamp: 20 });
    const all = await follow(stream, '1', 500);
    expect(all.map(({ records }) => records.length)).toEqual(mode === '>' ? [20, 19, 11] : [20, 18, 12]);
    expect(all.flatMap(texts)).toEqual(items.map(({ text }) => text));
  });

  it('says what is left, as far as the vendor does', async () => {
    const items = many(23, (i) => BigInt(10 + i));
    const counted = await holding(items, { mode });
    const all = await follow(counted.stream, '1', 10);
    expect(all.map(({ remaining }) => remaining)).toEqual(mode === '>' ? [13, 4, 0] : [13, 5, 0]);
    const countless = await holding(items, { mode, countless: true });
    expect(await countless.stream.fetchPortion('1', 10, live())).not.toHaveProperty('remaining');
  });

  it('follows a sequence whose count rises while it is walked along, to its end', async () => {
    const items = [...many(12, (i) => BigInt(10 + i))];
    let next = 22n;
    const { stream } = await start((request) => {
      if (items.length < 40) items.push(held(`new-${next}`, (next += 1n)), held(`newer-${next}`, (next += 1n)));
      return updated(items, queryOf(request).query, { mode });
    });
    const all = await follow(stream, '1', 5);
    expect(all.flatMap(texts).toSorted()).toEqual(inOrder(items));
  });

  it('brings both versions of an item that is updated while it is walked along', async () => {
    const items = [...many(6, (i) => BigInt(10 + i))];
    const { stream } = await holding(items, { mode });
    const first = await stream.fetchPortion('1', 3, live());
    items.splice(1, 1, held('item-1', 30n, '"changed":true'));
    const rest = await follow(stream, first.cursor, 3);
    const ids = [first, ...rest].flatMap(({ records }) => records.map((record) => stream.identify(record).id));
    expect(ids).toEqual(['item-0@10', 'item-1@11', 'item-2@12', 'item-3@13', 'item-4@14', 'item-5@15', 'item-1@30']);
  });

  it('goes on where the last item was updated meanwhile, so that its number is gone', async () => {
    const items = [...many(3, (i) => BigInt(10 + i))];
    const { stream } = await holding(items, { mode });
    const first = await stream.fetchPortion('1', 10, live());
    items.splice(2, 1, held('item-2', 40n));
    expect((await follow(stream, first.cursor, 10)).flatMap(texts)).toEqual([items[2]?.text]);
  });

  it('passes by a crowd before the last number, which has been handed out', async () => {
    const items = [...many(150, () => 19n), held('z', 20n)];
    const { stream } = await holding(items, { mode });
    const all = await follow(stream, '1', 100);
    expect(all.flatMap(texts)).toHaveLength(151);
    items.push(held('next', 25n));
    const more = await follow(stream, all.at(-1)?.cursor ?? '', 100);
    expect(more.flatMap(texts)).toEqual([items.at(-1)?.text]);
  });
});

describe('a sequence number', () => {
  it.each(['9007199254740993', '12345678901234567890123', '1673147825395', '1450014347005001'])(
    'goes back to the digit: %s',
    async (digits) => {
      const items = [held('a', BigInt(digits))];
      const { stream, vendor } = await holding(items);
      const { cursor, records } = await stream.fetchPortion('1', 10, live());
      expect(cursor.split('.')[0]).toBe(digits);
      expect(records.map((record) => stream.identify(record).id)).toEqual([`a@${digits}`]);
      await stream.fetchPortion(cursor, 10, live());
      const asked = vendor.seen.map((request) => queryOf(request).query.get('seqUpdate'));
      expect(asked.slice(1)).toEqual([String(BigInt(digits) - 1n), digits]);
    },
  );

  it('is read from texts, from numbers with a zero fraction, and from the last member of its name', async () => {
    const page =
      '{"seqUpdate":"7","items":[{"id":"a","seqUpdate":"9007199254740993"},{"seqUpdate":3,"id":"b","seqUpdate":9007199254740995.0}],"count":"2"}';
    const { stream } = await start(() => ({ body: page }));
    const { records, cursor, remaining } = await stream.fetchPortion('1', 10, live());
    expect(records.map((record) => stream.identify(record).id)).toEqual(['a@9007199254740993', 'b@9007199254740995']);
    expect(cursor.split('.')[0]).toBe('9007199254740995');
    expect(remaining).toBe(0);
  });

  it('is the highest of the items where the answer has none, or a lower one', async () => {
    for (const top of ['', ',"seqUpdate":11', ',"seqUpdate":null', ',"seqUpdate":99']) {
      const { stream } = await start(() => ({
        body: `{"items":[${held('a', 20n).text},${held('b', 12n).text}]${top}}`,
      }));
      expect((await stream.fetchPortion('1', 10, live())).cursor.split('.')[0]).toBe('20');
    }
  });

  it('that is missing everywhere, or is none, is no answer to go on from', async () => {
    for (const body of [
      '{"items":[{"id":"a"}]}',
      '{"items":[{"id":"a","seqUpdate":{}}],"seqUpdate":3}',
      '{"items":[{"id":"a","seqUpdate":"x"}],"seqUpdate":3}',
      '{"items":[{"id":"a","seqUpdate":3}],"seqUpdate":true}',
    ]) {
      const { stream } = await start(() => ({ body }));
      expect(await failureOf(stream.fetchPortion('1', 10, live())), body).toBeInstanceOf(UnexpectedAnswer);
    }
  });

  it('that only the answer has leads on, and what comes again is left out', async () => {
    const items = Array.from({ length: 250 }, (_, i) => `{"id":"i${i}"}`);
    for (const mode of modes) {
      const { stream } = await start((request) => {
        const from = Number(queryOf(request).query.get('seqUpdate'));
        const begin = mode === '>' ? Math.max(0, from - 999) : Math.max(0, from - 1_000);
        const page = items.slice(begin, begin + 100);
        return { body: `{"items":[${page.join(',')}],"seqUpdate":${999 + begin + page.length}}` };
      });
      expect((await follow(stream, '1000', 100)).flatMap(texts)).toEqual(items);
    }
  });
});

describe('a vendor that leads nowhere', () => {
  it('by serving one answer whatever is asked is stopped after it has repeated itself', async () => {
    const items = many(10, (i) => BigInt(10 + i));
    const { stream, vendor } = await start(() => updated(items, new URLSearchParams()));
    const first = await stream.fetchPortion('1', 10, live());
    expect(first.records).toHaveLength(10);
    expect(await failureOf(stream.fetchPortion(first.cursor, 10, live()))).toBeInstanceOf(CursorStuck);
    expect(vendor.seen).toHaveLength(2);
  });

  it('by serving one item for ever is stopped, and one that says that this is all there is has come to its end', async () => {
    const endless = await start(() => updated([held('a', 10n)], new URLSearchParams(), { countless: true }));
    expect(await failureOf(follow(endless.stream, '1', 10))).toBeInstanceOf(CursorStuck);
    const whole = await start(() => updated([held('a', 10n)], new URLSearchParams()));
    expect((await follow(whole.stream, '1', 10)).flatMap(texts)).toHaveLength(1);
  });

  it('by serving items without numbers for ever is stopped', async () => {
    const items = Array.from({ length: 100 }, (_, i) => `{"id":"i${i}"}`).join(',');
    const { stream } = await start(() => ({ body: `{"items":[${items}],"seqUpdate":1000}` }));
    expect(await failureOf(follow(stream, '900', 100))).toBeInstanceOf(CursorStuck);
  });
});

describe('a portion that is too large', () => {
  it('is told as such, so that the next is smaller, down to one', async () => {
    const items = many(30, (i) => BigInt(10 + i));
    const { stream } = await holding(items, { heaviest: 20 });
    expect(await failureOf(stream.fetchPortion('1', 100, live()))).toBeInstanceOf(WindowTooLarge);
    expect((await stream.fetchPortion('1', 20, live())).records).toHaveLength(20);
  });

  it('is one that took all of the time', async () => {
    const { stream } = await start(() => new Promise(() => undefined), { patience: 300 });
    expect(await failureOf(stream.fetchPortion('1', 100, live()))).toBeInstanceOf(WindowTooLarge);
  });

  it('is a vendor that is not available, when it has but one record', async () => {
    const { stream } = await holding([held('a', 10n)], { heaviest: 0 });
    expect((await failureOf(stream.fetchPortion('1', 1, live()))).name).toBe('unavailable');
  });

  it('is not one whose connection broke', async () => {
    const { stream, vendor } = await holding([]);
    await vendor.close();
    expect((await failureOf(stream.fetchPortion('1', 100, live()))).name).toBe('unavailable');
  });
});

describe('a cursor', () => {
  it('that this source did not write is refused before anything is sent', async () => {
    const { stream, vendor } = await holding([]);
    for (const cursor of [
      '',
      'x',
      '-1',
      '1.',
      '1.short',
      '1!!',
      'first:yesterday',
      '1'.repeat(41),
      '1 ',
      `1${'.aaaaaaaaaaa'.repeat(81)}`,
    ]) {
      expect(await failureOf(stream.fetchPortion(cursor, 10, live())), cursor).toBeInstanceOf(UnexpectedAnswer);
    }
    expect(vendor.seen).toEqual([]);
  });

  it('names no more items than fit into 1 KiB', async () => {
    const { stream } = await holding(many(80, () => 9_007_199_254_740_993n));
    const { cursor } = await stream.fetchPortion('1', 100, live());
    expect(cursor.split('.')).toHaveLength(81);
    expect(Buffer.byteLength(cursor)).toBeLessThanOrEqual(1024);
    expect((await stream.fetchPortion(cursor, 1, live())).records).toEqual([]);
  });
});
