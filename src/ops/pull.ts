import type { Client } from '@temporalio/client';
import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import { reachable } from '../core/due.ts';
import { formatStreamId, pullId, type StreamId } from '../core/ids.ts';
import type { Outcome } from '../core/outcome.ts';
import { ceilTo, floorTo, formatDuration, fromIso, toIso, type Interval } from '../core/time.ts';
import { openLedger } from '../ledger/open.ts';
import { connectClient } from '../temporal/connect.ts';
import { kindKey, sourceKey, streamKey } from '../workflows/search-attributes.ts';
import type { pull } from '../workflows/pull.ts';
import { taskQueue, temporalAddress } from './connection.ts';
import { failureOfRun, type RunFailure } from './run-failure.ts';
import { UsageError, type KnownStream } from './streams.ts';
import type { Talk } from './talk.ts';

export interface PullResult {
  readonly workflowId: string;
  readonly outcome?: Outcome;
  readonly failure?: RunFailure;
}

/** Starts a pull of a stream; its result is the extractor's outcome. */
export async function startPull(client: Client, { source, stream }: StreamId, why: string) {
  const id = { source, stream };
  return await client.workflow.start<typeof pull>('pull', {
    workflowId: `${pullId(id)}:${why}:${toIso(Date.now())}`,
    taskQueue,
    args: [id],
    staticSummary: `pull ${formatStreamId(id)} (${why})`,
    typedSearchAttributes: [
      { key: sourceKey, value: source },
      { key: streamKey, value: stream },
      { key: kindKey, value: 'pull' },
    ],
  });
}

/**
 * Extracts a stream now, and waits for what comes of it. A range is written into the ledger as wanted first, so that it stays wanted whatever happens.
 * Errors: `TemporalUnreachable`.
 */
export async function pullStream(
  config: Config,
  stream: KnownStream,
  range: Interval | undefined,
  talk: Talk,
): Promise<PullResult> {
  const client = await connectClient(temporalAddress(config));
  try {
    if (range !== undefined) await want(config, stream, range);
    const run = await startPull(client, stream, 'manual');
    talk.say(`${run.workflowId} runs; it goes on on the server when this command is interrupted.`);
    try {
      return { workflowId: run.workflowId, outcome: await run.result() };
    } catch (error) {
      return { workflowId: run.workflowId, failure: failureOfRun(error) };
    }
  } finally {
    await client.close();
  }
}

async function want(config: Config, { source, stream }: KnownStream, range: Interval): Promise<void> {
  const ledger = await openLedger(locations(config).ledger);
  try {
    await ledger.want({ source, stream }, range, Date.now());
  } finally {
    await ledger.close();
  }
}

/**
 * Reads `--from` and `--until`: ISO 8601 with a zone, half-open, widened to the vendor's grain.
 * @returns the part that can be had, and what of the range is lost
 * @throws UsageError when it is no range, or nothing of it can be had
 */
export function readRange(
  { window: { limits } }: KnownStream,
  text: { readonly from?: string | undefined; readonly until?: string | undefined },
  now = Date.now(),
): { readonly range: Interval; readonly lost: Interval | undefined } | undefined {
  if (text.from === undefined && text.until === undefined) return undefined;
  const reach = reachable(limits, now);
  const from = floorTo(instant('--from', text.from), limits.grain);
  const until = text.until === undefined ? reach.until : ceilTo(instant('--until', text.until), limits.grain);
  if (until <= from) throw new UsageError(`--from ${toIso(from)} is not before --until ${toIso(until)}`);
  if (until > reach.until) {
    throw new UsageError(
      `--until ${toIso(until)} has not settled yet: the vendor's data is complete up to ${toIso(reach.until)}`,
    );
  }
  if (until <= reach.from) {
    throw new UsageError(
      `nothing of [${toIso(from)}, ${toIso(until)}) can be had: the vendor keeps ${formatDuration(limits.retention)}, so from ${toIso(reach.from)} on`,
    );
  }
  const lost = from < reach.from ? { from, until: reach.from } : undefined;
  return { range: { from: Math.max(from, reach.from), until }, lost };
}

function instant(flag: string, text: string | undefined): number {
  if (text === undefined) throw new UsageError(`${flag} is missing`);
  const found = fromIso(text);
  if (found === undefined) throw new UsageError(`${flag} ${text} is no time with a zone, such as 2026-11-21T09:00Z`);
  return found;
}
