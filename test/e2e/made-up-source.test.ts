import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { openArchive } from '../../src/archive/open.ts';
import { loadConfig } from '../../src/config/load.ts';
import { locations } from '../../src/config/locations.ts';
import type { SourceType, VendorLimits } from '../../src/core/contract.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { createHttp } from '../../src/http/client.ts';
import { parsePage } from '../../src/json/page.ts';
import { startWorker } from '../../src/worker.ts';
import { useTemporal } from '../workflows/harness.ts';

const temporal = useTemporal();
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const limits: VendorLimits = {
  longest: DAY,
  grain: MINUTE,
  settling: 10 * MINUTE,
  retention: 7 * DAY,
  safety: MINUTE,
  cursorValidity: Number.POSITIVE_INFINITY,
  perSource: 2,
  perStream: 2,
};

/** A vendor that exists in this test alone: a sensor's readings by the hour, two pages each. */
const madeUp: SourceType<{ sensors: string[] }> = {
  name: 'made-up',
  settings: z.strictObject({ sensors: z.array(z.string()) }),
  limits,
  defaults: { every: HOUR, offset: 0, window: HOUR },
  open({ id, settings, clock }) {
    const http = createHttp({ baseUrl: settings.baseUrl ?? '', connections: settings.limits.perSource });
    return {
      id,
      type: 'made-up',
      streams: settings.sensors.map((name) => ({
        name,
        shape: 'window',
        limits: settings.limits,
        async fetchPage({ from }, cursor, signal) {
          const page = cursor ?? '1';
          const { body } = await http.request({ method: 'GET', path: `/${name}?from=${from}&page=${page}`, signal });
          return { records: parsePage(body, 'readings').records, next: page === '1' ? '2' : null };
        },
        identify: ({ value }) => value as { id: string; time: number },
      })),
      authenticate: async () => ({ skew: 0 }),
      check: async () => [],
      now: clock,
      close: () => http.close(),
    };
  },
};

it('a sixth vendor needs a folder and a line in the registry: config, workflows, ledger and archive take it as it is', async () => {
  const vendor = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://vendor');
    const from = Number(url.searchParams.get('from'));
    const page = url.searchParams.get('page') ?? '';
    response.end(`{"readings": [ {"id": "${from}-${page}", "time": ${from}, "celsius": 21.50} ]}`);
  });
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => new Promise((resolve) => vendor.close(resolve)));
  const folder = await mkdtemp(join(tmpdir(), 'sluice-made-up-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'sluice.yaml');
  const name = `lab-${randomUUID().slice(0, 8)}`;
  const until = Math.floor((Date.now() - 11 * MINUTE) / HOUR) * HOUR;
  await writeFile(
    file,
    `version: 1\ndata: ./data\nsources:\n  ${name}:\n    type: made-up\n    sensors: [roof]\n` +
      `    baseUrl: http://127.0.0.1:${(vendor.address() as AddressInfo).port}\n    start: "${new Date(until - 3 * HOUR).toISOString()}"\n`,
  );
  const config = loadConfig(file, { registry: { 'made-up': madeUp } });
  const taskQueue = `made-up-${randomUUID()}`;
  const worker = await startWorker({ config, connection: temporal.connection, namespace: 'default', taskQueue });
  const stream = { source: name, stream: 'roof' };
  const outcome: unknown = await temporal.client.workflow.execute('pull', {
    workflowId: `pull:${name}`,
    taskQueue,
    args: [stream],
  });
  await worker.stop();

  expect(outcome).toMatchObject({ sealed: 3, records: 6 });
  const lines: string[] = [];
  const archive = openArchive(locations(config).archive);
  for await (const receipt of archive.manifests()) {
    if ('damage' in receipt) throw new Error(receipt.damage);
    for await (const { bytes } of archive.records(receipt)) lines.push(bytes.toString());
  }
  expect(lines).toHaveLength(6);
  expect(lines[0]).toContain('"celsius": 21.50');
});
