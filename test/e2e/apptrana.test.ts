import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { extractId } from '../../src/core/ids.ts';
import { HOUR, MINUTE, toIso } from '../../src/core/time.ts';
import { startAppTrana, type AppTranaSimulator, type SimulatorOptions } from '../../simulators/apptrana.ts';
import { useTemporal } from '../workflows/harness.ts';
import { makePlace, type Place } from './place.ts';
import { record } from './record.ts';

process.env['TZ'] = 'America/New_York';

const temporal = useTemporal();
const KEY = 'canary-apptrana-key-55d0';
const SITES = ['www.abc.com', 'shop.abc.com'];
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

interface Deployed extends Place {
  readonly simulator: AppTranaSimulator;
  readonly source: string;
  readonly from: number;
}

async function deploy(options: Partial<SimulatorOptions> = {}, settings: readonly string[] = []): Promise<Deployed> {
  const simulator = await startAppTrana({
    websites: SITES,
    clients: [{ id: 'api-id', secret: KEY }],
    rate: 20,
    ...options,
  });
  process.env['SLUICE_TEST_APPTRANA'] = KEY;
  const source = `apptrana-${randomUUID().slice(0, 8)}`;
  const from = Math.floor((Date.now() - 2 * HOUR) / (5 * MINUTE)) * 5 * MINUTE;
  const yaml = [
    'version: 1',
    'data: ./data',
    'sources:',
    `  ${source}:`,
    '    type: apptrana',
    `    baseUrl: ${simulator.baseUrl}`,
    `    start: "${toIso(from)}"`,
    '    auth: { clientId: api-id, clientSecret: "${env:SLUICE_TEST_APPTRANA}" }',
    ...(settings.some((line) => line.startsWith('websites')) ? [] : [`    websites: [${SITES.join(', ')}]`]),
    ...settings.map((line) => `    ${line}`),
    '',
  ].join('\n');
  const place = await makePlace(temporal, yaml);
  cleanUps.push(place.remove, () => simulator.close());
  const worker = await place.worker();
  cleanUps.unshift(() => worker.stop());
  return { ...place, simulator, source, from };
}

async function held({ records, source, withLedger }: Deployed, stream: string) {
  const coverage = await withLedger((ledger) => ledger.coverage({ source, stream }, { from: 0, until: Date.now() }));
  const [held = { from: 0, until: 0 }] = coverage.held;
  return { hashes: (await records({ source, stream })).map(({ sha256 }) => sha256).toSorted(), ...held };
}

function truth({ simulator }: Deployed, website: string | null, from: number, until: number): readonly string[] {
  return simulator
    .truth(website, from, until)
    .map(({ sha256 }) => sha256)
    .toSorted();
}

describe('AppTrana, end to end', () => {
  it('holds of each website exactly what the vendor has, though it errs, ends the token and cuts answers off', async () => {
    const place = await deploy({ faults: { bounds: '(]', repeatedLogin: 'fresh', truncateTo: 1_000 } });
    const { simulator, source, from } = place;
    simulator.load(SITES[0] ?? '', from + 10 * MINUTE, from + 15 * MINUTE, 2_340);
    simulator.faults.tokenEnds = { times: 1 };
    simulator.faults.serverError = { times: 2 };
    simulator.faults.truncatedBody = { times: 1 };
    await Promise.all(SITES.map((stream) => place.pull({ source, stream })));
    for (const website of SITES) {
      const { from: first, until, hashes } = await held(place, website);
      expect(first).toBe(from);
      expect(until).toBeGreaterThan(Date.now() - 20 * MINUTE);
      expect(hashes).toEqual(truth(place, website, from, until));
    }
    record(
      'extractWindows-batches',
      await temporal.client.workflow.getHandle(extractId({ source, stream: 'shop.abc.com' })).fetchHistory(),
    );
    expect(simulator.violations).toEqual([]);
    expect(simulator.counts.peak).toBeLessThanOrEqual(10);
  });

  it('of an account without configured websites keeps the website beside each attack', async () => {
    const place = await deploy({}, ['websites: []']);
    const stream = { source: place.source, stream: 'all-websites' };
    await place.pull(stream);
    const { from, until } = await held(place, stream.stream);
    const found = (await place.records(stream)).map(
      ({ context, sha256 }) => `${String(context?.['website'])} ${sha256}`,
    );
    const expected = place.simulator.truth(null, from, until).map(({ website, sha256 }) => `${website} ${sha256}`);
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it('does not lose attacks that become visible within the settling delay', async () => {
    const place = await deploy({ faults: { late: { ms: 8 * MINUTE, share: 0.5 } } });
    const [website = ''] = SITES;
    await place.pull({ source: place.source, stream: website });
    const { from, until, hashes } = await held(place, website);
    place.simulator.faults.late = false;
    expect(hashes).toEqual(truth(place, website, from, until));
  });

  it('ends a stream whose website the vendor does not know under a name, while the others go on', async () => {
    const place = await deploy({}, ['websites: [www.abc.com, www.abd.com]']);
    await expect(place.pull({ source: place.source, stream: 'www.abd.com' })).rejects.toThrow(
      /unexpected-answer.*websites/,
    );
    expect(await place.pull({ source: place.source, stream: 'www.abc.com' })).toMatchObject({ failed: 0 });
  });

  it('ends under credentials-rejected when the key is wrong, without the key in a word of it', async () => {
    const place = await deploy({ clients: [{ id: 'api-id', secret: 'another' }] });
    const failure = await place.pull({ source: place.source, stream: 'www.abc.com' }).catch((error: unknown) => error);
    expect(String(failure)).toContain('credentials-rejected');
    expect(String(failure)).toContain('SLUICE_TEST_APPTRANA');
    expect(String(failure)).not.toContain(KEY);
  });
});
