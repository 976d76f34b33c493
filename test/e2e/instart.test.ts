import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { DAY, floorTo, HOUR, MINUTE, toIso } from '../../src/core/time.ts';
import { instart } from '../../src/sources/instart/index.ts';
import { startInstart, type InstartSimulator, type SimulatorOptions } from '../../simulators/instart.ts';
import { useTemporal } from '../workflows/harness.ts';
import { makePlace, type ArchivedHere, type Place } from './place.ts';

process.env['TZ'] = 'America/New_York';

const temporal = useTemporal();
const PASSWORD = 'canary:instart-pässword';
const DIMENSIONS = ['client_ip', 'client_asn', 'rule_id', 'event_type', 'domain'];
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

interface Deployed extends Place {
  readonly simulator: InstartSimulator;
  readonly source: string;
}

const EVENTS = `events: { dimensions: [${DIMENSIONS.join(', ')}] }`;

async function deploy(
  streams: readonly string[],
  options: SimulatorOptions = {},
  settings: readonly string[] = [],
): Promise<Deployed> {
  const simulator = await startInstart({
    since: floorTo(Date.now(), DAY) - 2 * DAY,
    user: { name: 'ops', password: PASSWORD },
    ...options,
  });
  process.env['SLUICE_TEST_INSTART'] = PASSWORD;
  const source = `instart-${randomUUID().slice(0, 8)}`;
  const yaml = [
    'version: 1',
    'data: ./data',
    'sources:',
    `  ${source}:`,
    '    type: instart',
    '    customer: acme',
    `    baseUrl: ${simulator.url}`,
    `    start: "${toIso(floorTo(Date.now() - 4 * HOUR, HOUR))}"`,
    '    auth: { username: ops, password: "${env:SLUICE_TEST_INSTART}" }',
    ...settings.map((line) => `    ${line}`),
    '    streams:',
    ...streams.map((line) => `      ${line}`),
    '',
  ].join('\n');
  const place = await makePlace(temporal, yaml);
  cleanUps.push(place.remove, () => simulator.close());
  const worker = await place.worker();
  cleanUps.unshift(() => worker.stop());
  return { ...place, simulator, source };
}

/** Rows as objects, as a reader of the archive gets them. */
function objects(records: readonly ArchivedHere[]): readonly string[] {
  return records
    .map(({ bytes, context }) => {
      const shown = instart.present?.({ bytes, context }) ?? '';
      const pairs = Object.entries(JSON.parse(shown) as Record<string, unknown>);
      return JSON.stringify(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    })
    .toSorted();
}

function truth(columns: readonly string[], rows: readonly { readonly bytes: Uint8Array }[]): readonly string[] {
  return rows
    .map(({ bytes }) => {
      const cells = JSON.parse(Buffer.from(bytes).toString()) as unknown[];
      const pairs = columns.map((column, i) => [column, cells[i]] as const);
      return JSON.stringify(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    })
    .toSorted();
}

async function heldBy({ withLedger, source }: Deployed, stream: string): Promise<{ from: number; until: number }> {
  const coverage = await withLedger((ledger) => ledger.coverage({ source, stream }, { from: 0, until: Date.now() }));
  return coverage.held[0] ?? { from: 0, until: 0 };
}

describe('Instart, end to end', () => {
  it('holds exactly the rows that the vendor has, equal ones included, though it errs and caps its answers', async () => {
    const place = await deploy([EVENTS], {
      faults: { bounds: '()', equalRows: true, capLimit: 300, columnOrder: 'shuffled', serverError: { times: 2 } },
    });
    const { source, simulator } = place;
    await place.pull({ source, stream: 'events' });
    const { from, until } = await heldBy(place, 'events');
    expect(until - from).toBeGreaterThanOrEqual(3 * HOUR);
    const columns = ['event_timestamp_ms', ...DIMENSIONS];
    expect(objects(await place.records({ source, stream: 'events' }))).toEqual(
      truth(columns, simulator.truth(columns, from, until)),
    );
    expect(await place.pull({ source, stream: 'events' })).toMatchObject({ records: 0 });
    expect(simulator.violations).toEqual([]);
  });

  it('holds trends of every kind, bucket by bucket', async () => {
    const place = await deploy([
      'waf-trends: { dimensions: [waf_action], granularity: 5minute }',
      'request-trends: { dimensions: [domain], granularity: 5minute }',
      'trafficshaping-trends: { dimensions: [client_country_code], granularity: 5minute }',
    ]);
    const { source, simulator } = place;
    for (const [stream, dimension] of [
      ['waf-trends', 'waf_action'],
      ['request-trends', 'domain'],
      ['trafficshaping-trends', 'client_country_code'],
    ] as const) {
      const outcome = await place.pull({ source, stream }).catch((error: unknown) => String(error));
      expect(outcome, stream).toMatchObject({ failed: 0 });
      const { from, until } = await heldBy(place, stream);
      const query = { dimensions: [dimension], granularity: '5minute' as const, from, until };
      const rows = simulator.truthOfTrends(stream.replace('-', '/'), query);
      expect(rows.length).toBeGreaterThan(0);
      expect(objects(await place.records({ source, stream }))).toEqual(truth(['timestamp', dimension, 'hits'], rows));
    }
  });

  it('holds top lists of both kinds, window by window', async () => {
    const place = await deploy([
      'countries: { kind: waf-topk, category: country, dimensions: [client_country_code] }',
      'addresses: { kind: trafficshaping-topk, category: clientip, dimensions: [client_ip] }',
    ]);
    const { source } = place;
    for (const stream of ['countries', 'addresses']) {
      expect(await place.pull({ source, stream })).toMatchObject({ failed: 0 });
      const records = await place.records({ source, stream });
      expect(records.length).toBeGreaterThan(0);
      for (const row of objects(records)) expect(row).toContain('"hits"');
    }
  });

  it('takes events that become visible within the settling delay, and a longer one where it is told to', async () => {
    const place = await deploy([EVENTS], { faults: { lateByMs: 40 * MINUTE } }, ['limits: { settling: 45m }']);
    const { source, simulator } = place;
    await place.pull({ source, stream: 'events' });
    const { from, until } = await heldBy(place, 'events');
    expect(until).toBeLessThanOrEqual(Date.now() - 45 * MINUTE);
    const columns = ['event_timestamp_ms', ...DIMENSIONS];
    simulator.faults.lateByMs = 0;
    expect(objects(await place.records({ source, stream: 'events' }))).toEqual(
      truth(columns, simulator.truth(columns, from, until)),
    );
  });

  it('ends a stream of an unknown dimension under a name and with one clear line, while the others go on', async () => {
    const place = await deploy([EVENTS, 'typo: { kind: events, dimensions: [client_ipp] }']);
    const { source } = place;
    await expect(place.pull({ source, stream: 'typo' })).rejects.toThrow(
      /unexpected-answer: .*client_ipp.*streams\.typo.*config check --online/,
    );
    expect(await place.pull({ source, stream: 'events' })).toMatchObject({ failed: 0 });
  });

  it('ends under credentials-rejected after the password was changed, and goes on once the new one is there', async () => {
    const place = await deploy([EVENTS]);
    const { source, simulator } = place;
    simulator.changePassword('another');
    const failure = await place.pull({ source, stream: 'events' }).catch((error: unknown) => String(error));
    expect(failure).toContain('credentials-rejected');
    expect(failure).toContain('SLUICE_TEST_INSTART');
    expect(failure).not.toContain('canary');
    process.env['SLUICE_TEST_INSTART'] = 'another';
    expect(await place.pull({ source, stream: 'events' })).toMatchObject({ failed: 0 });
  });
});
