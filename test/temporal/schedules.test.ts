import { randomUUID } from 'node:crypto';
import { Client, Connection, ScheduleOverlapPolicy } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { scheduleId } from '../../src/core/ids.ts';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { applySchedules, type WantedSchedule } from '../../src/temporal/schedules.ts';
import { waitFor } from '../support/wait.ts';

let client: Client;
beforeAll(async () => {
  client = new Client({ connection: await Connection.connect({ address: inject('temporalAddress') }) });
});
afterAll(() => client.connection.close());

function wanted(stream: string, source: string, every = HOUR): WantedSchedule {
  return { stream: { source, stream }, every, offset: 6 * MINUTE };
}
const changesOf = (changes: readonly { change: string }[]): readonly string[] => changes.map(({ change }) => change);

describe('the schedules follow the configuration', () => {
  it('are created hourly, skip what would overlap, and are left alone the second time', async () => {
    const queue = `queue-${randomUUID()}`;
    const source = `waf-${randomUUID()}`;
    expect(changesOf(await applySchedules(client, queue, [wanted('a', source)]))).toEqual(['created']);
    const described = await client.schedule.getHandle(scheduleId({ source, stream: 'a' })).describe();
    expect(described.spec.intervals).toMatchObject([{ every: HOUR, offset: 6 * MINUTE }]);
    expect(described.policies.overlap).toBe(ScheduleOverlapPolicy.SKIP);
    expect(described.policies.catchupWindow).toBe(10 * MINUTE);
    expect(described.action.args).toEqual([{ source, stream: 'a' }]);
    expect(changesOf(await applySchedules(client, queue, [wanted('a', source)]))).toEqual(['unchanged']);
  });

  it('take on a changed interval, and say so', async () => {
    const queue = `queue-${randomUUID()}`;
    const source = `waf-${randomUUID()}`;
    await applySchedules(client, queue, [wanted('a', source)]);
    expect(await applySchedules(client, queue, [wanted('a', source, 15 * MINUTE)])).toMatchObject([
      { change: 'updated', detail: 'every' },
    ]);
    const described = await client.schedule.getHandle(scheduleId({ source, stream: 'a' })).describe();
    expect(described.spec.intervals?.[0]?.every).toBe(15 * MINUTE);
  });

  it('are paused when their stream is gone from the file, and resumed when it is back', async () => {
    const queue = `queue-${randomUUID()}`;
    const source = `waf-${randomUUID()}`;
    const both = [wanted('a', source), wanted('b', source)];
    await applySchedules(client, queue, both);
    // The list of schedules is brought up to date a moment after a schedule is made.
    const changes = await waitFor(
      () => applySchedules(client, queue, [wanted('a', source)]),
      (found) => found.length === 2,
    );
    expect(changesOf(changes)).toEqual(['unchanged', 'paused']);
    const handle = client.schedule.getHandle(scheduleId({ source, stream: 'b' }));
    expect((await handle.describe()).state.paused).toBe(true);
    expect(changesOf(await applySchedules(client, queue, both))).toEqual(['unchanged', 'resumed']);
    expect((await handle.describe()).state.paused).toBe(false);
  });

  it('that a person paused stay paused', async () => {
    const queue = `queue-${randomUUID()}`;
    const source = `waf-${randomUUID()}`;
    await applySchedules(client, queue, [wanted('a', source)]);
    const handle = client.schedule.getHandle(scheduleId({ source, stream: 'a' }));
    await handle.pause('vendor maintenance');
    expect(await applySchedules(client, queue, [wanted('a', source)])).toMatchObject([
      { change: 'unchanged', detail: 'paused: vendor maintenance' },
    ]);
    expect((await handle.describe()).state.paused).toBe(true);
  });

  it('of another deployment are not touched', async () => {
    const source = `waf-${randomUUID()}`;
    await applySchedules(client, `queue-${randomUUID()}`, [wanted('a', source)]);
    await waitFor(
      async () => {
        const ids: string[] = [];
        for await (const found of client.schedule.list()) ids.push(found.scheduleId);
        return ids;
      },
      (ids) => ids.includes(scheduleId({ source, stream: 'a' })),
    );
    expect(await applySchedules(client, `queue-${randomUUID()}`, [])).toEqual([]);
    expect((await client.schedule.getHandle(scheduleId({ source, stream: 'a' })).describe()).state.paused).toBe(false);
  });
});
