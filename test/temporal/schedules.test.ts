import { randomUUID } from 'node:crypto';
import { Client, Connection, ScheduleOverlapPolicy } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { scheduleId } from '../../src/core/ids.ts';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import {
  applySchedules,
  carryOutPlan,
  planSchedules,
  type AppliedSchedule,
  type WantedSchedule,
} from '../../src/temporal/schedules.ts';
import { waitFor } from '../support/wait.ts';

let client: Client;
beforeAll(async () => {
  client = new Client({ connection: await Connection.connect({ address: inject('temporalAddress') }) });
});
afterAll(() => client.connection.close());

function wanted(stream: string, source: string, every = HOUR): WantedSchedule {
  const id = { source, stream };
  return {
    id: scheduleId(id),
    about: `${source}/${stream}`,
    workflow: 'pull',
    args: [id],
    summary: `pull ${source}/${stream}`,
    every,
    offset: 6 * MINUTE,
  };
}

/** A task queue and a source that no other test has. */
function fresh() {
  const [queue, source] = [`queue-${randomUUID()}`, `waf-${randomUUID()}`];
  const handle = (stream: string) => client.schedule.getHandle(scheduleId({ source, stream }));
  return {
    queue,
    source,
    handle,
    apply: (...args: readonly [readonly WantedSchedule[], Parameters<typeof applySchedules>[3]?]) =>
      applySchedules(client, queue, ...args),
    /** Waits for the list of schedules, which is brought up to date a moment after a schedule is made. */
    listed: (count: number) =>
      waitFor(
        async () => {
          const ids: string[] = [];
          for await (const { scheduleId: id, memo } of client.schedule.list()) {
            if (memo?.['managedBy'] === `sluice:${queue}`) ids.push(id);
          }
          return ids;
        },
        (ids) => ids.length === count,
      ),
    /** As the Temporal UI does it: the schedule as it is, but for how often it ticks. */
    editEvery: (stream: string, every: number) =>
      handle(stream).update((now) => ({ ...now, spec: { intervals: [{ every, offset: 6 * MINUTE }] } })),
  };
}

const doneOf = (applied: readonly AppliedSchedule[]): readonly string[] => applied.map(({ done }) => done);

describe('the schedules follow the configuration', () => {
  it('are created hourly, skip what would overlap, and are left alone the second time', async () => {
    const { apply, handle, source } = fresh();
    expect(doneOf(await apply([wanted('a', source)]))).toEqual(['created']);
    const described = await handle('a').describe();
    expect(described.spec.intervals).toMatchObject([{ every: HOUR, offset: 6 * MINUTE }]);
    expect(described.policies.overlap).toBe(ScheduleOverlapPolicy.SKIP);
    expect(described.policies.catchupWindow).toBe(10 * MINUTE);
    expect(described.action.args).toEqual([{ source, stream: 'a' }]);
    expect(doneOf(await apply([wanted('a', source)]))).toEqual(['unchanged']);
  });

  it('take on a changed interval, and say so', async () => {
    const { apply, handle, source } = fresh();
    await apply([wanted('a', source)]);
    expect(await apply([wanted('a', source, 15 * MINUTE)])).toMatchObject([
      {
        done: 'updated',
        plan: { changes: [{ what: 'when', from: 'every 1h, offset 6m', to: 'every 15m, offset 6m' }] },
      },
    ]);
    expect((await handle('a').describe()).spec.intervals?.[0]?.every).toBe(15 * MINUTE);
    expect(doneOf(await apply([wanted('a', source, 15 * MINUTE)]))).toEqual(['unchanged']);
  });

  it('remember settings that no schedule carries, so that a plan can say what changed', async () => {
    const { apply, source } = fresh();
    const one = wanted('a', source);
    await apply([{ ...one, settings: { start: 'all' } }]);
    const [changed] = await apply([{ ...one, settings: { start: '2026-11-01T00:00:00Z' } }]);
    expect(changed).toMatchObject({
      done: 'updated',
      plan: { changes: [{ what: 'start', from: 'all', to: '2026-11-01T00:00:00Z' }] },
    });
    expect(doneOf(await apply([{ ...one, settings: { start: '2026-11-01T00:00:00Z' } }]))).toEqual(['unchanged']);
  });

  it('are paused when their stream is gone from the file, stay as orphans, and are resumed when it is back', async () => {
    const { apply, handle, listed, source } = fresh();
    const both = [wanted('a', source), wanted('b', source)];
    await apply(both);
    await listed(2);
    expect(doneOf(await apply([wanted('a', source)]))).toEqual(['unchanged', 'paused']);
    expect((await handle('b').describe()).state.paused).toBe(true);
    expect(await apply([wanted('a', source)])).toMatchObject([
      { done: 'unchanged' },
      { done: 'unchanged', plan: { orphaned: true, about: `${source}/b` } },
    ]);
    expect(doneOf(await apply(both))).toEqual(['unchanged', 'resumed']);
    expect((await handle('b').describe()).state.paused).toBe(false);
  });

  it('of streams that are gone are deleted by a prune, and no others', async () => {
    const { apply, handle, listed, source } = fresh();
    await apply([wanted('a', source), wanted('b', source)]);
    await listed(2);
    expect(doneOf(await apply([wanted('a', source)], { prune: true }))).toEqual(['unchanged', 'deleted']);
    await expect(handle('b').describe()).rejects.toThrow(/not found/i);
    expect((await handle('a').describe()).state.paused).toBe(false);
  });
});

describe('what a person changed on the server', () => {
  it('a schedule that was paused stays paused', async () => {
    const { apply, handle, source } = fresh();
    await apply([wanted('a', source)]);
    await handle('a').pause('vendor maintenance');
    expect(await apply([wanted('a', source)])).toMatchObject([
      { done: 'unchanged', plan: { paused: 'vendor maintenance', drift: [{ what: 'paused', kept: true }] } },
    ]);
    expect((await handle('a').describe()).state).toMatchObject({ paused: true, note: 'vendor maintenance' });
    expect(doneOf(await apply([wanted('a', source)], { overwriteDrift: true }))).toEqual(['updated']);
    expect((await handle('a').describe()).state.paused).toBe(false);
  });

  it('stays, is shown as drift at every plan, and goes when the file shall win', async () => {
    const { apply, editEvery, handle, source } = fresh();
    await apply([wanted('a', source)]);
    await editEvery('a', 20 * MINUTE);
    const drift = [{ what: 'when', server: 'every 20m, offset 6m', file: 'every 1h, offset 6m', kept: true }];
    expect(await apply([wanted('a', source)])).toMatchObject([{ done: 'unchanged', plan: { drift } }]);
    expect(await apply([wanted('a', source)])).toMatchObject([{ done: 'unchanged', plan: { drift } }]);
    expect(doneOf(await apply([wanted('a', source)], { overwriteDrift: true }))).toEqual(['updated']);
    expect((await handle('a').describe()).spec.intervals?.[0]?.every).toBe(HOUR);
    expect(await apply([wanted('a', source)])).toMatchObject([{ done: 'unchanged', plan: { drift: [] } }]);
  });

  it('stays also where the file changes something else of the same schedule', async () => {
    const { apply, editEvery, handle, source } = fresh();
    const one = wanted('a', source);
    await apply([one]);
    await editEvery('a', 20 * MINUTE);
    expect(doneOf(await apply([{ ...one, summary: 'another line' }]))).toEqual(['updated']);
    const { action, spec } = await handle('a').describe();
    expect(action.staticSummary).toBe('another line');
    expect(spec.intervals?.[0]?.every).toBe(20 * MINUTE);
    expect(await apply([{ ...one, summary: 'another line' }])).toMatchObject([
      { done: 'unchanged', plan: { drift: [{ what: 'when' }] } },
    ]);
  });

  it('is no drift any more once the file says the same, and the file decides again from there', async () => {
    const { apply, editEvery, handle, source } = fresh();
    await apply([wanted('a', source)]);
    await editEvery('a', 20 * MINUTE);
    await apply([wanted('a', source, 20 * MINUTE)]);
    expect(await apply([wanted('a', source, 30 * MINUTE)])).toMatchObject([{ done: 'updated', plan: { drift: [] } }]);
    expect((await handle('a').describe()).spec.intervals?.[0]?.every).toBe(30 * MINUTE);
  });
});

describe('somebody else at the same time', () => {
  it('nothing is written over what changed after the plan was made, and that is said', async () => {
    const { handle, queue, source } = fresh();
    await applySchedules(client, queue, [wanted('a', source)]);
    const mine = await planSchedules(client, queue, [wanted('a', source, 15 * MINUTE)]);
    const theirs = await planSchedules(client, queue, [wanted('a', source, 30 * MINUTE)]);
    expect(doneOf(await carryOutPlan(client, queue, theirs))).toEqual(['updated']);
    expect(doneOf(await carryOutPlan(client, queue, mine))).toEqual(['conflict']);
    expect((await handle('a').describe()).spec.intervals?.[0]?.every).toBe(30 * MINUTE);
  });

  it('of two that apply in the very same moment, each hears the truth', async () => {
    const { handle, queue, source } = fresh();
    await applySchedules(client, queue, [wanted('a', source)]);
    const lengths = [10, 12, 15, 20].map((minutes) => minutes * MINUTE);
    const plans = await Promise.all(lengths.map((every) => planSchedules(client, queue, [wanted('a', source, every)])));
    const done = (await Promise.all(plans.map((plan) => carryOutPlan(client, queue, plan)))).map(doneOf);
    expect(done.flat().toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'updated']);
    const winner = lengths[done.findIndex(([one]) => one === 'updated')];
    expect((await handle('a').describe()).spec.intervals?.[0]?.every).toBe(winner);
  });

  // A server keeps one update that it has not worked off yet: the next one takes its place without a word.
  it('what somebody changed a moment before stays, also on a server that is busy', async () => {
    const { handle, queue, source } = fresh();
    const streams = Array.from({ length: 12 }, (_, i) => `s${i}`);
    await applySchedules(
      client,
      queue,
      streams.map((stream) => wanted(stream, source)),
    );
    const plans = await Promise.all(
      streams.map((stream) => planSchedules(client, queue, [wanted(stream, source, 30 * MINUTE)])),
    );
    const done = await Promise.all(
      streams.map(async (stream, i) => {
        await handle(stream).update((now) => ({ ...now, spec: { intervals: [{ every: 15 * MINUTE }] } }));
        const own = (plans[i] ?? []).filter(({ id }) => id === scheduleId({ source, stream }));
        return doneOf(await carryOutPlan(client, queue, own));
      }),
    );
    expect(done.flat()).toEqual(streams.map(() => 'conflict'));
    for (const stream of streams) {
      expect((await handle(stream).describe()).spec.intervals?.[0]?.every).toBe(15 * MINUTE);
    }
  });

  it('a schedule that both would create is created once', async () => {
    const { queue, source } = fresh();
    const plans = await Promise.all([1, 2].map(() => planSchedules(client, queue, [wanted('a', source)])));
    const done = await Promise.all(plans.map((plan) => carryOutPlan(client, queue, plan)));
    expect(done.flatMap(doneOf).toSorted()).toEqual(['conflict', 'created']);
  });

  it('what came back between the plan and a prune is not deleted', async () => {
    const { apply, handle, listed, queue, source } = fresh();
    await apply([wanted('a', source)]);
    await listed(1);
    const prune = await planSchedules(client, queue, [], { prune: true });
    await apply([wanted('a', source, 30 * MINUTE)]);
    expect(doneOf(await carryOutPlan(client, queue, prune))).toEqual(['conflict']);
    expect((await handle('a').describe()).state.paused).toBe(false);
  });
});

describe('schedules of others', () => {
  it('of another deployment are not touched', async () => {
    const mine = fresh();
    await mine.apply([wanted('a', mine.source)]);
    await mine.listed(1);
    expect(await applySchedules(client, `queue-${randomUUID()}`, [])).toEqual([]);
    expect((await mine.handle('a').describe()).state.paused).toBe(false);
  });

  it('without our mark are not touched, though one has an id that we would take', async () => {
    const { apply, handle, source } = fresh();
    await client.schedule.create({
      scheduleId: scheduleId({ source, stream: 'a' }),
      spec: { intervals: [{ every: '7h' }] },
      action: { type: 'startWorkflow', workflowType: 'theirs', taskQueue: 'theirs' },
    });
    expect(doneOf(await apply([wanted('a', source)], { overwriteDrift: true, prune: true }))).toEqual(['foreign']);
    expect((await handle('a').describe()).action.workflowType).toBe('theirs');
  });

  it('that an older sluice made are taken over, and what the file says is written', async () => {
    const { apply, handle, queue, source } = fresh();
    const id = { source, stream: 'a' };
    await client.schedule.create({
      scheduleId: scheduleId(id),
      spec: { intervals: [{ every: '2h', offset: '6m' }] },
      policies: { overlap: 'SKIP', catchupWindow: '10m', pauseOnFailure: false },
      memo: { managedBy: `sluice:${queue}`, stream: `${source}/a` },
      action: { type: 'startWorkflow', workflowType: 'pull', workflowId: scheduleId(id), taskQueue: queue, args: [id] },
    });
    expect(doneOf(await apply([wanted('a', source)]))).toEqual(['updated']);
    expect((await handle('a').describe()).spec.intervals?.[0]?.every).toBe(HOUR);
    expect(doneOf(await apply([wanted('a', source)]))).toEqual(['unchanged']);
  });
});
