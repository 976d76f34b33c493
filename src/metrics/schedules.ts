import type { Client } from '@temporalio/client';
import { Registry } from 'prom-client';
import { parseStreamId, scheduleId as pullScheduleId, type StreamId } from '../core/ids.ts';
import { makeSeries } from './series.ts';
import type { Collected } from './streams.ts';

/** Schedules tell slowly changing numbers, each by a call of its own. */
const FRESH_FOR = 30_000;

interface Counts extends StreamId {
  readonly missed: number;
  readonly skipped: number;
}

/** What Temporal counts for each pull schedule with our mark. Without a Temporal server there are no series; that is for `/readyz` to say. */
export function createScheduleMetrics(client: Client, taskQueue: string): Collected {
  const registry = new Registry();
  const missed = makeSeries('sluice_schedule_missed_total', registry);
  const skipped = makeSeries('sluice_schedule_skipped_total', registry);
  let collectedAt = -Infinity;
  return {
    registry,
    async collect() {
      if (performance.now() - collectedAt < FRESH_FOR) return;
      const counts = await readCounts(client, taskQueue).catch(() => undefined);
      missed.reset();
      skipped.reset();
      // Also after a failure: a server that is away must not make every scrape wait for it.
      collectedAt = performance.now();
      if (counts === undefined) return;
      for (const { source, stream, ...counted } of counts) {
        missed.set({ source, stream }, counted.missed);
        skipped.set({ source, stream }, counted.skipped);
      }
    },
  };
}

const PATIENCE = 3_000;

async function readCounts(client: Client, taskQueue: string): Promise<readonly Counts[]> {
  return await client.withDeadline(Date.now() + PATIENCE, async () => {
    const counts: Counts[] = [];
    for await (const { scheduleId, memo } of client.schedule.list()) {
      const id = memo?.['managedBy'] === `sluice:${taskQueue}` ? parseStreamId(String(memo['stream'])) : undefined;
      if (id === undefined || scheduleId !== pullScheduleId(id)) continue;
      const { info } = await client.schedule.getHandle(scheduleId).describe();
      counts.push({ ...id, missed: info.numActionsMissedCatchupWindow, skipped: info.numActionsSkippedOverlap });
    }
    return counts;
  });
}
