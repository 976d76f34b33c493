import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { temporal as proto } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionsId, extractId } from '../../src/core/ids.ts';
import { HOUR } from '../../src/core/time.ts';
import { useTemporal } from '../workflows/harness.ts';
import { CANARY, deploy, type Deployment } from './deployment.ts';
import { record } from './record.ts';

type History = proto.api.history.v1.IHistory;

const temporal = useTemporal();
const SITE = 'www.example.com';
const LARGEST_PAYLOAD = 64 * 1024;
const histories = new Map<string, History>();
let d: Deployment;

/** One deployment that meets every kind of trouble, so that whatever is said of it stands in some history. */
beforeAll(async () => {
  d = await deploy({ settings: [`start: "${new Date(Date.now() - 5 * HOUR).toISOString()}"`] });
  const hour = d.lastHour();
  d.simulator.load(SITE, hour.from, hour.until, 3_100);
  Object.assign(d.simulator.faults, {
    cursorBytes: 20_000,
    unauthorizedOnPage: { page: 2, times: 1 },
    tooManyRequests: { retryAfter: 1, times: 1 },
    htmlWith200: { times: 1 },
    ageNextLink: { ms: 61_000, times: 1 },
  });
  const worker = await d.worker(temporal.connection);
  const healthy = await d.pull(temporal.client);
  await healthy.result();
  await worker.stop();
  Object.assign(d.simulator.faults, { loginDown: { status: 401 } });
  const newcomer = await d.worker(temporal.connection);
  const refused = await d.pull(temporal.client);
  await refused.result().catch(() => undefined);
  await newcomer.stop();
  const stream = { source: d.source, stream: SITE };
  for (const [name, id] of [
    ['pull', healthy.workflowId],
    ['pull-refused', refused.workflowId],
    ['extractWindows', extractId(stream)],
    ['connections', connectionsId(d.source)],
  ] as const) {
    histories.set(name, await temporal.client.workflow.getHandle(id).fetchHistory());
  }
  const firstRun = await firstRunOf(healthy.workflowId);
  histories.set(
    'extractWindows-healed',
    await temporal.client.workflow.getHandle(extractId(stream), firstRun).fetchHistory(),
  );
}, 120_000);
afterAll(() => d.close());

/** The run of the extractor that a pull started. */
async function firstRunOf(pullId: string): Promise<string> {
  const { events } = await temporal.client.workflow.getHandle(pullId).fetchHistory();
  const started = events?.find((event) => Boolean(event.childWorkflowExecutionStartedEventAttributes));
  return started?.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.runId ?? '';
}

function* payloads(value: unknown): Generator<number> {
  if (typeof value !== 'object' || value === null) return;
  if ('data' in value && value.data instanceof Uint8Array) yield value.data.length;
  for (const inner of Object.values(value)) yield* payloads(inner);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

describe('what is written down', () => {
  it('holds no secret: not the histories, not the ledger, not the archive, not the quarantine', () => {
    for (const [name, history] of histories) {
      const text = bytesOf(history);
      for (const secret of Object.values(CANARY)) expect(text.includes(secret), `${name} holds a secret`).toBe(false);
      expect(text).not.toMatch(/Bearer [\w-]{8,}/);
    }
    const files = filesBelow(join(d.folder, 'data'));
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      const text = readFileSync(file, 'latin1');
      for (const secret of Object.values(CANARY)) expect(text.includes(secret), `${file} holds a secret`).toBe(false);
    }
  });

  it('holds no record, and no payload above 64 KiB, in any history', () => {
    for (const [name, history] of histories) {
      const sizes = [...payloads(history)];
      expect(sizes.length, name).toBeGreaterThan(0);
      expect(Math.max(...sizes), name).toBeLessThanOrEqual(LARGEST_PAYLOAD);
      expect(bytesOf(history), name).not.toContain('serverHostname');
    }
  });

  it('can be replayed with the present code', async () => {
    for (const [name, history] of histories) {
      await Worker.runReplayHistory({ workflowBundle: temporal.bundle }, history);
      record(name, history);
    }
  });

  it('names a refused login by its failure and the secret by its place', () => {
    const text = bytesOf(histories.get('pull-refused') ?? {});
    expect(text).toContain('credentials-rejected');
    expect(text).toContain('env:SLUICE_TEST_PASSWORD');
  });
});

/** The history as the server sends it, payloads and all, to look for words in. */
function bytesOf(history: History): string {
  return Buffer.from(proto.api.history.v1.History.encode(history).finish()).toString('latin1');
}
