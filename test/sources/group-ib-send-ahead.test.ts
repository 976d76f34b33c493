import { describe, expect, it } from 'vitest';
import { WindowTooLarge } from '../../src/core/failures.ts';
import { held, holding, queryOf, start, updated, type Held, type Rules, type Scripted } from './group-ib.scripted.ts';
import type { Reply, Seen } from './scripted-vendor.ts';
import { follow, texts } from './sequence-source.contract.ts';
import { failureOf, live } from './window-source.contract.ts';

const many = (count: number): readonly Held[] =>
  Array.from({ length: count }, (_, i) => held(`i-${i}`, BigInt(100 + i)));

/** The numbers that the vendor was asked for, in order. */
const asked = ({ vendor }: Scripted): readonly (string | null)[] =>
  vendor.seen.map((request) => queryOf(request).query.get('seqUpdate'));

/** What the vendor is asked for by somebody who waits with each request until the answer before it was read. */
async function askedPatiently(items: readonly Held[], rules: Rules, size: number): Promise<readonly (string | null)[]> {
  const trial = await holding(items, rules);
  let cursor = '1';
  for (;;) {
    const portion = await trial.stream.fetchPortion(cursor, size, live());
    if (portion.records.length === 0) return asked(trial);
    ({ cursor } = portion);
  }
}

/** A vendor that answers as the document says, but for the requests that a test has other ideas about. */
function unless(
  items: readonly Held[],
  other: (request: Seen) => Reply | Promise<Reply> | undefined,
): Promise<Scripted> {
  return start((request) => other(request) ?? updated(items, queryOf(request).query));
}

describe('the request after an answer', () => {
  it('is sent before somebody asks for it, once a walk is under way', async () => {
    const trial = await holding(many(40));
    const [signal, size] = [live(), 10];
    const first = await trial.stream.fetchPortion('1', size, signal);
    const second = await trial.stream.fetchPortion(first.cursor, size, signal);
    await expect.poll(() => asked(trial)).toEqual(['0', '108', '117']);
    const third = await trial.stream.fetchPortion(second.cursor, size, signal);
    expect(texts(third)[0]).toContain('"i-19"');
    await expect.poll(() => asked(trial)).toEqual(['0', '108', '117', '126']);
  });

  it.each(['>', '>='] as const)(
    'is no other than it would be anyway, and none more (answers begin %s)',
    async (mode) => {
      const items = many(200);
      const trial = await holding(items, { mode });
      expect((await follow(trial.stream, '1', 10)).flatMap(texts)).toEqual(items.map(({ text }) => text));
      expect(asked(trial)).toEqual(await askedPatiently(items, { mode }, 10));
    },
  );

  it('is not sent for a single answer', async () => {
    const trial = await holding(many(40));
    await trial.stream.fetchPortion('1', 10, live());
    await trial.stream.fetchPortion('1', 10, live());
    expect(asked(trial)).toEqual(['0', '0']);
  });

  it('is not sent early to a vendor whose answers do not say, or say wrongly, where they lead to', async () => {
    const items = many(60);
    for (const replacement of ['', ',"seqUpdate":7', ',"seqUpdate":99999']) {
      const trial = await start((request) => {
        const { body } = updated(items, queryOf(request).query) as { body: string };
        return { body: body.replace(/,"seqUpdate":\d+\}$/, `${replacement}}`) };
      });
      expect((await follow(trial.stream, '1', 10)).flatMap(texts)).toEqual(items.map(({ text }) => text));
      expect(asked(trial)).toEqual(await askedPatiently(items, {}, 10));
    }
  });

  it('costs at most one request for nothing when something else is asked for, and is sent early again after that', async () => {
    const trial = await holding(many(60));
    const signal = live();
    let cursor = '1';
    for (const size of [10, 10, 5, 5, 5]) ({ cursor } = await trial.stream.fetchPortion(cursor, size, signal));
    const askedFor = (size: number): number =>
      trial.vendor.seen.filter(({ url }) => url.endsWith(`limit=${size}`)).length;
    await expect.poll(() => [askedFor(10), askedFor(5)]).toEqual([3, 4]);
    const rest = await follow(trial.stream, cursor, 5, signal);
    expect(rest.flatMap(texts).at(-1)).toContain('"i-59"');
  });

  it('says what it failed with to whoever asks for it, and to nobody before', async () => {
    const tooMuch = { status: 504, body: 'upstream timed out' };
    const trial = await unless(many(40), ({ url }) =>
      url.includes('limit=10') && url.includes('=117') ? tooMuch : undefined,
    );
    const signal = live();
    const first = await trial.stream.fetchPortion('1', 10, signal);
    const second = await trial.stream.fetchPortion(first.cursor, 10, signal);
    expect(second.records).toHaveLength(9);
    expect(await failureOf(trial.stream.fetchPortion(second.cursor, 10, signal))).toBeInstanceOf(WindowTooLarge);
    expect(texts(await trial.stream.fetchPortion(second.cursor, 5, signal))[0]).toContain('"i-19"');
  });

  it('is given up with the walk', async () => {
    const never = new Promise<Reply>(() => undefined);
    const trial = await unless(many(40), ({ url }) => (url.includes('=117') ? never : undefined));
    const walk = new AbortController();
    const first = await trial.stream.fetchPortion('1', 10, walk.signal);
    await trial.stream.fetchPortion(first.cursor, 10, walk.signal);
    await expect.poll(() => asked(trial)).toContain('117');
    walk.abort(new Error('the walk is over'));
    expect((await trial.vendor.givenUp).url).toContain('seqUpdate=117');
  });
});
