import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { countOf, latenessQuantile } from '../../src/core/lateness.ts';
import { DAY, floorTo, MINUTE, toIso, type Interval } from '../../src/core/time.ts';
import { startAppTrana } from '../../simulators/apptrana.ts';
import { startInstart } from '../../simulators/instart.ts';
import { useTemporal } from '../workflows/harness.ts';
import { makePlace, type Place } from './place.ts';

const temporal = useTemporal();
const SECRET = 'canary-late-3b1c';
const LATE = 40 * MINUTE;
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** A source whose clock, and whose vendor's, can be put forward. */
async function open(lines: readonly string[], from: number, clock: () => number): Promise<Place & { source: string }> {
  process.env['SLUICE_TEST_LATE'] = SECRET;
  const source = `late-${randomUUID().slice(0, 8)}`;
  const settings = [...lines, `start: "${toIso(from)}"`].map((line) => `    ${line}`);
  const place = await makePlace(
    temporal,
    ['version: 1', 'data: ./data', 'sources:', `  ${source}:`, ...settings, ''].join('\n'),
  );
  cleanUps.unshift(place.remove);
  const worker = await place.worker(clock);
  cleanUps.unshift(() => worker.stop());
  return { ...place, source };
}

/** Pulls, lets the late ones appear, and looks again, twice. */
async function catchUp(place: Place & { source: string }, stream: string, range: Interval, shift: { by: number }) {
  const id = { source: place.source, stream };
  expect(await place.pull(id)).toMatchObject({ failed: 0 });
  const before = await place.records(id);
  shift.by = LATE + 20 * MINUTE;
  const first = await place.reconcile(id, range);
  const again = await place.reconcile(id, range);
  expect(first).toMatchObject({ failed: 0, changed: 0 });
  expect(first.late).toBeGreaterThan(0);
  expect(again).toMatchObject({ failed: 0, late: 0, changed: 0, windows: first.windows });
  const records = await place.records(id);
  expect(records.length).toBe(before.length + first.late);
  const lateness = await place.withLedger((ledger) => ledger.lateness(id));
  expect(countOf(lateness)).toBe(first.late);
  // They came forty minutes after their time; the look was twenty minutes later.
  expect(lateness.most).toBeGreaterThan(LATE);
  expect(latenessQuantile(lateness, 0.5)).toBeGreaterThan(LATE);
  const { from, until } = { from: toIso(range.from), until: toIso(range.until) };
  return hashes(records.filter(({ manifest: m }) => m.kind === 'window' && m.from >= from && m.until <= until));
}

const hashes = (truth: readonly { readonly sha256: string }[]): readonly string[] =>
  truth.map(({ sha256 }) => sha256).toSorted();

describe('events that appear forty minutes late are held once in the end, and no other changes', () => {
  it('at AppTrana, where nothing but the answer tells equal attacks apart', async () => {
    const shift = { by: 0 };
    const clock = (): number => Date.now() + shift.by;
    const simulator = await startAppTrana({
      websites: ['www.abc.com'],
      clients: [{ id: 'api-id', secret: SECRET }],
      rate: 30,
      clock,
      faults: { late: { ms: LATE, share: 0.3 }, requestIdMissing: 'dash', equalRows: true },
    });
    cleanUps.push(() => simulator.close());
    const until = floorTo(Date.now() - 12 * MINUTE, 5 * MINUTE);
    const range = { from: until - 30 * MINUTE, until };
    const lines = [
      'type: apptrana',
      `baseUrl: ${simulator.baseUrl}`,
      'auth: { clientId: api-id, clientSecret: "${env:SLUICE_TEST_LATE}" }',
      'websites: [www.abc.com]',
    ];
    const place = await open(lines, range.from, clock);
    const held = await catchUp(place, 'www.abc.com', range, shift);
    expect(held).toEqual(hashes(simulator.truth('www.abc.com', range.from, range.until)));
  }, 90_000);

  it('at Instart, where rows have no ids and equal ones are as many as there are', async () => {
    const shift = { by: 0 };
    const clock = (): number => Date.now() + shift.by;
    const simulator = await startInstart({
      since: floorTo(Date.now(), DAY) - DAY,
      user: { name: 'ops', password: SECRET },
      clock,
      faults: { lateByMs: LATE, lateShare: 0.3 },
    });
    cleanUps.push(() => simulator.close());
    const until = floorTo(Date.now() - 17 * MINUTE, 10 * MINUTE);
    const range = { from: until - 20 * MINUTE, until };
    const columns = ['client_ip', 'rule_id', 'event_type'];
    const lines = [
      'type: instart',
      'customer: acme',
      `baseUrl: ${simulator.url}`,
      'window: 10m',
      'auth: { username: ops, password: "${env:SLUICE_TEST_LATE}" }',
      `streams: { events: { dimensions: [${columns.join(', ')}] } }`,
    ];
    const place = await open(lines, range.from, clock);
    const held = await catchUp(place, 'events', range, shift);
    const truth = simulator.truth(['event_timestamp_ms', ...columns], range.from, range.until);
    expect(held.length).toBe(truth.length);
  }, 90_000);
});
