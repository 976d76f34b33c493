import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { extractId, pullId } from '../../src/core/ids.ts';
import { lengthOf, union } from '../../src/core/intervals.ts';
import { HOUR, interval, type IsoInterval } from '../../src/core/time.ts';
import { extractWindows, pull } from '../../src/workflows/index.ts';
import { useTemporal } from './harness.ts';
import { final, hours, pretend, type PretendedLedger } from './vendor.ts';

const temporal = useTemporal();
const newStream = (source = `waf-${randomUUID()}`): { source: string; stream: string } => ({ source, stream: 'www' });

async function extract(ledger: PretendedLedger, stream = newStream()): Promise<unknown> {
  return await temporal.serve(ledger, (taskQueue) =>
    temporal.client.workflow.execute(extractWindows, { workflowId: extractId(stream), taskQueue, args: [stream] }),
  );
}

/** The failure that a workflow ended with. */
async function failureOf(run: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) return error.cause;
  throw new Error(`expected a failed workflow, got ${String(error)}`);
}

describe('an extractor', () => {
  it('seals everything that is due, page after page, and says what came of it', async () => {
    const ledger = pretend({ due: hours(6), pages: () => 3 });
    expect(await extract(ledger)).toMatchObject({ sealed: 6, failed: 0, records: 180 });
    expect(lengthOf(union(ledger.sealed.map(interval)))).toBe(6 * HOUR);
  });

  it('takes the newest window first', async () => {
    const [first, second, third] = hours(3);
    if (first === undefined || second === undefined || third === undefined) throw new Error('three hours');
    const ledger = pretend({ due: [third, first, second], connections: { perSource: 1, perStream: 1 } });
    await extract(ledger);
    expect(ledger.sealed).toEqual([third, first, second]);
  });

  it('goes on with the others when one window fails, and ends as failed under that failure’s name', async () => {
    const bad = hours(4)[1];
    const ledger = pretend({
      due: hours(4),
      onPage: ({ window }) => {
        if (window.from === bad?.from) throw final('unexpected-answer');
      },
    });
    const failure = await failureOf(extract(ledger));
    expect(failure.type).toBe('unexpected-answer');
    expect(failure.message).toContain('3 windows sealed');
    expect(ledger.sealed).toHaveLength(3);
    expect(ledger.failed).toEqual([{ window: bad, failure: 'unexpected-answer' }]);
  });

  it('ends a run in which one window after the other fails, and leaves the rest for the next', async () => {
    const ledger = pretend({
      due: hours(60),
      connections: { perSource: 1, perStream: 1 },
      onPage: () => {
        throw final('unexpected-answer');
      },
    });
    expect((await failureOf(extract(ledger))).type).toBe('unexpected-answer');
    expect(ledger.failed).toHaveLength(12);
  });

  it('goes on through many failures as long as others succeed between them', async () => {
    const ledger = pretend({
      due: hours(40),
      connections: { perSource: 1, perStream: 1 },
      onPage: ({ window }) => {
        if (new Date(window.from).getUTCHours() % 4 !== 0) throw final('unexpected-answer');
      },
    });
    await failureOf(extract(ledger));
    expect(ledger.sealed).toHaveLength(10);
    expect(ledger.failed).toHaveLength(30);
  });

  it('stops asking when the credentials are refused', async () => {
    const ledger = pretend({
      due: hours(10),
      connections: { perSource: 1, perStream: 1 },
      onPage: () => {
        throw final('credentials-rejected');
      },
    });
    expect((await failureOf(extract(ledger))).type).toBe('credentials-rejected');
    expect(ledger.failed).toHaveLength(1);
  });

  it('opens a window again when its cursor died, and loses nothing', async () => {
    let deaths = 0;
    const ledger = pretend({
      due: hours(1),
      pages: () => 3,
      onPage: ({ page }) => {
        if (page === 3 && deaths === 0) {
          deaths += 1;
          throw final('cursor-expired');
        }
      },
    });
    expect(await extract(ledger)).toMatchObject({ sealed: 1, records: 30 });
    expect(deaths).toBe(1);
  });

  it('cuts a window in two when its cursors always die, down to what one page can hold', async () => {
    const ledger = pretend({
      due: hours(1),
      pages: ({ from, until }) => (Date.parse(until) - Date.parse(from) > 15 * 60_000 ? 2 : 1),
      onPage: ({ page }) => {
        if (page > 1) throw final('cursor-expired');
      },
    });
    expect(await extract(ledger)).toMatchObject({ sealed: 4, failed: 0 });
    expect(union(ledger.sealed.map(interval))).toEqual(hours(1).map(interval));
  });

  it('gives up on a single minute that cannot be walked, and on nothing else', async () => {
    const ledger = pretend({
      due: [{ from: '2026-11-21T00:00:00Z', until: '2026-11-21T00:04:00Z' }],
      pages: ({ from }) => (from === '2026-11-21T00:02:00Z' || from === '2026-11-21T00:00:00Z' ? 2 : 1),
      onPage: ({ page, window }) => {
        if (
          page > 1 &&
          (window.from === '2026-11-21T00:02:00Z' || Date.parse(window.until) - Date.parse(window.from) > 60_000)
        ) {
          throw final('cursor-expired');
        }
      },
    });
    const failure = await failureOf(extract(ledger));
    expect(failure.type).toBe('cursor-expired');
    expect(ledger.failed.map(({ window }) => window)).toEqual([
      { from: '2026-11-21T00:02:00Z', until: '2026-11-21T00:03:00Z' },
    ]);
    expect(lengthOf(union(ledger.sealed.map(interval)))).toBe(3 * 60_000);
  });

  it('stops a window whose cursors go in a circle', async () => {
    const ledger = pretend({ due: hours(1) });
    const circle = {
      ...ledger,
      fetchPages: async () => ({
        segment: 's',
        pages: 1,
        records: 1,
        next: { text: 'again', validUntil: null },
        nextValidFor: null,
        reported: null,
      }),
    };
    expect((await failureOf(extract(circle))).type).toBe('cursor-stuck');
  });

  it('plans again after every run, so that a window that settles meanwhile is held as well', async () => {
    const [first, second] = hours(2);
    if (first === undefined || second === undefined) throw new Error('two hours');
    let added = false;
    const ledger: PretendedLedger = pretend({
      due: [first],
      onPage: () => {
        if (!added) ledger.add([second]);
        added = true;
      },
    });
    expect(await extract(ledger)).toMatchObject({ sealed: 2 });
  });

  it('keeps its history short: a long catch-up continues as new and still counts everything', async () => {
    const ledger = pretend({ due: hours(200) });
    const stream = newStream();
    await temporal.serve(ledger, async (taskQueue) => {
      const workflowId = extractId(stream);
      const run = await temporal.client.workflow.start(extractWindows, { workflowId, taskQueue, args: [stream] });
      expect(await run.result()).toMatchObject({ sealed: 200 });
      const first = await temporal.client.workflow.getHandle(workflowId, run.firstExecutionRunId).describe();
      expect(first.status.name).toBe('CONTINUED_AS_NEW');
      expect(first.historyLength).toBeLessThan(5_000);
    });
  }, 120_000);

  it('can be cancelled, and gives its connections back', async () => {
    const stream = newStream();
    let waiting: (() => void) | undefined;
    const started = new Promise<void>((resolve) => (waiting = resolve));
    const ledger = pretend({
      due: hours(2),
      onPage: async () => {
        waiting?.();
        await new Promise((resolve) => setTimeout(resolve, 300));
        throw ApplicationFailure.create({ message: 'down', type: 'unavailable' });
      },
    });
    await temporal.serve(ledger, async (taskQueue) => {
      const run = await temporal.client.workflow.start(extractWindows, {
        workflowId: extractId(stream),
        taskQueue,
        args: [stream],
      });
      await started;
      await run.cancel();
      await expect(run.result()).rejects.toThrow(WorkflowFailedError);
      expect((await run.describe()).status.name).toBe('CANCELLED');
      const after = pretend({ due: hours(1), connections: { perSource: 1, perStream: 1 } });
      expect(after.sealed).toEqual([]);
    });
  });
});

describe('a pull', () => {
  const pullStream = (stream: { source: string; stream: string }, taskQueue: string, suffix = ''): Promise<unknown> =>
    temporal.client.workflow.execute(pull, { workflowId: `${pullId(stream)}${suffix}`, taskQueue, args: [stream] });

  it('starts the stream’s extractor and returns its outcome; run again, it finds nothing due', async () => {
    const stream = newStream();
    const ledger = pretend({ due: hours(2) });
    await temporal.serve(ledger, async (taskQueue) => {
      expect(await pullStream(stream, taskQueue)).toMatchObject({ sealed: 2 });
      expect(await pullStream(stream, taskQueue)).toMatchObject({ sealed: 0, empty: 0 });
    });
    expect(ledger.sealed).toHaveLength(2);
  });

  it('run five times at once extracts everything once, and each hears the outcome', async () => {
    const stream = newStream();
    const ledger = pretend({ due: hours(8), pages: () => 2 });
    await temporal.serve(ledger, async (taskQueue) => {
      const all = await Promise.all([1, 2, 3, 4, 5].map((n) => pullStream(stream, taskQueue, `:${n}`)));
      expect(all).toHaveLength(5);
    });
    expect(ledger.sealed).toHaveLength(8);
  });

  it('ends as failed under the failure’s name', async () => {
    const ledger = pretend({
      due: hours(1),
      onAuthenticate: () => {
        throw final('credentials-rejected');
      },
    });
    const stream = newStream();
    const failure = await failureOf(temporal.serve(ledger, (taskQueue) => pullStream(stream, taskQueue)));
    expect(failure.type).toBe('credentials-rejected');
  });
});

describe('a backlog of small windows', () => {
  /** What each step of a run was asked to do: the windows of a batch, or the window of a single step. */
  async function steps(stream: { source: string; stream: string }): Promise<readonly (readonly string[])[]> {
    const { events = [] } = await temporal.client.workflow.getHandle(extractId(stream)).fetchHistory();
    return (events ?? []).flatMap((event) => {
      const scheduled = event.activityTaskScheduledEventAttributes;
      const [argument] = scheduled?.input?.payloads ?? [];
      if (!['fetchPages', 'extractBatch'].includes(scheduled?.activityType?.name ?? '')) return [];
      const order = defaultPayloadConverter.fromPayload<{ window?: IsoInterval; windows?: IsoInterval[] }>(
        argument ?? {},
      );
      return [(order.windows ?? [order.window]).map((window) => window?.from ?? '')];
    });
  }
  const one = { perSource: 1, perStream: 1 };

  it('takes several windows in a step once the first ones prove small, and seals each by itself', async () => {
    const ledger = pretend({ due: hours(40), small: true, connections: one });
    const stream = newStream();
    expect(await extract(ledger, stream)).toMatchObject({ sealed: 40, records: 400, failed: 0 });
    expect(new Set(ledger.sealed.map(({ from }) => from)).size).toBe(40);
    expect((await steps(stream)).map((windows) => windows.length)).toEqual([1, 2, 4, 8, 8, 8, 8, 1]);
  });

  it('asks for the one that makes trouble alone, with retries, and loses none of those around it', async () => {
    const bad = hours(12)[5];
    let refusals = 0;
    const ledger = pretend({
      due: hours(12),
      small: true,
      connections: one,
      onPage: ({ window }) => {
        if (window.from !== bad?.from || refusals >= 3) return;
        refusals += 1;
        throw ApplicationFailure.retryable('pretended outage', 'unavailable');
      },
    });
    const stream = newStream();
    expect(await extract(ledger, stream)).toMatchObject({ sealed: 12, failed: 0 });
    expect(ledger.sealed).toHaveLength(12);
    expect(await steps(stream)).toContainEqual([bad?.from]);
  });

  it('goes back to single steps when windows grow', async () => {
    const ledger = pretend({ due: hours(6), small: false, pages: () => 2, connections: one });
    const stream = newStream();
    await extract(ledger, stream);
    expect((await steps(stream)).every((windows) => windows.length === 1)).toBe(true);
  });
});
