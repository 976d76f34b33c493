import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Source, WindowStream } from '../../src/core/contract.ts';
import { Failure, type FailureName } from '../../src/core/failures.ts';
import { halve, oldestServed } from '../../src/core/due.ts';
import type { Interval } from '../../src/core/time.ts';

/** What a source of window streams is tried with: a simulator that runs, and a source that is open on it. */
export interface WindowSourceTrial {
  readonly source: Source;
  readonly stream: WindowStream;
  /** A settled window on whole grains, long enough to be cut in two, that takes several pages where the vendor has pages. */
  readonly window: Interval;
  /** The vendor has no pages: a window is one answer. */
  readonly onePage?: true;
  /** The bytes of each event that the vendor holds for `[from, until)` of the stream, one text an event, in any order. */
  readonly truth: (window: Interval) => readonly string[];
  /** What must never show in an error. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** A way in which the vendor answers wrongly, switched on before the source's first call, and the failure that it must be. */
export interface WrongAnswer<Trial> {
  readonly what: string;
  readonly failure: FailureName;
  readonly provoke: (trial: Trial) => void;
}

/**
 * What every source of window streams owes to the rest of sluice, whatever its protocol. A source type's own test calls this, and adds
 * only what is the vendor's own.
 */
export function testWindowSource<Trial extends WindowSourceTrial>(
  name: string,
  start: () => Promise<Trial>,
  wrongAnswers: readonly WrongAnswer<Trial>[],
): void {
  describe(`${name}, as a source of windows`, () => {
    let trial: Trial;
    beforeEach(async () => {
      trial = await start();
    });
    afterEach(() => trial.close());

    it('brings everything that the vendor holds for a window, byte for byte', async () => {
      const { stream, window } = trial;
      const truth = trial.truth(window);
      expect(truth.length).toBeGreaterThan(0);
      expect(await walk(stream, window)).toEqual(sorted(truth));
    });

    it('has no event in two adjoining windows and misses none between them', async () => {
      const { stream, window } = trial;
      const halves = halve(window, stream.limits.grain);
      if (halves === undefined) throw new Error('the trial needs a window of two grains or more');
      const [left, right] = [await walk(stream, halves[0]), await walk(stream, halves[1])];
      expect(left.filter((event) => right.includes(event))).toEqual([]);
      expect(sorted([...left, ...right])).toEqual(sorted(trial.truth(window)));
    });

    it('answers the same question again, as after a crash', async () => {
      const { stream, window } = trial;
      const first = await stream.fetchPage(window, null, live());
      const again = await stream.fetchPage(window, null, live());
      expect(texts(again.records)).toEqual(texts(first.records));
      expect(await walk(stream, window)).toEqual(await walk(stream, window));
    });

    it('goes on from a cursor that has been through JSON, in another process', async () => {
      const { stream, window, onePage } = trial;
      const { next } = await stream.fetchPage(window, null, live());
      if (onePage) return expect(next).toBeNull();
      if (next === null) throw new Error('the trial needs a window of several pages');
      expect(Buffer.byteLength(next)).toBeLessThanOrEqual(32 * 1024);
      const carried = JSON.parse(JSON.stringify({ next })) as { next: string };
      expect((await stream.fetchPage(window, carried.next, live())).records.length).toBeGreaterThan(0);
    });

    it('tells each record an id and an instant inside the window', async () => {
      const { stream, window } = trial;
      const { records } = await stream.fetchPage(window, null, live());
      for (const record of records) {
        const { id, time } = stream.identify(record);
        expect(id).not.toBe('');
        expect(time).toBeGreaterThanOrEqual(window.from);
        expect(time).toBeLessThan(window.until);
      }
    });

    it('gives an event the same id whenever it is asked for', async () => {
      const { stream, window } = trial;
      const ids = async (): Promise<readonly string[]> =>
        sorted((await stream.fetchPage(window, null, live())).records.map((record) => stream.identify(record).id));
      expect(await ids()).toEqual(await ids());
    });

    it('knows an event again by what the archive keeps of it, if it says that events may come late', async () => {
      const { stream, window } = trial;
      if (stream.limits.reconcile === undefined) return;
      const likenesses = async (): Promise<readonly string[]> => {
        const { records } = await stream.fetchPage(window, null, live());
        const kept = records.map(({ bytes, context }) => ({
          bytes: Uint8Array.from(bytes),
          ...(context && { context }),
        }));
        return sorted(kept.map((record) => stream.likeness?.(record) ?? stream.identify(record).id));
      };
      const first = await likenesses();
      expect(new Set(first).size).toBeGreaterThan(first.length / 2);
      expect(await likenesses()).toEqual(first);
    });

    it('gives names that can be told apart and limits that can be told a workflow', () => {
      const { source, stream } = trial;
      const names = source.streams.map((each) => each.name);
      expect(new Set(names).size).toBe(names.length);
      const { reconcile, ...limits } = stream.limits;
      const looks = [...(reconcile?.after ?? []), reconcile?.beforeDeadline ?? 0];
      expect(looks.every((length) => length >= 0 && length < limits.retention)).toBe(true);
      for (const [limit, value] of Object.entries(limits)) {
        if (limit === 'cursorValidity' && value === Infinity) continue;
        expect(Number.isFinite(value) && value >= 0, limit).toBe(true);
      }
      expect(stream.limits.longest % stream.limits.grain).toBe(0);
      expect(stream.limits.retention).toBeGreaterThan(stream.limits.settling);
    });

    it('proves its credentials and tells what it found to a person, without the secrets', async () => {
      const { source } = trial;
      const login = await source.authenticate(live());
      expect(Number.isFinite(login.skew)).toBe(true);
      const lines = await source.check(live());
      expect(lines.length).toBeGreaterThan(0);
      for (const secret of trial.secrets) expect(lines.join('\n')).not.toContain(secret);
    });

    it('asks nothing that has not settled, and says when to come back', async () => {
      const { source, stream } = trial;
      const { grain } = stream.limits;
      const until = Math.ceil(source.now() / grain) * grain;
      const failure = await failureOf(stream.fetchPage({ from: until - grain, until }, null, live()));
      expect(failure.name).toBe('unavailable');
      expect((failure as { retryAfterMs?: number }).retryAfterMs).toBeGreaterThan(0);
    });

    it('says that the vendor has forgotten what is older than it keeps', async () => {
      const { source, stream } = trial;
      const { grain } = stream.limits;
      const from = Math.floor(oldestServed(stream.limits, source.now()) / grain) * grain - grain;
      const failure = await failureOf(stream.fetchPage({ from, until: from + grain }, null, live()));
      expect(failure.name).toBe('retention-passed');
    });

    it('stops when it is told to', async () => {
      const { stream, window } = trial;
      const reason = new Error('told to stop');
      await expect(stream.fetchPage(window, null, AbortSignal.abort(reason))).rejects.toBeInstanceOf(Error);
    });

    it.each(wrongAnswers)('fails with $failure for $what', async ({ failure: expected, provoke }) => {
      provoke(trial);
      const failure = await failureOf(walk(trial.stream, trial.window));
      expect(failure.name).toBe(expected);
      for (const secret of trial.secrets) expect(everythingIn(failure)).not.toContain(secret);
    });
  });
}

/** A signal that nobody aborts. */
export function live(): AbortSignal {
  return new AbortController().signal;
}

/** All pages of a window, repeats dropped by id as sealing does (the last one stays): the records' texts, sorted. */
export async function walk(stream: WindowStream, window: Interval, signal = live()): Promise<readonly string[]> {
  const held = new Map<string, string>();
  let cursor: string | null = null;
  do {
    const page = await stream.fetchPage(window, cursor, signal);
    for (const record of page.records) held.set(stream.identify(record).id, Buffer.from(record.bytes).toString('utf8'));
    cursor = page.next;
  } while (cursor !== null);
  return sorted([...held.values()]);
}

/** The failure that a call ends in; a call that succeeds, or throws anything else, fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const outcome = await call.then(
    () => 'no failure',
    (error: unknown) => error,
  );
  if (!(outcome instanceof Failure)) throw new Error('expected a failure by name', { cause: outcome });
  return outcome;
}

/** Every text that a log or a history could take from an error. The body for quarantine is not among them. */
export function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.name, error.message, error.stack ?? '', everythingIn(error.cause ?? '')].join('\n');
}

function texts(records: readonly { bytes: Uint8Array }[]): readonly string[] {
  return sorted(records.map((record) => Buffer.from(record.bytes).toString('utf8')));
}

function sorted(events: readonly string[]): readonly string[] {
  return events.toSorted();
}
