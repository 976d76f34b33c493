import { activityInfo, getClient } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { alarmOfFailure, type Alarm } from '../core/alarms.ts';
import type { CommonSettings, ReportStream, Source, Stream, WindowStream } from '../core/contract.ts';
import { startOf, windowLength } from '../core/due.ts';
import { extractId, formatStreamId, pullId, reconcileId, scheduleId, type StreamId } from '../core/ids.ts';
import { intersect, subtract, union } from '../core/intervals.ts';
import { deriveState } from '../core/states.ts';
import { DAY, dayOf, toIso } from '../core/time.ts';
import {
  countAlarms,
  gapAlarms,
  missingTick,
  positionAlarms,
  reportAlarms,
  scheduleAlarms,
  workerAlarms,
  type ScheduledStream,
} from '../core/watch.ts';
import type { Activities } from './contract.ts';
import type { Dependencies } from './dependencies.ts';
import { readBacklog, readRun, readSchedule, searchAttributesOf } from './temporal-facts.ts';

/** So many alarms are told a workflow; the ledger has all. */
const MOST_ALARMS = 50;
/** Questions to the server at once. */
const LANES = 8;

interface OpenStream extends StreamId {
  readonly source: string;
  readonly open: Source;
  readonly settings: CommonSettings;
  readonly shape: Stream;
}

/**
 * Compares all streams with what they should hold and with what should have run. It knows nothing from the last time but how many ticks had been
 * missed, so it may itself miss ticks, run twice, or die anywhere: the next one finds the same.
 */
export function watchActivity(deps: Dependencies): Activities['watch'] {
  return async () => {
    const client = getClient();
    const now = Date.now();
    const { taskQueue, namespace } = activityInfo();
    const before = new Map((await deps.ledger.watches()).map((one) => [formatStreamId(one), one.missed]));
    const streams = openStreams(deps);
    const alarms: Alarm[] = [...workerAlarms(await readBacklog(client, namespace, taskQueue))];
    const started: string[] = [];
    const watched: { source: string; stream: string; missed: number }[] = [];
    await inLanes(streams, async (stream) => {
      const scheduled = await scheduledOf(client, stream, before.get(formatStreamId(stream)));
      alarms.push(...scheduleAlarms(scheduled, now), ...(await ledgerAlarms(deps, stream)));
      const tick = missingTick(scheduled, now);
      const id = tick === undefined ? undefined : await startPull(client, stream, tick, taskQueue);
      if (id !== undefined) started.push(id);
      const { source, stream: name } = stream;
      watched.push({ source, stream: name, missed: scheduled.facts?.missed ?? 0 });
    });
    const each = unique(alarms);
    await deps.ledger.watch({ alarms: each, streams: watched }, now);
    return { at: toIso(now), streams: streams.length, started: started.toSorted(), alarms: each.slice(0, MOST_ALARMS) };
  };
}

function openStreams({ sources }: Dependencies): readonly OpenStream[] {
  return [...sources.values()].flatMap(({ source, settings }) =>
    source.streams.map((shape) => ({ source: source.id, stream: shape.name, open: source, settings, shape })),
  );
}

const nameOf = ({ source, stream, kind }: Alarm): string => `${source}/${stream}/${kind}`;

/** One alarm of a kind and stream, sorted. */
function unique(alarms: readonly Alarm[]): readonly Alarm[] {
  const first = new Map(alarms.toReversed().map((one) => [nameOf(one), one]));
  return [...first.values()].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

async function inLanes<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all];
  const lane = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function scheduledOf(
  client: Client,
  { source, stream, settings }: OpenStream,
  missedBefore: number | undefined,
): Promise<ScheduledStream> {
  const id = { source, stream };
  const facts = await readSchedule(client, scheduleId(id));
  const extractor = await readRun(client, extractId(id));
  const reconciling = await readRun(client, reconcileId(id));
  const outcomes = [extractor, reconciling].flatMap((run) => run.outcome ?? []);
  const outcome = outcomes.find((one) => alarmOfFailure(one) !== undefined) ?? outcomes[0];
  return {
    ...id,
    schedule: settings.schedule,
    ...(facts && { facts }),
    extractor: { running: extractor.running, ...(outcome !== undefined && { outcome }) },
    ...(missedBefore !== undefined && { missedBefore }),
  };
}

/**
 * Starts the pull of a tick that did not come: once, however often the watchdog looks, for the tick is in its id.
 * @returns the workflow's id; undefined when that had been done before
 */
async function startPull(
  client: Client,
  { source, stream }: OpenStream,
  tick: number,
  taskQueue: string,
): Promise<string | undefined> {
  const id = { source, stream };
  const workflowId = `${pullId(id)}:watchdog:${toIso(tick)}`;
  try {
    await client.workflow.start('pull', {
      workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      taskQueue,
      args: [id],
      staticSummary: `pull ${formatStreamId(id)} (watchdog)`,
      typedSearchAttributes: searchAttributesOf(id, 'pull'),
    });
    return workflowId;
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError') return undefined;
    throw error;
  }
}

async function ledgerAlarms(deps: Dependencies, stream: OpenStream): Promise<readonly Alarm[]> {
  const { shape, open, settings } = stream;
  const now = open.now();
  if (shape.shape === 'window') return await windowAlarms(deps, stream, shape, now);
  const position = await deps.ledger.position(stream);
  const alarms = positionAlarms(stream, position, settings.schedule.every, now);
  return shape.shape === 'report' ? [...alarms, ...(await dayAlarms(deps, stream, shape, now))] : alarms;
}

async function windowAlarms(
  { ledger }: Dependencies,
  { source, stream, settings }: OpenStream,
  window: WindowStream,
  now: number,
): Promise<readonly Alarm[]> {
  const id = { source, stream };
  const coverage = await ledger.coverage(id, { from: 0, until: now });
  const applied = (await ledger.streams()).find((one) => one.source === source && one.stream === stream);
  const state = deriveState({
    ...coverage,
    now,
    limits: window.limits,
    window: windowLength(window, settings),
    every: settings.schedule.every,
    start: startOf(settings.start, applied?.appliedAt ?? now, window.limits),
  });
  const lately = union((await ledger.losses(id)).filter(({ recordedAt }) => recordedAt > now - DAY));
  const lostLately = subtract(intersect(lately, union(coverage.lost)), coverage.acknowledged);
  const slices = await ledger.slices(id, { from: now - DAY, until: now });
  return [...gapAlarms(id, state, { lostLately, now }), ...countAlarms(id, slices)];
}

async function dayAlarms(
  { ledger }: Dependencies,
  { source, stream }: OpenStream,
  { lookBack }: ReportStream,
  now: number,
): Promise<readonly Alarm[]> {
  const id = { source, stream };
  const applied = (await ledger.streams()).find((one) => one.source === source && one.stream === stream);
  if (applied === undefined) return [];
  const rows = await ledger.reports(id, { first: dayOf(now - lookBack * DAY), last: dayOf(now) });
  const latest = rows.filter((row, i) => rows[i + 1]?.file !== row.file || rows[i + 1]?.day !== row.day);
  const held = new Set(rows.map(({ day }) => day));
  return [...reportAlarms(id, { held, began: dayOf(applied.appliedAt), lookBack }, now), ...countAlarms(id, latest)];
}
