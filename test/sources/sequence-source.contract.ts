import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Portion, SequenceStream, Source } from '../../src/core/contract.ts';
import type { FailureName } from '../../src/core/failures.ts';
import { everythingIn, failureOf, live } from './window-source.contract.ts';

/** What a source of sequences is tried with: a simulator that runs, and a source that is open on it. */
export interface SequenceSourceTrial {
  readonly source: Source;
  readonly stream: SequenceStream;
  /** A UTC date, `2026-11-21`, from which on there are enough records for several portions. */
  readonly date: string;
  /** The bytes of each record that the vendor holds from that date on, one text a record, in any order. */
  readonly truth: () => readonly string[];
  /** What lies before that date and may come as well, where the vendor does not say exactly where a date begins; none unless told. */
  readonly before?: () => readonly string[];
  /** Makes the vendor hold one record more, after all others. */
  readonly add: () => void;
  /** The same source in another process, as far as a test can tell: nothing is shared with the first. */
  readonly reopen: () => Source;
  /** What must never show in an error. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** A way in which the vendor answers wrongly, switched on before the source's first call, and the failure that it must be. */
export interface WrongPortion<Trial> {
  readonly what: string;
  readonly failure: FailureName;
  readonly provoke: (trial: Trial) => void;
}

/**
 * What every source of sequences owes to the rest of sluice, whatever its protocol. A source type's own test calls this, and adds
 * only what is the vendor's own.
 */
export function testSequenceSource<Trial extends SequenceSourceTrial>(
  name: string,
  start: () => Promise<Trial>,
  wrongPortions: readonly WrongPortion<Trial>[],
): void {
  describe(`${name}, as a source of sequences`, () => {
    let trial: Trial;
    beforeEach(async () => {
      trial = await start();
    });
    afterEach(() => trial.close());

    const begin = (): Promise<string> => trial.stream.start(trial.date, live());

    it('brings everything from a date on, each record once and byte for byte, however large the portions are', async () => {
      const { stream, before = () => [] } = trial;
      const [truth, history] = [trial.truth().toSorted(), new Set(before())];
      const { first, most } = stream.size;
      expect(truth.length).toBeGreaterThan(first);
      for (const size of [first, most, Math.ceil(first / 3)]) {
        const found = (await follow(stream, await begin(), size)).flatMap(texts);
        expect(new Set(found).size, `size ${size}`).toBe(found.length);
        const early = found.filter((text) => history.has(text));
        expect(found.filter((text) => !history.has(text)).toSorted(), `size ${size}`).toEqual(truth);
        expect(early.length, 'a few from before the date, not a history').toBeLessThan(10);
      }
    });

    it('answers the same question again, as after a crash', async () => {
      const { stream } = trial;
      const cursor = await begin();
      expect(await begin()).toBe(cursor);
      const { cursor: second } = await stream.fetchPortion(cursor, 3, live());
      for (const at of [cursor, second]) {
        const [one, again] = [await stream.fetchPortion(at, 3, live()), await stream.fetchPortion(at, 3, live())];
        expect(again.cursor).toBe(one.cursor);
        expect(texts(again)).toEqual(texts(one));
        expect(ids(stream, again)).toEqual(ids(stream, one));
      }
    });

    it('goes on from a cursor that has been through JSON, in another process', async () => {
      const { stream, source } = trial;
      const { cursor } = await stream.fetchPortion(await begin(), 3, live());
      const carried = JSON.parse(JSON.stringify({ cursor })) as { cursor: string };
      const other = trial.reopen();
      try {
        const [same] = other.streams.filter((each) => each.name === stream.name);
        if (same?.shape !== 'sequence') throw new Error(`${source.id} has lost its stream`);
        const [here, there] = [
          await stream.fetchPortion(cursor, 3, live()),
          await same.fetchPortion(carried.cursor, 3, live()),
        ];
        expect(texts(there)).toEqual(texts(here));
        expect(there.cursor).toBe(here.cursor);
      } finally {
        await other.close();
      }
    });

    it('moves on with every portion, by cursors that fit into a history', async () => {
      const { stream } = trial;
      const portions = await follow(stream, await begin(), 5);
      const cursors = [await begin(), ...portions.map(({ cursor }) => cursor)];
      expect(new Set(cursors).size).toBe(cursors.length);
      for (const cursor of cursors) expect(Buffer.byteLength(cursor)).toBeLessThanOrEqual(1024);
    });

    it('says which of two places comes first, so that a second reader ends where the first one began', async () => {
      const { stream } = trial;
      if (stream.compare === undefined) return;
      const portions = await follow(stream, await begin(), 5);
      const cursors = portions.map(({ cursor }) => cursor);
      expect(cursors.length).toBeGreaterThan(3);
      for (const [i, a] of cursors.entries()) {
        for (const [j, b] of cursors.entries()) expect(Math.sign(stream.compare?.(a, b) ?? NaN)).toBe(Math.sign(i - j));
      }
    });

    it('ends with a portion of nothing, and goes on from there once there is more', async () => {
      const { stream } = trial;
      const portions = await follow(stream, await begin(), stream.size.first);
      const end = await stream.fetchPortion(portions.at(-1)?.cursor ?? '', stream.size.first, live());
      expect(end.records).toEqual([]);
      const before = trial.truth();
      trial.add();
      const after = await follow(stream, end.cursor, stream.size.first);
      const added = trial.truth().filter((text) => !before.includes(text));
      expect(added).toHaveLength(1);
      expect(after.flatMap(texts)).toEqual(added);
    });

    it('gives each record an id of its own and an instant', async () => {
      const { stream } = trial;
      const portions = await follow(stream, await begin(), stream.size.first);
      const all = portions.flatMap((portion) => ids(stream, portion));
      expect(new Set(all).size).toBe(all.length);
      for (const { records } of portions) {
        for (const record of records) expect(Number.isFinite(stream.identify(record).time)).toBe(true);
      }
    });

    it('identifies a record by its bytes alone, as when it comes out of the archive', async () => {
      const { stream } = trial;
      const { records } = await stream.fetchPortion(await begin(), 5, live());
      for (const { bytes, ...found } of records) {
        expect(stream.identify({ bytes })).toEqual(stream.identify({ bytes, ...found }));
      }
    });

    it('says truly how many records are ahead, where it says so', async () => {
      const { stream } = trial;
      const portions = await follow(stream, await begin(), 5);
      let ahead = portions.reduce((sum, { records }) => sum + records.length, 0);
      for (const { records, remaining } of portions) {
        ahead -= records.length;
        if (remaining !== undefined) expect(remaining).toBe(ahead);
      }
    });

    it('refuses a cursor that it did not write', async () => {
      for (const cursor of ['', '{', 'not a cursor']) {
        expect((await failureOf(trial.stream.fetchPortion(cursor, 5, live()))).name).toBe('unexpected-answer');
      }
    });

    it('gives names that can be told apart and sizes that can be halved', () => {
      const { source, stream } = trial;
      const names = source.streams.map((each) => each.name);
      expect(new Set(names).size).toBe(names.length);
      const { first, most } = stream.size;
      expect(Number.isInteger(first) && first >= 1 && Number.isInteger(most) && most >= first).toBe(true);
    });

    it('proves its credentials and tells what it found to a person, without the secrets', async () => {
      const { source } = trial;
      const login = await source.authenticate(live());
      expect(Number.isFinite(login.skew)).toBe(true);
      const lines = await source.check(live());
      expect(lines.length).toBeGreaterThan(0);
      for (const secret of trial.secrets) expect(lines.join('\n')).not.toContain(secret);
    });

    it('stops when it is told to', async () => {
      const stop = AbortSignal.abort(new Error('told to stop'));
      const cursor = await begin();
      await expect(trial.stream.fetchPortion(cursor, 5, stop)).rejects.toBeInstanceOf(Error);
    });

    it.each(wrongPortions)('fails with $failure for $what', async ({ failure: expected, provoke }) => {
      const cursor = await begin();
      provoke(trial);
      const failure = await failureOf(follow(trial.stream, cursor, 5));
      expect(failure.name).toBe(expected);
      for (const secret of trial.secrets) expect(everythingIn(failure)).not.toContain(secret);
    });
  });
}

const MOST = 1_000;

/** All portions after a cursor, until one is empty. @param signal of the walk: one for all its requests, as in an activity */
export async function follow(
  stream: SequenceStream,
  cursor: string,
  size: number,
  signal = live(),
): Promise<readonly Portion[]> {
  const portions: Portion[] = [];
  let at = cursor;
  while (portions.length < MOST) {
    const portion = await stream.fetchPortion(at, size, signal);
    if (portion.records.length === 0) return portions;
    portions.push(portion);
    at = portion.cursor;
  }
  throw new Error(`no end after ${MOST} portions`);
}

export const texts = ({ records }: Pick<Portion, 'records'>): readonly string[] =>
  records.map(({ bytes }) => Buffer.from(bytes).toString('utf8'));

const ids = (stream: SequenceStream, { records }: Portion): readonly string[] =>
  records.map((record) => stream.identify(record).id);
