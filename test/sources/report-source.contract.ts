import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Identity, ReportPiece, ReportRef, ReportStream, Source } from '../../src/core/contract.ts';
import type { FailureName } from '../../src/core/failures.ts';
import { everythingIn, failureOf, live } from './window-source.contract.ts';

/** A file as the vendor holds it. */
export interface PublishedFile {
  readonly file: string;
  /** Of its bytes, hex. */
  readonly sha256: string;
  /** Each record as the source is to make it, in the file's order. */
  readonly records: readonly string[];
}

/** What a source of reports is tried with: a simulator that runs, and a source that is open on it. */
export interface ReportSourceTrial {
  readonly source: Source;
  readonly stream: ReportStream;
  /** A UTC day, `2026-11-21`, of which everything is published. */
  readonly day: string;
  /** One of its files, large enough to come in several pieces. */
  readonly large: string;
  /** The files of that day. */
  readonly truth: () => readonly PublishedFile[];
  /** The same source in another process, as far as a test can tell: nothing is shared with the first. */
  readonly reopen: () => Source;
  /** What must never show in an error. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** A way in which the vendor answers wrongly, switched on before the source's first call, and the failure that it must be. */
export interface WrongReport<Trial> {
  readonly what: string;
  readonly failure: FailureName;
  readonly provoke: (trial: Trial) => void;
}

/** The largest a place may be (`ReportPiece.place`). */
const LARGEST_PLACE = 32 * 1024;

/**
 * What every source of reports owes to the rest of sluice, whatever its protocol. A source type's own test calls this, and adds
 * only what is the vendor's own.
 */
export function testReportSource<Trial extends ReportSourceTrial>(
  name: string,
  start: () => Promise<Trial>,
  wrongReports: readonly WrongReport<Trial>[],
): void {
  describe(`${name}, as a source of reports`, () => {
    let trial: Trial;
    beforeEach(async () => {
      trial = await start();
    });
    afterEach(() => trial.close());

    const list = (): Promise<readonly ReportRef[]> => trial.stream.list(trial.day, live());
    const large = async (): Promise<ReportRef> => find(await list(), trial.large);

    it('lists every file of a day, once, and says the same when it is asked again', async () => {
      const refs = await list();
      const files = trial.truth().map(({ file }) => file);
      expect(refs.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
      for (const { day, id } of refs) expect([day, id === '']).toEqual([trial.day, false]);
      expect(await list()).toEqual(refs);
    });

    it('says truly how many records a file holds, where it says so', async () => {
      const refs = await list();
      for (const { file, records } of trial.truth()) {
        const { reported } = find(refs, file);
        if (reported !== undefined) expect(reported, file).toBe(records.length);
      }
    });

    it('brings each file byte for byte, and each record of it, in order', async () => {
      const refs = await list();
      for (const truth of trial.truth()) {
        const { bytes, records } = whole(await pieces(trial.stream, find(refs, truth.file)));
        expect(sha256(bytes), truth.file).toBe(truth.sha256);
        expect(records, truth.file).toEqual(truth.records);
      }
    });

    it('goes on from every place in another process, as if it had never stopped', async () => {
      const ref = await large();
      const all = await pieces(trial.stream, ref);
      expect(all.length).toBeGreaterThan(1);
      const other = trial.reopen();
      try {
        const same = other.streams.find((each) => each.name === trial.stream.name);
        if (same?.shape !== 'report') throw new Error(`${other.id} has lost its stream`);
        for (const [i, { place }] of all.entries()) {
          expect(Buffer.byteLength(place)).toBeLessThanOrEqual(LARGEST_PLACE);
          const carried = JSON.parse(JSON.stringify({ ref, place })) as { ref: ReportRef; place: string };
          const rest = whole(await pieces(same, carried.ref, carried.place));
          const wanted = whole(all.slice(i + 1));
          expect(sha256(rest.bytes)).toBe(sha256(wanted.bytes));
          expect(rest.records).toEqual(wanted.records);
          expect(rest.identities).toEqual(wanted.identities);
        }
      } finally {
        await other.close();
      }
    });

    it('hands out pieces that can be kept in memory', async () => {
      for (const { bytes } of await pieces(trial.stream, await large()))
        expect(bytes.length).toBeLessThan(4 * 1024 * 1024);
    });

    it('gives each record an id, the same whenever it is asked for, and an instant', async () => {
      const ref = await large();
      const [first, again] = [whole(await pieces(trial.stream, ref)), whole(await pieces(trial.stream, ref))];
      for (const { id, time } of first.identities) expect([id === '', Number.isFinite(time)]).toEqual([false, true]);
      expect(again.identities).toEqual(first.identities);
      expect(new Set(first.identities.map(({ id }) => id)).size).toBe(new Set(first.records).size);
    });

    it('refuses a place that it did not write', async () => {
      const ref = await large();
      for (const place of ['', '{', 'not a place', '{"offset":5}']) {
        expect((await failureOf(pieces(trial.stream, ref, place))).name).toBe('unexpected-answer');
      }
    });

    it('can be left in the middle of a file, and asked again at once', async () => {
      const ref = await large();
      for (let i = 0; i < 5; i += 1) {
        for await (const piece of trial.stream.fetchReport(ref, null, live())) {
          expect(piece.bytes.length).toBeGreaterThan(0);
          break;
        }
      }
      expect(await list()).not.toEqual([]);
    });

    it('gives names that can be told apart, and looks back so many whole days', () => {
      const names = trial.source.streams.map((each) => each.name);
      expect(new Set(names).size).toBe(names.length);
      expect(Number.isInteger(trial.stream.lookBack) && trial.stream.lookBack >= 0).toBe(true);
    });

    it('proves its credentials and tells what it found to a person, without the secrets', async () => {
      const login = await trial.source.authenticate(live());
      expect(Number.isFinite(login.skew)).toBe(true);
      const lines = await trial.source.check(live());
      expect(lines.length).toBeGreaterThan(0);
      for (const secret of trial.secrets) expect(lines.join('\n')).not.toContain(secret);
    });

    it('stops when it is told to, before it asks and in the middle of a file', async () => {
      const ref = await large();
      const reason = new Error('told to stop');
      await expect(trial.stream.list(trial.day, AbortSignal.abort(reason))).rejects.toBeInstanceOf(Error);
      await expect(pieces(trial.stream, ref, null, AbortSignal.abort(reason))).rejects.toBeInstanceOf(Error);
      const controller = new AbortController();
      const iterator = trial.stream.fetchReport(ref, null, controller.signal)[Symbol.asyncIterator]();
      await iterator.next();
      controller.abort(reason);
      await expect(drain(iterator)).rejects.toBe(reason);
    });

    it.each(wrongReports)('fails with $failure for $what', async ({ failure: expected, provoke }) => {
      provoke(trial);
      const attempt = async (): Promise<unknown> => {
        const refs = await list();
        for (const ref of refs) await pieces(trial.stream, ref);
        return undefined;
      };
      const failure = await failureOf(attempt());
      expect(failure.name).toBe(expected);
      for (const secret of trial.secrets) expect(everythingIn(failure)).not.toContain(secret);
    });
  });
}

/** All pieces of a file, from its beginning or a place on. */
export async function pieces(
  stream: ReportStream,
  ref: ReportRef,
  place: string | null = null,
  signal = live(),
): Promise<readonly ReportPiece[]> {
  const all: ReportPiece[] = [];
  for await (const piece of stream.fetchReport(ref, place, signal)) all.push(piece);
  return all;
}

export interface Whole {
  readonly bytes: Buffer;
  readonly records: readonly string[];
  readonly identities: readonly Identity[];
  readonly notes: readonly string[];
}

/** What pieces hold together. */
export function whole(all: readonly ReportPiece[]): Whole {
  const records = all.flatMap((piece) => piece.records);
  return {
    bytes: Buffer.concat(all.map(({ bytes }) => bytes)),
    records: records.map(({ bytes }) => Buffer.from(bytes).toString('utf8')),
    identities: records.map(({ identity }) => identity ?? { id: '', time: NaN }),
    notes: [...new Set(all.flatMap(({ note }) => note ?? []))],
  };
}

/** The ref of a file. */
export function find(refs: readonly ReportRef[], file: string): ReportRef {
  const ref = refs.find((one) => one.file === file);
  if (ref === undefined) throw new Error(`${file} is not listed`);
  return ref;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function drain(iterator: AsyncIterator<ReportPiece>): Promise<void> {
  let next = await iterator.next();
  while (next.done !== true) next = await iterator.next();
}
