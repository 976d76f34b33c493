import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { temporal as proto } from '@temporalio/proto';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { extractId } from '../../src/core/ids.ts';
import { DAY, dayOf } from '../../src/core/time.ts';
import { startGroupIb, type GroupIbSimulator, type SimulatorOptions } from '../../simulators/group-ib.ts';
import { useTemporal } from '../workflows/harness.ts';
import { makePlace, type Place } from './place.ts';

const temporal = useTemporal();
const KEY = 'canary-gib-key-91ac';
const DATA = 'canary-data-3f77-';
const START = dayOf(Date.now() - 5 * DAY);
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

interface Deployed extends Place {
  readonly simulator: GroupIbSimulator;
  readonly source: string;
}

async function deploy(
  collections: readonly string[],
  options: SimulatorOptions = {},
  { worker: wantsWorker = true } = {},
): Promise<Deployed> {
  const simulator = await startGroupIb({
    accounts: [{ username: 'ops', apiKey: KEY }],
    canary: DATA,
    // Nothing is published while a test counts.
    counts: Object.fromEntries(collections.map((name) => [name.replace('drp/violation', 'violation/list'), 900])),
    ...options,
  });
  process.env['SLUICE_TEST_GIB'] = KEY;
  const source = `gib-${randomUUID().slice(0, 8)}`;
  const yaml = [
    'version: 1',
    'data: ./data',
    'sources:',
    `  ${source}:`,
    '    type: group-ib',
    `    baseUrl: ${simulator.tiUrl}`,
    ...(collections.includes('drp/violation') ? [`    drp: { baseUrl: "${simulator.drpUrl}" }`] : []),
    `    start: ${START}`,
    '    requestsPerSecond: 100',
    `    collections: [${collections.join(', ')}]`,
    '    auth: { username: ops, apiKey: "${env:SLUICE_TEST_GIB}" }',
    '',
  ].join('\n');
  const place = await makePlace(temporal, yaml);
  cleanUps.push(place.remove, () => simulator.close());
  const worker = wantsWorker ? await place.worker() : undefined;
  if (worker !== undefined) cleanUps.unshift(() => worker.stop());
  return { ...place, simulator, source };
}

/** What a walk from the start on owes: the newest version of each item. */
function owed({ simulator }: Deployed, collection: string): ReadonlySet<string> {
  const from = Date.parse(`${START}T00:00:00Z`);
  const latest = simulator.latest(collection).filter(({ time }) => time >= from);
  return new Set(latest.map(({ sha256 }) => sha256));
}

async function held(place: Deployed, stream: string): Promise<ReadonlySet<string>> {
  return new Set((await place.records({ source: place.source, stream })).map(({ sha256 }) => sha256));
}

describe('Group-IB, end to end', () => {
  it.each(['exclusive', 'inclusive'] as const)(
    'holds every item of a collection once, with numbers above 2^53 and ties over borders, where the cursor is %s',
    async (cursorMode) => {
      const place = await deploy(['compromised/account_group', 'apt/threat'], {
        faults: { cursorMode, seqAbove2to53: true, ties: true },
      });
      for (const stream of ['compromised/account_group', 'apt/threat']) {
        await place.pull({ source: place.source, stream });
        const have = await held(place, stream);
        for (const sha256 of owed(place, stream)) expect(have.has(sha256)).toBe(true);
        expect((await place.records({ source: place.source, stream })).length).toBe(have.size);
      }
      expect(await place.pull({ source: place.source, stream: 'apt/threat' })).toMatchObject({ records: 0 });
      // One below a number that the list told is how ties before it are met; the simulator knows its own numbers only.
      const others = place.simulator.violations.filter(({ rule }) => rule !== 'cursor-not-issued');
      expect(others).toEqual([]);
    },
  );

  it('takes an updated item again, as a further version', async () => {
    const collection = 'malware/cnc';
    const place = await deploy([collection]);
    const stream = { source: place.source, stream: collection };
    await place.pull(stream);
    const before = (await place.records(stream)).length;
    place.simulator.update(collection, 3);
    place.simulator.add(collection, 2);
    expect(await place.pull(stream)).toMatchObject({ records: 5 });
    expect(await place.records(stream)).toHaveLength(before + 5);
  });

  it.each(['while-staging', 'before-manifest', 'before-ledger'] as const)(
    'holds every item once though the worker dies in the middle of a portion, %s',
    async (trap) => {
      const collection = 'malware/cnc';
      const place = await deploy([collection], {}, { worker: false });
      const stream = { source: place.source, stream: collection };
      const doomed = await place.workerProcess(inject('temporalAddress'), trap);
      const dead = once(doomed, 'exit');
      const pulled = place.pull(stream);
      expect(await dead).toEqual([null, 'SIGKILL']);
      const worker = await place.worker();
      cleanUps.unshift(() => worker.stop());
      await pulled;
      const records = await place.records(stream);
      expect(new Set(records.map(({ sha256 }) => sha256)).size).toBe(records.length);
      const have = await held(place, collection);
      for (const sha256 of owed(place, collection)) expect(have.has(sha256)).toBe(true);
    },
  );

  it('asks for less where the vendor is too slow for more, and follows to the end', async () => {
    const collection = 'osi/vulnerability';
    const place = await deploy([collection], { faults: { gatewayTimeoutAbove: 30 } });
    await place.pull({ source: place.source, stream: collection });
    const have = await held(place, collection);
    for (const sha256 of owed(place, collection)) expect(have.has(sha256)).toBe(true);
  });

  it('one collection’s trouble does not stop another; the failure says where to look', async () => {
    const place = await deploy(['malware/cnc', 'apt/threat'], { faults: { forbiddenCollections: ['apt/threat'] } });
    const { source } = place;
    const [good, bad] = await Promise.allSettled([
      place.pull({ source, stream: 'malware/cnc' }),
      place.pull({ source, stream: 'apt/threat' }),
    ]);
    expect(good.status).toBe('fulfilled');
    expect(String(bad.status === 'rejected' ? bad.reason : '')).toMatch(/credentials-rejected.*granted_collections/s);
    const position = await place.withLedger((ledger) => ledger.position({ source, stream: 'apt/threat' }));
    expect(position?.failure?.name ?? 'credentials-rejected').toBe('credentials-rejected');
  });

  it.each<Readonly<Partial<Record<'truncated' | 'missingItems', true>>>>([
    {},
    { truncated: true },
    { missingItems: true },
  ])(
    'keeps secrets inside the data out of histories and messages, with faults %o; the archive says what holds for them',
    async (faults) => {
      const collection = 'compromised/account_group';
      const place = await deploy([collection], { faults });
      const stream = { source: place.source, stream: collection };
      const said = await place.pull(stream).catch(String);
      expect(JSON.stringify(said)).not.toMatch(new RegExp(`${DATA}|${KEY}`));
      const history = await temporal.client.workflow.getHandle(extractId(stream)).fetchHistory();
      const text = Buffer.from(proto.api.history.v1.History.encode(history).finish()).toString('latin1');
      expect(text).toContain(stream.stream);
      expect(text).not.toContain(DATA);
      expect(text).not.toContain(KEY);
      const sealed = await place.records(stream);
      expect(sealed.every(({ manifest }) => manifest.redaction === 'mask')).toBe(true);
      // It was there to be found.
      if (Object.keys(faults).length === 0) expect(sealed.some(({ bytes }) => bytes.includes(DATA))).toBe(true);
    },
  );

  it('holds the days of uploads of a collection without a sequence', async () => {
    const collection = 'compromised/breached';
    const place = await deploy([collection], { counts: { [collection]: 300 } });
    const outcome = await place.pull({ source: place.source, stream: collection });
    expect(outcome.failed).toBe(0);
    expect(outcome.sealed + outcome.empty).toBeGreaterThan(3);
  });
});

describe('a backfill of a collection', () => {
  it.each(['exclusive', 'inclusive'] as const)(
    'holds what came before the stream’s start once, up to the very item where its own reader began (%s)',
    async (cursorMode) => {
      const collection = 'compromised/account_group';
      const place = await deploy([collection], { faults: { cursorMode, seqAbove2to53: true, ties: true } });
      const stream = { source: place.source, stream: collection };
      await place.pull(stream);
      const live = await place.withLedger((ledger) => ledger.position(stream));
      const from = dayOf(Date.now() - 12 * DAY);
      const run = await temporal.client.workflow.start('backfill', {
        workflowId: `backfill:${randomUUID()}`,
        taskQueue: place.taskQueue,
        args: [{ ...stream, from, until: dayOf(Date.now()) }],
      });
      expect(await run.result()).toMatchObject({ state: 'done' });
      const have = await held(place, collection);
      const wanted = place.simulator.latest(collection).filter(({ time }) => time >= Date.parse(from));
      expect(wanted.length).toBeGreaterThan(owed(place, collection).size);
      for (const { sha256 } of wanted) expect(have.has(sha256)).toBe(true);
      expect((await place.records(stream)).length).toBe(have.size);
      expect(await place.withLedger((ledger) => ledger.position(stream))).toEqual(live);
    },
  );
});
