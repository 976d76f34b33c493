import { WorkflowFailedError } from '@temporalio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { extractId, pullId, scheduleId } from '../../src/core/ids.ts';
import { HOUR, MINUTE, toIso } from '../../src/core/time.ts';
import type { Watch } from '../../src/activities/contract.ts';
import { applySchedules, type WantedSchedule } from '../../src/temporal/schedules.ts';
import { waitFor } from '../support/wait.ts';
import { useTemporal } from '../workflows/harness.ts';
import { deploy, type Deployment } from './deployment.ts';
import { record } from './record.ts';

const temporal = useTemporal();
const SITE = 'www.example.com';
let deployment: Deployment | undefined;
let stopWorker: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stopWorker?.();
  if (deployment !== undefined) await removeSchedule(deployment);
  await deployment?.close();
  [deployment, stopWorker] = [undefined, undefined];
});

async function removeSchedule({ source }: Deployment): Promise<void> {
  const handle = temporal.client.schedule.getHandle(scheduleId({ source, stream: SITE }));
  await handle.delete().catch(() => undefined); // it has none
}

/** A stream of which two hours are due, and a worker. */
async function deployTwoHours() {
  const d = await deploy({
    settings: [`start: "${toIso(Math.floor((Date.now() - 6 * MINUTE) / HOUR) * HOUR - 2 * HOUR)}"`],
  });
  deployment = d;
  const stream = { source: d.source, stream: SITE };
  await d.withLedger((ledger) => ledger.apply(stream, Date.now()));
  const worker = await d.worker(temporal.connection);
  stopWorker = () => worker.stop();
  const schedule = pullSchedule(stream);
  return { d, stream, worker, schedule };
}

interface Watched {
  readonly found: Watch | undefined;
  /** The failure's name, where it ended red. */
  readonly red?: string | undefined;
}

/** The schedule that pulls a stream, as a configuration wants it. */
const pullSchedule = (id: { readonly source: string; readonly stream: string }): WantedSchedule => ({
  id: scheduleId(id),
  about: `${id.source}/${id.stream}`,
  workflow: 'pull',
  args: [id],
  summary: 'pull',
  every: HOUR,
  offset: 6 * MINUTE,
});

let watches = 0;

async function watch(d: Deployment): Promise<Watched> {
  watches += 1;
  const workflowId = `watchdog-${d.source}-${watches}`;
  const run = await temporal.client.workflow.start<() => Promise<Watch>>('watchdog', {
    workflowId,
    taskQueue: d.taskQueue,
    args: [],
  });
  try {
    return { found: await run.result() };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const cause = error.cause as { type?: string; details?: Watch[] };
    return { red: cause.type, found: cause.details?.[0] };
  } finally {
    record('watchdog', await run.fetchHistory());
  }
}

const kinds = ({ found }: Watched): readonly string[] => (found?.alarms ?? []).map(({ kind }) => kind);

describe('the watchdog', () => {
  it('starts a pull that nothing has started, once, and says which schedule is missing', async () => {
    const { d, stream } = await deployTwoHours();
    const first = await watch(d);
    expect(first.red).toBe('schedule-missing');
    expect(first.found?.started).toEqual([expect.stringMatching(new RegExp(`^${pullId(stream)}:watchdog:`))]);
    expect(await temporal.client.workflow.getHandle(first.found?.started[0] ?? '').result()).toMatchObject({
      sealed: 2,
    });
    const second = await watch(d);
    expect(second).toMatchObject({ red: 'schedule-missing', found: { started: [] } });
    await d.withLedger(async (ledger) => {
      expect(await ledger.alarms()).toMatchObject([{ ...stream, kind: 'schedule-missing', clearedAt: null }]);
      expect(await ledger.watchedAt()).toBeGreaterThan(Date.now() - MINUTE);
    });
    expect(await d.archived()).toEqual(d.truth(d.lastHour().from - HOUR, d.lastHour().until));
  }, 60_000);

  it('finds all well where a schedule was just made, and clears what it had raised', async () => {
    const { d, schedule } = await deployTwoHours();
    await watch(d);
    await applySchedules(temporal.client, d.taskQueue, [schedule]);
    expect(await watch(d)).toMatchObject({ found: { alarms: [], started: [] } });
    await d.withLedger(async (ledger) => {
      expect(await ledger.alarms()).toEqual([]);
      expect(await ledger.alarms(0)).toMatchObject([{ kind: 'schedule-missing' }]);
    });
  }, 60_000);

  it('leaves a schedule alone that a person paused, and tells of it', async () => {
    const { d, stream, schedule } = await deployTwoHours();
    await applySchedules(temporal.client, d.taskQueue, [schedule]);
    const handle = temporal.client.schedule.getHandle(scheduleId(stream));
    await handle.pause('vendor maintenance');
    const watched = await watch(d);
    expect(watched.red).toBeUndefined();
    expect(watched.found).toMatchObject({
      started: [],
      alarms: [{ kind: 'schedule-paused', message: expect.stringContaining('vendor maintenance') as string }],
    });
    expect((await handle.describe()).state.paused).toBe(true);
  }, 60_000);

  it('is red while the vendor refuses the credentials, and no longer once they work', async () => {
    const { d, stream, schedule } = await deployTwoHours();
    await applySchedules(temporal.client, d.taskQueue, [schedule]);
    Object.assign(d.simulator.faults, { loginDown: { status: 401 } });
    await expect((await d.pull(temporal.client)).result()).rejects.toThrow();
    const refused = await watch(d);
    expect(refused.red).toBe('credentials-rejected');
    expect(refused.found?.started).toEqual([]);
    Object.assign(d.simulator.faults, { loginDown: false });
    expect(await (await d.pull(temporal.client)).result()).toMatchObject({ sealed: 2 });
    // What a run is found by follows its end by a moment.
    const healed = await waitFor(
      () => watch(d),
      ({ red }) => red === undefined,
    );
    expect(kinds(healed)).toEqual([]);
    expect(extractId(stream)).toContain(d.source);
  }, 60_000);

  it('warns before the vendor forgets, and tells afterwards what was lost', async () => {
    const shift = { now: 0 };
    const d = await deploy({
      shift: () => shift.now,
      settings: [`start: "${toIso(Math.floor((Date.now() - 6 * MINUTE) / HOUR) * HOUR - 2 * HOUR)}"`],
    });
    deployment = d;
    const stream = { source: d.source, stream: SITE };
    await d.withLedger((ledger) => ledger.apply(stream, Date.now()));
    const worker = await d.worker(temporal.connection);
    stopWorker = () => worker.stop();
    await applySchedules(temporal.client, d.taskQueue, [pullSchedule(stream)]);
    shift.now = 20 * HOUR;
    const atRisk = await watch(d);
    expect(atRisk.red).toBe('at-risk');
    shift.now = 23 * HOUR + 30 * MINUTE;
    expect(await (await d.pull(temporal.client)).result()).toMatchObject({ failed: 0 });
    expect(kinds(await watch(d))).toEqual(['lost']);
    await d.withLedger(async (ledger) => {
      for (const loss of await ledger.losses(stream)) {
        await ledger.acknowledge(stream, loss, { why: 'known', by: 'sam' }, Date.now());
      }
    });
    expect(kinds(await watch(d))).toEqual([]);
  }, 60_000);
});
