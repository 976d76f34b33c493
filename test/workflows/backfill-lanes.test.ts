import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/activities/contract.ts';
import { extractId } from '../../src/core/ids.ts';
import { subtract, union } from '../../src/core/intervals.ts';
import { interval, isoInterval, MINUTE, toIso, type IsoInterval } from '../../src/core/time.ts';
import { extractWindows } from '../../src/workflows/index.ts';
import { lookAgain } from '../../src/workflows/report.ts';
import { waitFor } from '../support/wait.ts';
import { useTemporal } from './harness.ts';
import { hours, pretend, type Pretence } from './vendor.ts';

const temporal = useTemporal();

/** A ledger in which some windows are only wanted; those that are added later are the stream's own. */
function withWanted(wanted: readonly IsoInterval[], pretence: Omit<Pretence, 'due'>) {
  const base = pretend({ ...pretence, due: [] });
  const own: IsoInterval[] = [];
  const missing = (windows: readonly IsoInterval[]): readonly IsoInterval[] => {
    const done = union([...base.sealed, ...base.failed.map(({ window }) => window)].map(interval));
    return windows.filter((one) => subtract([interval(one)], done).length > 0);
  };
  const paused: string[] = [];
  return {
    ...base,
    own,
    paused,
    plan: async (): Promise<Plan> => {
      const [mine, others] = [missing(own), paused.length > 0 ? [] : missing(wanted)];
      const rest = { at: toIso(Date.now()), due: mine.length + others.length, deadline: null, lost: [] };
      return { ...rest, windows: mine, ...(others.length === 0 ? {} : { wanted: others.slice(0, 320) }) };
    },
    pauseBackfills: async ({ failure }: { failure: string }) => void paused.push(failure),
  };
}

async function run(
  ledger: ReturnType<typeof withWanted>,
  meanwhile: (look: () => Promise<void>) => Promise<void>,
): Promise<string> {
  const stream = { source: `waf-${randomUUID()}`, stream: 'www' };
  const workflowId = extractId(stream);
  return await temporal.serve(ledger, async (taskQueue) => {
    const handle = await temporal.client.workflow.start(extractWindows, { workflowId, taskQueue, args: [stream] });
    await meanwhile(() => handle.signal(lookAgain, {}));
    await handle.result();
    return workflowId;
  });
}

const newest = { from: '2026-11-22T00:00:00Z', until: '2026-11-22T01:00:00Z' };
const holds = (ledger: { readonly sealed: readonly IsoInterval[] }, window: IsoInterval) =>
  waitFor(async () => ledger.sealed.some(({ from }) => from === window.from), Boolean);

describe('a stream with a backfill', () => {
  it('seals its newest window though the backfill holds every connection that it may have', async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    let inside = 0;
    let most = 0;
    const ledger = withWanted(hours(6), {
      connections: { perSource: 4, perStream: 3 },
      onPage: async ({ window }) => {
        if (window.from === newest.from) return;
        inside += 1;
        most = Math.max(most, inside);
        await opened;
        inside -= 1;
      },
    });
    await run(ledger, async (look) => {
      await waitFor(
        async () => inside,
        (count) => count === 2,
      );
      ledger.own.push(newest);
      await look();
      await holds(ledger, newest);
      expect(ledger.sealed).toEqual([newest]);
      open();
    });
    expect(most).toBe(2);
    expect(ledger.sealed).toHaveLength(7);
  });

  it('and a single connection takes it between two windows of the backfill', async () => {
    let first = (): void => undefined;
    const began = new Promise<void>((resolve) => (first = resolve));
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const ledger = withWanted(hours(6), {
      connections: { perSource: 2, perStream: 1 },
      onPage: async ({ window }) => {
        if (window.from === newest.from) return;
        first();
        await opened;
      },
    });
    await run(ledger, async (look) => {
      await began;
      ledger.own.push(newest);
      await look();
      open();
    });
    expect(ledger.sealed.findIndex(({ from }) => from === newest.from)).toBeLessThanOrEqual(2);
    expect(ledger.sealed).toHaveLength(7);
  });

  it('of 30 days in windows of five minutes keeps every history short, and its newest window is on time', async () => {
    const start = Date.UTC(2026, 9, 22);
    const wanted = Array.from({ length: 8_640 }, (_, i) =>
      isoInterval({ from: start + i * 5 * MINUTE, until: start + (i + 1) * 5 * MINUTE }),
    );
    const ledger = withWanted(wanted, { small: true, connections: { perSource: 10, perStream: 10 } });
    let waited = Infinity;
    const workflowId = await run(ledger, async (look) => {
      await waitFor(
        async () => ledger.sealed.length,
        (count) => count > 2_000,
        120_000,
      );
      ledger.own.push(newest);
      const since = Date.now();
      await look();
      await holds(ledger, newest);
      waited = Date.now() - since;
      expect(ledger.sealed.length).toBeLessThan(8_641);
    });
    expect(waited).toBeLessThan(10_000);
    const times = new Map<string, number>();
    for (const { from } of ledger.sealed) times.set(from, (times.get(from) ?? 0) + 1);
    expect(times.size).toBe(8_641);
    expect(Math.max(...times.values())).toBe(1);
    const lengths: number[] = [];
    for await (const one of temporal.client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
      lengths.push(one.historyLength);
    expect(Math.max(...lengths)).toBeLessThan(5_000);
  }, 240_000);
});
