import { createServer } from 'node:net';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { birthOf, signalGroup } from '../../src/temporal/processes.ts';
import { inspectProgram } from '../../src/temporal/program.ts';
import { PortInUse } from '../../src/temporal/ports.ts';
import {
  DataFileInUse,
  startTemporal,
  TemporalStartFailed,
  type StartOptions,
  type TemporalServer,
} from '../../src/temporal/server.ts';
import { freePort, freshTaskQueue, testClient, testTemporalAddress } from '../support/temporal.ts';
import { spawnChild } from './child.ts';

let folder: string;
let dataName: string;
let started: TemporalServer[];
let children: ReturnType<typeof spawnChild>[];
let lines: string[];
beforeAll(async () => {
  dataName = `temporal-${(await inspectProgram(inject('temporalCli'), process.env)).server}.db`;
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-server-'));
  [started, children, lines] = [[], [], []];
});
afterEach(async () => {
  await Promise.all(children.map(endChild));
  await Promise.all(started.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<StartOptions> = {}): Promise<TemporalServer> {
  const server = await startTemporal({
    executable: inject('temporalCli'),
    dataFile: join(folder, 'temporal.db'),
    port: 0,
    searchAttributes: {},
    log: (line) => lines.push(line),
    ...options,
  });
  started.push(server);
  return server;
}

function startChild(verb: 'start' | 'crash', port = 0): ReturnType<typeof spawnChild> {
  const child = spawnChild([verb, join(folder, 'temporal.db'), String(port)]);
  children.push(child);
  return child;
}

/** Ends a child and the server that it leaves. */
async function endChild(child: ReturnType<typeof spawnChild>): Promise<void> {
  child.process.kill('SIGKILL');
  await child.ended;
  const { pid } = JSON.parse(await child.said.catch(() => '{}')) as { pid?: number };
  signalGroup(pid, 'SIGKILL');
}

const portOf = ({ address }: { readonly address: string }): number => Number(address.split(':')[1]);

/** Leaves a workflow on the server that nobody works on, and returns its id. */
async function leaveWorkflow(address: string): Promise<string> {
  const client = await testClient(address);
  try {
    const { workflowId } = await client.workflow.start('never', { taskQueue: 'nobody', workflowId: freshTaskQueue() });
    return workflowId;
  } finally {
    await client.close();
  }
}

async function statusOf(address: string, workflowId: string): Promise<string> {
  const client = await testClient(address);
  try {
    return (await client.workflow.getHandle(workflowId).describe()).status.name;
  } finally {
    await client.close();
  }
}

async function listen(port: number): Promise<() => Promise<void>> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return () => new Promise((resolve) => server.close(() => resolve()));
}

async function failureOf<T extends Error>(kind: new (...args: never[]) => T, work: Promise<unknown>): Promise<T> {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof kind) return error;
  throw new Error(`no ${kind.name}`, { cause: error });
}

describe('a server that was started', () => {
  it('keeps closed runs for 30 days and knows its search attributes, old ones and new ones', async () => {
    const first = await start({ searchAttributes: { SluiceSource: 'Keyword' } });
    await first.stop();
    const { address } = await start({ searchAttributes: { SluiceSource: 'Keyword', SluiceDeadline: 'Datetime' } });
    const client = await testClient(address);
    const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
    expect(tsToMs(config?.workflowExecutionRetentionTtl)).toBe(30 * 24 * 3_600_000);
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace: 'default' });
    expect(customAttributes).toMatchObject({ SluiceSource: 2, SluiceDeadline: 6 });
    await client.close();
  });

  it('names its file by the version of the server, and says so when it leaves another one aside', async () => {
    await writeFile(join(folder, 'temporal-1.29.1.db'), 'of an earlier version');
    await start();
    expect(await readdir(folder)).toContain(dataName);
    expect(lines.join('\n')).toContain('temporal-1.29.1.db were written by another version');
  });

  it('keeps its file in the data folder, whatever that is called', async () => {
    const data = join(folder, 'a #1 50%20?x=');
    await start({ dataFile: join(data, 'temporal.db') });
    expect(await readdir(folder)).toEqual(['a #1 50%20?x=']);
    expect(await readdir(data)).toContain(dataName);
  });

  it('serves its UI where it says', async () => {
    const { uiUrl } = await start({ uiPort: 0 });
    const answer = await fetch(uiUrl ?? 'none');
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('<html')]);
  });

  it('ends, and leaves no record, when it is stopped, even twice', async () => {
    const server = await start();
    const { pid } = server;
    await Promise.all([server.stop(), server.stop()]);
    expect(birthOf(pid)).toBeUndefined();
    expect(await server.exited).toEqual({ asked: true, reason: 'it was stopped' });
    expect((await readdir(folder)).filter((name) => name.endsWith('.json'))).toEqual([]);
  });

  it('tells when it dies and nobody may start it again', async () => {
    const reasons: string[] = [];
    const server = await start({ onExit: (reason) => reasons.push(reason) });
    process.kill(server.pid, 'SIGKILL');
    expect(await server.exited).toEqual({ asked: false, reason: 'killed by SIGKILL' });
    expect(reasons).toEqual(['killed by SIGKILL']);
  });

  it('needs no data file', async () => {
    const server = await startTemporal({ executable: inject('temporalCli'), port: 0, searchAttributes: {} });
    started.push(server);
    expect(await leaveWorkflow(server.address)).toMatch(/^test-/);
    expect(server.uiUrl).toBeUndefined();
  });
});

describe('a server that is supervised', () => {
  it('runs again on its file after it was killed, with its workflows', async () => {
    const server = await start({ supervise: true });
    const before = server.pid;
    const workflow = await leaveWorkflow(server.address);
    process.kill(before, 'SIGKILL');
    await vi.waitUntil(() => lines.some((line) => line.includes('runs again')), { timeout: 20_000 });
    expect(await statusOf(server.address, workflow)).toBe('RUNNING');
    expect(server.pid).not.toBe(before);
  });

  it('gives up after some tries, and says why', async () => {
    const server = await start({ supervise: true, restartWaits: [10, 20] });
    process.kill(server.pid, 'SIGSTOP');
    await writeFile(join(folder, dataName), 'not a database at all');
    process.kill(server.pid, 'SIGKILL');
    const end = await server.exited;
    expect(end.asked).toBe(false);
    expect(lines.join('\n')).toContain('try 2 of 2');
    expect(lines.join('\n')).toContain('is damaged. It holds histories only');
  });
});

describe('what keeps a server from starting', () => {
  it.each(['port', 'uiPort'] as const)('a %s in use: which one, by whom, and what to do', async (which) => {
    const port = await freePort();
    const close = await listen(port);
    const work = start({ [which]: port, portAdvice: 'Choose another with --somewhere.' });
    const { message } = await failureOf(PortInUse, work);
    await close();
    expect(message).toContain(`port ${port}, for the Temporal ${which === 'port' ? 'server' : 'UI'}, is in use`);
    if (process.platform === 'linux') expect(message).toContain(`by process ${process.pid} (`);
    expect(message).toContain('Choose another with --somewhere.');
  });

  it('a damaged file: its last words, and that the ledger is not touched by it', async () => {
    await writeFile(join(folder, dataName), 'not a database at all');
    const { message } = await failureOf(TemporalStartFailed, start());
    expect(message).toContain('file is not a database');
    expect(message).toContain('move it away and start again');
  });

  it('another server of this process on the same file', async () => {
    await start();
    expect((await failureOf(DataFileInUse, start())).message).toContain(
      `process ${process.pid} runs a Temporal server on it`,
    );
  });
});

describe('a server whose process ended', () => {
  it('is adopted after a kill, with its workflows, and stops with its new owner', async () => {
    const child = startChild('start');
    const orphan = JSON.parse(await child.said) as { address: string; pid: number };
    const workflow = await leaveWorkflow(orphan.address);
    child.process.kill('SIGKILL');
    await child.ended;

    const server = await start({ port: portOf(orphan) });
    expect([server.pid, server.address]).toEqual([orphan.pid, orphan.address]);
    expect(await statusOf(server.address, workflow)).toBe('RUNNING');
    await server.stop();
    expect(birthOf(orphan.pid)).toBeUndefined();
  });

  it('is ended when another port is wanted now, and the new one has its workflows', async () => {
    const child = startChild('start');
    const orphan = JSON.parse(await child.said) as { address: string; pid: number };
    const workflow = await leaveWorkflow(orphan.address);
    child.process.kill('SIGKILL');
    await child.ended;

    const server = await start({ port: await freePort() });
    expect(birthOf(orphan.pid)).toBeUndefined();
    expect(await statusOf(server.address, workflow)).toBe('RUNNING');
  });

  it('is not taken from a process that still runs', async () => {
    const child = startChild('start');
    await child.said;
    const { message } = await failureOf(DataFileInUse, start());
    expect(message).toContain(`process ${child.process.pid} runs`);
  });

  it('is stopped when that ends by an uncaught error', async () => {
    const child = startChild('crash');
    const { pid } = JSON.parse(await child.said) as { pid: number };
    child.process.stdin.write('\n');
    expect(await child.ended).toBe(1);
    await vi.waitUntil(() => birthOf(pid) === undefined, { timeout: 15_000 });
  });

  it('is left alone by a Ctrl-C, which reaches only the terminal’s own group', async () => {
    const child = startChild('start');
    const { pid, address } = JSON.parse(await child.said) as { pid: number; address: string };
    // There is a group of its number, so the server is not in the child's.
    expect(process.kill(-pid, 0)).toBe(true);
    child.process.kill('SIGINT');
    await child.ended;
    expect(await leaveWorkflow(address)).toMatch(/^test-/);
    const server = await start({ port: portOf({ address }) });
    expect(server.pid).toBe(pid);
  });
});

it('the server that all tests share is there', async () => {
  expect(await leaveWorkflow(testTemporalAddress())).toMatch(/^test-/);
});
