import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { StreamId } from '../../src/core/ids.ts';
import type { Manifest, Receipt } from '../../src/core/manifest.ts';
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
export function receipt(from: number, until: number, changes: Partial<Manifest> = {}): Receipt {
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
  const manifest: Manifest = {
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
