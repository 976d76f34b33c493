import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { StreamId } from '../../src/core/ids.ts';
import type { PortionSlice, Receipt, ReportSlice, SliceContent, WindowSlice } from '../../src/core/manifest.ts';
import { HOUR, toIso, type Interval } from '../../src/core/time.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';

export const STREAM: StreamId = { source: 'acme', stream: 'www.example.com' };
export const START = Date.parse('2026-11-21T00:00:00Z');
/** All that the tests are about. */
export const SPAN: Interval = { from: START - 1_000 * HOUR, until: START + 1_000 * HOUR };

/** Hours since the start. */
export const at = (hour: number): number => START + hour * HOUR;
export const hours = (from: number, until: number): Interval => ({ from: at(from), until: at(until) });

/** A receipt as the archive gives it for the window from one hour to another. */
export function receipt(from: number, until: number, changes: Partial<WindowSlice & SliceContent> = {}): Receipt {
  const { source, stream } = STREAM;
  const records = changes.records ?? 3;
  const part = {
    file: 'a.ndjson.gz',
    records,
    bytes: 100,
    rawBytes: 300,
    sha256: 'c'.repeat(64),
    firstTime: toIso(at(from)),
    lastTime: toIso(at(from)),
  };
  const manifest: WindowSlice & SliceContent = {
    version: 1,
    source,
    type: 'made-up',
    stream,
    kind: 'window',
    from: toIso(at(from)),
    until: toIso(at(until)),
    revision: 1,
    records,
    repeats: 1,
    conflicts: 0,
    pages: 2,
    parts: records === 0 ? [] : [part, part],
    digest: 'd'.repeat(64),
    reported: null,
    sealedAt: toIso(at(until + 1)),
    run: { workflowId: 'extract:acme:www.example.com', runId: 'run-1' },
    ...changes,
  };
  return { manifest, key: `source=${manifest.source}/${from}-${until}-r${manifest.revision}/manifest.json` };
}

/** A receipt of the portion between two cursors. */
export function portion(after: string, upto: string, changes: Partial<PortionSlice & SliceContent> = {}): Receipt {
  const window = receipt(8, 9).manifest as WindowSlice & SliceContent;
  const { from: _from, until: _until, kind: _kind, ...content } = window;
  const manifest: PortionSlice & SliceContent = { ...content, kind: 'portion', after, upto, ...changes };
  return { manifest, key: `source=${manifest.source}/after=${after}/manifest.json` };
}

/** A receipt of a report. */
export function report(day: string, file: string, changes: Partial<ReportSlice & SliceContent> = {}): Receipt {
  const window = receipt(8, 9).manifest as WindowSlice & SliceContent;
  const { from: _from, until: _until, kind: _kind, ...content } = window;
  const verbatim = { file: 'v.csv.gz', bytes: 50, sha256: 'a'.repeat(64), rawBytes: 90, rawSha256: 'b'.repeat(64) };
  const about = { kind: 'report', day, file, verbatim, reportId: 'id-1' } as const;
  const manifest: ReportSlice & SliceContent = { ...content, ...about, ...changes };
  return { manifest, key: `source=${manifest.source}/dt=${day}/${file}/manifest-r${manifest.revision}.json` };
}

/** A folder of its own, which goes when the test ends. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-ledger-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens a ledger that is closed when the test ends. */
export async function openUntilEnd(file: string): Promise<Ledger> {
  const ledger = await openSqliteLedger(file);
  onTestFinished(() => ledger.close());
  return ledger;
}

export async function* stream<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

/** What a promise fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  return error instanceof Error ? error : new Error(String(error));
}

let sound: Promise<Buffer> | undefined;

/** The bytes of a ledger with the slices of the first 200 hours, an applied stream, a wish, a loss and a failure. */
export function soundBytes(): Promise<Buffer> {
  sound ??= (async () => {
    const file = join(await makeFolder(), 'sound.db');
    const ledger = await openSqliteLedger(file);
    for (let hour = 0; hour < 200; hour += 1) await ledger.commit(receipt(hour, hour + 1));
    await fillIn(ledger);
    await ledger.close();
    return readFile(file);
  })();
  return sound;
}

/** What manifests cannot tell, after the first 200 hours. */
export async function fillIn(ledger: Ledger): Promise<void> {
  await ledger.apply(STREAM, at(-5));
  await ledger.want(STREAM, hours(300, 310), at(250));
  await ledger.beginBackfill({ id: 'bf-1', workflowId: 'backfill:bf-1', ...STREAM, ...hours(340, 350) }, at(250));
  await ledger.lose(STREAM, [hours(320, 321)], 'forgotten', at(400));
  for (const hour of [401, 402]) {
    await ledger.fail(STREAM, hours(330, 331), { name: 'unavailable', message: 'no answer' }, at(hour));
  }
}

/** All that a ledger says of the stream. */
export async function contentOf(ledger: Ledger): Promise<Record<string, unknown>> {
  return {
    streams: await ledger.streams(),
    slices: await ledger.slices(STREAM, SPAN),
    coverage: await ledger.coverage(STREAM, SPAN),
    losses: await ledger.losses(STREAM),
    failures: await ledger.failures(STREAM),
    backfills: await ledger.backfills(STREAM),
  };
}
