import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import type { Config } from '../config/load.ts';
import { isOpen, type BackfillState } from '../core/backfill.ts';
import { reachable } from '../core/due.ts';
import { backfillId, extractId, parseStreamId } from '../core/ids.ts';
import { DAY, floorTo, fromIso, isoInterval, MINUTE, type Interval } from '../core/time.ts';
import type { BackfillRow } from '../ledger/backfills.ts';
import { connectClient, TemporalUnreachable } from '../temporal/connect.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import type { backfill } from '../workflows/backfill.ts';
import { kindKey, sourceKey, streamKey } from '../workflows/search-attributes.ts';
import { planStream, type AgreedPlan, type BackfillPlan } from './backfill-plan.ts';
import { unknownBackfill } from './backfill-status.ts';
import { taskQueue, temporalAddress } from './connection.ts';
import { readLedger, writeLedger } from './ledger.ts';
import { instant } from './range.ts';
import { workflowLink } from './links.ts';
import { sayIfNobodyWorks } from './pull.ts';
import { findStream, knownStreams, type KnownStream } from './streams.ts';
import type { Talk } from './talk.ts';
import { UsageError } from './usage-error.ts';

/** A plan older than this says nothing of now. */
const PLAN_GOOD_FOR = 10 * MINUTE;

/**
 * Plans the backfill of a stream, or of each stream of a source; nothing is asked of the vendor, and nothing written.
 * @param range ISO 8601 with a zone; without an end, up to what has settled
 * @throws UsageError for names and ranges that cannot be; the errors of the ledger
 */
export async function planBackfill(
  config: Config,
  name: string,
  range: { readonly from?: string | undefined; readonly until?: string | undefined },
  now = Date.now(),
): Promise<readonly BackfillPlan[]> {
  const streams = streamsOf(config, name);
  return await readLedger(config, (ledger) =>
    Promise.all(streams.map((stream) => planStream(ledger, stream, readRange(stream, range, now), now))),
  );
}

function streamsOf(config: Config, name: string): readonly KnownStream[] {
  if (!config.sources.has(name)) return [findStream(config, name)];
  return knownStreams(config).filter(({ source }) => source === name);
}

/** Starts what was planned. Errors: {@link UsageError} when a plan is too old, or rests on what is no more; `TemporalUnreachable`. */
export async function startBackfill(
  config: Config,
  plans: readonly AgreedPlan[],
  talk: Talk,
  now = Date.now(),
): Promise<readonly { readonly id: string; readonly workflowId: string; readonly ui?: string }[]> {
  for (const plan of plans) await refuseStale(config, plan, now);
  const target = temporalAddress(config);
  const client = await connectClient(target);
  try {
    await ensureSearchAttributes(client.connection, target.namespace);
    const started = [];
    for (const plan of plans) started.push(await startOne(config, client, plan));
    await sayIfNobodyWorks(client, target.namespace, talk);
    return started;
  } finally {
    await client.close();
  }
}

async function refuseStale(
  config: Config,
  { id, stream, plannedAt, basis, from, until }: AgreedPlan,
  now: number,
): Promise<void> {
  const begun = await readLedger(config, (ledger) => ledger.backfill(id));
  // Sent twice, by a double click say: it is under way, and its own beginning is what has changed.
  if (begun !== undefined && isOpen(begun.state)) return;
  if (begun !== undefined) throw new UsageError(`${id} was started before, and is ${begun.state}`);
  const again = `plan it again: sluice backfill plan ${stream} --from ${from} --to ${until}`;
  if (now - (fromIso(plannedAt) ?? 0) > PLAN_GOOD_FOR)
    throw new UsageError(`the plan of ${plannedAt} is older than 10 minutes; ${again}`);
  const [present] = await planBackfill(config, stream, { from, until }, now);
  if (present?.basis !== basis)
    throw new UsageError(`the coverage or the configuration of ${stream} has changed since the plan; ${again}`);
}

async function startOne(config: Config, client: Client, { id, stream, from, until }: AgreedPlan) {
  const of = parseStreamId(stream);
  if (of === undefined) throw new UsageError(`${stream} is no stream`);
  const workflowId = backfillId(id);
  // Written down first: from here on it is wanted, whatever happens to the workflow.
  await writeLedger(config, (ledger) =>
    ledger.beginBackfill({ id, workflowId, ...of, from: fromIso(from) ?? 0, until: fromIso(until) ?? 0 }, Date.now()),
  );
  try {
    await client.workflow.start<typeof backfill>('backfill', {
      workflowId,
      taskQueue,
      args: [{ ...of, from, until }],
      staticSummary: `backfill ${stream} [${from}, ${until})`,
      typedSearchAttributes: [
        { key: sourceKey, value: of.source },
        { key: streamKey, value: of.stream },
        { key: kindKey, value: 'backfill' },
      ],
    });
  } catch (error) {
    // The same plan, twice: it runs.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const ui = workflowLink(config, workflowId);
  return { id, workflowId, ...(ui === undefined ? {} : { ui }) };
}

/** What came of an operator's word. */
export interface Steered {
  readonly id: string;
  readonly state: BackfillState;
  /** The workflow could not be told; the ledger counts all the same, and what runs heeds it within a minute. */
  readonly untold?: string;
}

/** Starts nothing new of it; what is under way is finished. Needs no worker. Errors: {@link UsageError}, those of the ledger. */
export const pauseBackfill = (config: Config, id: string): Promise<Steered> => steer(config, id, 'paused', false);
/** Wants its range again. */
export const resumeBackfill = (config: Config, id: string): Promise<Steered> => steer(config, id, 'running', false);
/** Its range is no longer wanted. What is under way is finished; with `now` it is given up, and nothing of it kept. */
export const cancelBackfill = (config: Config, id: string, { now = false } = {}): Promise<Steered> =>
  steer(config, id, 'cancelled', now);

async function steer(config: Config, id: string, state: BackfillState, now: boolean): Promise<Steered> {
  const { before, row } = await writeLedger(config, async (ledger) => {
    const present = await ledger.backfill(id);
    if (present === undefined) throw await unknownBackfill(ledger, id);
    return { before: present, row: (await ledger.steerBackfill(id, { state }, Date.now())) ?? present };
  });
  if (!isOpen(before.state) && before.state !== state)
    throw new UsageError(`${id} is ${before.state}: it cannot be ${state} any more`);
  const untold = await tell(config, row, now);
  return { id, state: row.state, ...(untold === undefined ? {} : { untold }) };
}

/** Tells the backfill's workflow, and the stream's extractor. @returns why they could not be told */
async function tell(config: Config, row: BackfillRow, now: boolean): Promise<string | undefined> {
  try {
    const client = await connectClient(temporalAddress(config));
    try {
      const { source, stream, workflowId } = row;
      await signal(client, workflowId, 'lookNow', now ? { now } : {});
      await signal(client, extractId({ source, stream }), 'planAnew', now ? { drop: isoInterval(row) } : {});
    } finally {
      await client.close();
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof TemporalUnreachable)) throw error;
    return error.message;
  }
}

/** A workflow that does not run needs no word. */
async function signal(client: Client, workflowId: string, name: string, value: object): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).signal(name, value);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Reads `--from` and `--to`. Without an end: what has settled, or what is held already. */
function readRange(
  stream: KnownStream,
  { from, until }: { readonly from?: string | undefined; readonly until?: string | undefined },
  now: number,
): Interval {
  return {
    from: instant('--from', from),
    until: until === undefined ? settledOf(stream, now) : instant('--to', until),
  };
}

function settledOf({ window }: KnownStream, now: number): number {
  return window === undefined ? floorTo(now, DAY) : reachable(window.limits, now).until;
}
