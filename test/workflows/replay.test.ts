import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';

/** Recorded from real runs, one folder a release; `RECORD_HISTORIES=<release> npx vitest run test/e2e/histories.test.ts` adds one. */
const folder = fileURLToPath(new URL('../histories/', import.meta.url));
const recorded = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));

let workflowBundle: WorkflowBundle;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
});

const load = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));

describe('runs that were under way at an upgrade go on: recorded histories replay', () => {
  it.each(recorded)('%s', async (name) => {
    const history = historyFromJSON(load(name));
    // A backfill's id is that of its workflow, and names what it starts.
    const { workflowId } = history.events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
    await Worker.runReplayHistory({ workflowBundle }, history, workflowId ?? undefined);
  });

  it('of every workflow there is one', () => {
    for (const workflow of ['pull', 'extractWindows', 'connections', 'backfill']) {
      expect(recorded.filter((name) => name.includes(workflow))).not.toEqual([]);
    }
  });

  it('and a history that does not fit the code is found out', async () => {
    const name = recorded.find((one) => one.includes('pull')) ?? '';
    const text = JSON.stringify(load(name)).replaceAll('"describeStream"', '"somethingElse"');
    await expect(Worker.runReplayHistory({ workflowBundle }, historyFromJSON(JSON.parse(text)))).rejects.toThrow();
  });
});
