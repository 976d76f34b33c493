import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { inject } from 'vitest';
import { connectClient } from '../../src/temporal/connect.ts';
import { claimPort } from '../../src/temporal/ports.ts';

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
