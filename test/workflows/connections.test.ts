import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import type { Activities, SeenWindow } from '../../src/activities/contract.ts';
import { connectionsId, extractId, reconcileId } from '../../src/core/ids.ts';
import { toIso } from '../../src/core/time.ts';
import { extractWindows, reconcile } from '../../src/workflows/index.ts';
import { waitFor } from '../support/wait.ts';
import { useTemporal } from './harness.ts';
import { hours, pretend } from './vendor.ts';

const temporal = useTemporal();

/** Its claim has reached the gate. */
async function hasClaimed(run: WorkflowHandle): Promise<void> {
  await waitFor(
    async () => (await run.fetchHistory()).events ?? [],
    (events) => events.some((event) => Boolean(event.externalWorkflowExecutionSignaledEventAttributes)),
  );
}

describe('the gate of a source', () => {
  it('never lets more in than the vendor allows, for a site or for the account, and lets everybody through', async () => {
    const source = `waf-${randomUUID()}`;
    const open = { all: 0, bySite: new Map<string, number>() };
    const peak = { all: 0, site: 0 };
    const ledgers = ['a', 'b', 'c', 'd'].map((stream) => ({
      stream,
      ledger: pretend({ due: hours(6), onPage: () => hold(stream) }),
    }));
    async function hold(site: string): Promise<void> {
      open.all += 1;
      open.bySite.set(site, (open.bySite.get(site) ?? 0) + 1);
      peak.all = Math.max(peak.all, open.all);
      peak.site = Math.max(peak.site, open.bySite.get(site) ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 30));
      open.all -= 1;
      open.bySite.set(site, (open.bySite.get(site) ?? 0) - 1);
    }
    // The gate runs on one of their task queues: that worker must not leave before the others are done.
    let left = ledgers.length;
    let allDone: (() => void) | undefined;
    const done = new Promise<void>((resolve) => (allDone = resolve));
    await Promise.all(
      ledgers.map(({ stream, ledger }) =>
        temporal.serve(ledger, async (taskQueue) => {
          await temporal.client.workflow.execute(extractWindows, {
            workflowId: extractId({ source, stream }),
            taskQueue,
            args: [{ source, stream }],
          });
          left -= 1;
          if (left === 0) allDone?.();
          await done;
        }),
      ),
    );
    for (const { ledger } of ledgers) expect(ledger.sealed).toHaveLength(6);
    expect(peak.all).toBeLessThanOrEqual(5);
    expect(peak.site).toBeLessThanOrEqual(2);
    expect(peak.all).toBeGreaterThan(1);
    await temporal.client.workflow.getHandle(connectionsId(source)).terminate();
  });

  it('frees the place of a terminated holder within 15 s', async () => {
    const source = `waf-${randomUUID()}`;
    const connections = { perSource: 1, perStream: 1 };
    let inside: (() => void) | undefined;
    const holding = new Promise<void>((resolve) => (inside = resolve));
    let letGo: (() => void) | undefined;
    const released = new Promise<void>((resolve) => (letGo = resolve));
    const holder = pretend({
      due: hours(1),
      connections,
      onPage: async () => {
        inside?.();
        await released;
      },
    });
    const other = pretend({ due: hours(1), connections });
    await temporal.serve(holder, async (taskQueue) => {
      const first = await temporal.client.workflow.start(extractWindows, {
        workflowId: extractId({ source, stream: 'a' }),
        taskQueue,
        args: [{ source, stream: 'a' }],
      });
      await holding;
      await first.terminate('an operator pulls the plug');
      const since = Date.now();
      await temporal.serve(other, (queue) =>
        temporal.client.workflow.execute(extractWindows, {
          workflowId: extractId({ source, stream: 'b' }),
          taskQueue: queue,
          args: [{ source, stream: 'b' }],
        }),
      );
      expect(Date.now() - since).toBeLessThan(15_000);
      letGo?.();
    });
    expect(other.sealed).toHaveLength(1);
  });

  it('lets those who are in a hurry go first, though others came before them', async () => {
    const source = `waf-${randomUUID()}`;
    const connections = { perSource: 1, perStream: 1 };
    const order: string[] = [];
    let inside: (() => void) | undefined;
    const holding = new Promise<void>((resolve) => (inside = resolve));
    let letGo: (() => void) | undefined;
    const released = new Promise<void>((resolve) => (letGo = resolve));
    const onPage = async ({ stream }: { readonly stream: string }): Promise<void> => {
      order.push(stream);
      if (stream !== 'a') return;
      inside?.();
      await released;
    };
    const window = { ...hours(1)[0], seenAt: '2026-11-21T01:00:00Z' } as SeenWindow;
    let looks = 0;
    const activities: Partial<Activities> = {
      ...pretend({ due: hours(1), connections, onPage }),
      plan: async ({ stream }) => {
        const windows = order.includes(stream) ? [] : hours(1);
        return { at: toIso(Date.now()), windows, due: windows.length, deadline: null, lost: [] };
      },
      planLooks: async () => ({ at: toIso(Date.now()), windows: looks > 0 ? [] : [window], due: 1 }),
      reconcileBatch: async ({ stream }) => {
        looks += 1;
        order.push(`${stream} again`);
        return { looked: [{ found: 1, late: 0, changed: 0, manifest: 'm' }] };
      },
    };
    await temporal.serve(activities, async (taskQueue) => {
      const { workflow } = temporal.client;
      const extract = (stream: string) =>
        workflow.start(extractWindows, {
          workflowId: extractId({ source, stream }),
          taskQueue,
          args: [{ source, stream }],
        });
      const first = await extract('a');
      await holding;
      const patient = await workflow.start(reconcile, {
        workflowId: reconcileId({ source, stream: 'b' }),
        taskQueue,
        args: [{ source, stream: 'b' }],
      });
      await hasClaimed(patient);
      const hurried = await extract('c');
      await hasClaimed(hurried);
      letGo?.();
      await Promise.all([first.result(), patient.result(), hurried.result()]);
    });
    expect(order).toEqual(['a', 'c', 'b again']);
  });

  it('is started anew when somebody terminated it, and nobody waits for ever', async () => {
    const source = `waf-${randomUUID()}`;
    const stream = { source, stream: 'a' };
    let pages = 0;
    const ledger = pretend({
      due: hours(3),
      connections: { perSource: 1, perStream: 1 },
      onPage: async () => {
        pages += 1;
        if (pages === 1) await temporal.client.workflow.getHandle(connectionsId(source)).terminate('by mistake');
      },
    });
    await temporal.serve(ledger, (taskQueue) =>
      temporal.client.workflow.execute(extractWindows, { workflowId: extractId(stream), taskQueue, args: [stream] }),
    );
    expect(ledger.sealed).toHaveLength(3);
  });
});
