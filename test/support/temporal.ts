import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { inject } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { connectClient } from '../../src/temporal/connect.ts';
import { claimPort } from '../../src/temporal/ports.ts';
import { waitFor } from './wait.ts';

/** `host:port` of the Temporal server that all tests of a run share; see global-setup.ts. */
export function testTemporalAddress(): string {
  return inject('temporalAddress');
}

/** A client of the shared server, or of another one; close it after use. */
export async function testClient(address = testTemporalAddress()): Promise<Client & { close(): Promise<void> }> {
  return await connectClient({ address, namespace: 'default' });
}

/** A task queue that no other test uses: it keeps tests that share one server apart. */
export function freshTaskQueue(): string {
  return `test-${randomUUID()}`;
}

/** A port of the loopback that nothing listens on now. */
export async function freePort(): Promise<number> {
  return await claimPort('127.0.0.1', 0, 'a test', '');
}

/** A namespace of the shared server that no other test uses, once it answers: what belongs to a task queue is then the test's own. */
export async function freshNamespace(): Promise<string> {
  const namespace = `test-${randomUUID()}`;
  const client = await testClient();
  try {
    const retention = msToTs(3 * DAY);
    await client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention });
    await waitFor(
      () =>
        client.workflowService.countWorkflowExecutions({ namespace, query: '' }).then(
          () => true,
          () => false,
        ),
      (answers) => answers,
    );
    return namespace;
  } finally {
    await client.close();
  }
}
