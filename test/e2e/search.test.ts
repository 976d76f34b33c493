import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, describe, expect, inject, it } from 'vitest';
import type { SearchOutcome } from '../../src/workflows/search.ts';
import { startGroupIb, type GroupIbSimulator, type SimulatorOptions } from '../../simulators/group-ib.ts';
import { useTemporal } from '../workflows/harness.ts';
import { makePlace, type Place } from './place.ts';

const temporal = useTemporal();
const KEY = 'canary-gib-key-5e21';
const SEARCHED = ['compromised/account_group', 'compromised/breached', 'malware/cnc'];
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

interface Deployed extends Place {
  readonly simulator: GroupIbSimulator;
  readonly source: string;
  search(query: string): Promise<SearchOutcome>;
}

async function deploy(options: SimulatorOptions = {}, { worker: wantsWorker = true } = {}): Promise<Deployed> {
  const simulator = await startGroupIb({
    accounts: [{ username: 'ops', apiKey: KEY }],
    counts: Object.fromEntries(SEARCHED.map((name) => [name, 1_500])),
    ...options,
  });
  process.env['SLUICE_TEST_GIB_SEARCH'] = KEY;
  const source = `gib-${randomUUID().slice(0, 8)}`;
  const yaml = [
    'version: 1',
    'data: ./data',
    'sources:',
    `  ${source}:`,
    '    type: group-ib',
    `    baseUrl: ${simulator.tiUrl}`,
    '    requestsPerSecond: 100',
    '    collections: [malware/cnc]',
    '    auth: { username: ops, apiKey: "${env:SLUICE_TEST_GIB_SEARCH}" }',
    '',
  ].join('\n');
  const place = await makePlace(temporal, yaml);
  cleanUps.push(place.remove, () => simulator.close());
  if (wantsWorker) {
    const worker = await place.worker();
    cleanUps.unshift(() => worker.stop());
  }
  return {
    ...place,
    simulator,
    source,
    search: (query) =>
      temporal.client.workflow.execute<(order: { source: string; query: string }) => Promise<SearchOutcome>>('search', {
        workflowId: `search:${source}:${randomUUID()}`,
        taskQueue: place.taskQueue,
        args: [{ source, query }],
      }),
  };
}

/** What the vendor's own search has on a query, by its own account: collection and how many. */
async function told({ simulator }: Deployed, query: string): Promise<Readonly<Record<string, number>>> {
  const authorization = `Basic ${Buffer.from(`ops:${KEY}`).toString('base64')}`;
  const answer = await fetch(`${simulator.tiUrl}search?q=${encodeURIComponent(query)}`, { headers: { authorization } });
  const hits = (await answer.json()) as { apiPath: string; count: number }[];
  return Object.fromEntries(hits.map(({ apiPath, count }) => [apiPath, count]));
}

/** A domain that many items of several collections have. */
async function commonDomain(place: Deployed): Promise<string> {
  const items = place.simulator
    .latest('malware/cnc')
    .map(({ bytes }) => JSON.parse(bytes.toString()) as { domain?: string });
  const domains = new Set(items.flatMap(({ domain }) => (typeof domain === 'string' && domain !== '' ? [domain] : [])));
  for (const domain of domains) {
    const found = await told(place, `domain:${domain}`);
    if (Object.keys(found).length > 2) return `domain:${domain}`;
  }
  throw new Error('no domain is in several collections');
}

/** That every collection which answers is held whole, by hash, each item once. */
async function expectHeld(place: Deployed, query: string, { collections, at }: SearchOutcome): Promise<void> {
  const owed = await told(place, query);
  expect(Object.fromEntries(collections.map(({ collection, records }) => [collection, records]))).toEqual(owed);
  for (const { collection, manifest } of collections) {
    const records = (await place.records({ source: place.source, stream: collection })).filter(
      ({ key }) => key === manifest,
    );
    const truth = new Set(place.simulator.latest(collection).map(({ sha256 }) => sha256));
    expect(new Set(records.map(({ sha256 }) => sha256)).size).toBe(owed[collection]);
    expect(records.every(({ sha256 }) => truth.has(sha256))).toBe(true);
    expect(records[0]?.manifest).toMatchObject({
      kind: 'search',
      query,
      at,
      stream: collection,
      reported: owed[collection],
    });
  }
}

describe('a search', () => {
  it('seals what each collection that answers has, a slice for each, and leaves the streams as they are', async () => {
    const place = await deploy();
    const query = await commonDomain(place);
    const outcome = await place.search(query);
    await expectHeld(place, query, outcome);
    expect(place.simulator.violations).toEqual([]);
    await place.withLedger(async (ledger) => {
      expect(await ledger.position({ source: place.source, stream: 'malware/cnc' })).toBeUndefined();
      expect((await ledger.streams()).map(({ stream }) => stream)).toEqual([]);
      const lookups = await ledger.lookups(place.source);
      expect(lookups.map(({ subject, records }) => [subject, records])).toEqual(
        outcome.collections.map(({ records }) => [query, records]),
      );
    });
  });

  it('is asked for less where it is too much for the vendor', async () => {
    const place = await deploy({ faults: { gatewayTimeoutAbove: 20 } });
    const query = await commonDomain(place);
    await expectHeld(place, query, await place.search(query));
  });

  it('that one collection refuses has the others, and ends under that failure’s name', async () => {
    const place = await deploy();
    const query = await commonDomain(place);
    place.simulator.faults.missingItems = { when: { kind: 'updated', collection: 'malware/cnc' } };
    const error: unknown = await place.search(query).catch((reason: unknown) => reason);
    const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure)) throw error;
    expect(cause.type).toBe('unexpected-answer');
    const [{ collections }] = cause.details as [SearchOutcome];
    expect(collections.filter(({ failure }) => failure !== undefined).map(({ collection }) => collection)).toEqual([
      'malware/cnc',
    ]);
    expect(collections.filter(({ manifest }) => manifest !== undefined).length).toBeGreaterThan(1);
  });

  it('goes on where a killed worker left it, and has each item once', async () => {
    const place = await deploy({}, { worker: false });
    const query = await commonDomain(place);
    const doomed = await place.workerProcess(inject('temporalAddress'), 'before-manifest');
    const dead = once(doomed, 'exit');
    const searched = place.search(query);
    await dead;
    const worker = await place.worker();
    cleanUps.unshift(() => worker.stop());
    await expectHeld(place, query, await searched);
  });
});
