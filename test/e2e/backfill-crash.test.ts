import { once } from 'node:events';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { backfillId } from '../../src/core/ids.ts';
import { lengthOf } from '../../src/core/intervals.ts';
import { HOUR, toIso } from '../../src/core/time.ts';
import type { BackfillLook } from '../../src/activities/contract.ts';
import { showBackfill } from '../../src/ops/backfill-status.ts';
import { planBackfill } from '../../src/ops/backfill.ts';
import { killOff } from '../support/spawn-worker.ts';
import { waitFor } from '../support/wait.ts';
import { useTemporal } from '../workflows/harness.ts';
import { CANARY, deploy, type Deployment } from './deployment.ts';

const temporal = useTemporal();
const SITE = 'www.example.com';
let deployment: Deployment | undefined;
afterEach(async () => {
  await deployment?.close();
  deployment = undefined;
});

const start = async (d: Deployment, id: string, range: { from: number; until: number }) =>
  await temporal.client.workflow.start('backfill', {
    workflowId: backfillId(id),
    taskQueue: d.taskQueue,
    args: [{ source: d.source, stream: SITE, from: toIso(range.from), until: toIso(range.until) }],
  });

describe('a backfill that is paused, loses its worker to a power cut, is resumed, cancelled and planned again', () => {
  it('seals each window exactly once, and plans tell the truth all the way', async () => {
    const hour = 1 * HOUR;
    const floor = Math.floor(Date.now() / hour) * hour;
    const d = await deploy({ settings: [`start: "${toIso(floor - 2 * hour)}"`], simulator: { rate: 0.2 } });
    deployment = d;
    const config = loadConfig(d.config);
    const name = `${d.source}/${SITE}`;
    const range = { from: floor - 22 * hour, until: floor - 3 * hour };
    const text = { from: toIso(range.from), until: toIso(range.until) };
    const [before] = await planBackfill(config, name, text);
    expect(before?.windows).toMatchObject({ all: 19, toExtract: 19, held: 0, joined: 0, lost: 0, lanes: 1 });
    expect(before?.estimate).toEqual({ from: 'floor', requests: 19, seconds: null });

    // So that there is something to interrupt.
    d.simulator.faults.latencyMs = 800;
    const first = await d.workerProcess(inject('temporalAddress'));
    const run = await start(d, 'bf-one', range);
    await waitFor(
      () => showBackfill(config, 'bf-one').catch(() => undefined),
      (found) => (found?.sealed ?? 0) >= 2,
      60_000,
    );
    expect(await run.executeUpdate<BackfillLook, []>('pause')).toMatchObject({ state: 'paused' });
    const gone = once(first, 'exit');
    killOff(first);
    await gone;
    await d.workerProcess(inject('temporalAddress'));
    const paused = await showBackfill(config, 'bf-one');
    expect(paused.state).toBe('paused');
    await run.executeUpdate<BackfillLook, []>('resume');
    await waitFor(
      () => showBackfill(config, 'bf-one'),
      ({ sealed }) => sealed > paused.sealed,
      60_000,
    );
    await run.executeUpdate<BackfillLook, [object]>('cancel', { args: [{}] });
    expect(await run.result()).toMatchObject({ state: 'cancelled' });
    // What was under way is finished by now, or never will be.
    const stream = { source: d.source, stream: SITE };
    const wanted = () => d.withLedger(async (ledger) => (await ledger.coverage(stream, range)).wanted);
    expect(await wanted()).toEqual([]);

    d.simulator.faults.latencyMs = 0;
    const again = await start(d, 'bf-two', range);
    expect(await again.result()).toMatchObject({ state: 'done', left: 0 });
    const slices = await d.withLedger((ledger) => ledger.slices(stream, range));
    expect(slices.map(({ from }) => from)).toEqual(Array.from({ length: 19 }, (_, i) => range.from + i * hour));
    const { held } = await d.withLedger((ledger) => ledger.coverage(stream, range));
    expect(lengthOf(held)).toBe(19 * hour);
    const [after] = await planBackfill(config, name, text);
    expect(after?.windows).toMatchObject({ all: 19, toExtract: 0, held: 19, joined: 0, lost: 0 });
    // `archived` throws where a record is there twice.
    const truth = d.truth(range.from, range.until);
    const archived = await d.archived();
    expect([...truth].filter(([id, sha]) => archived.get(id) !== sha)).toEqual([]);
    const { events } = await run.fetchHistory();
    expect(JSON.stringify(events)).not.toContain(CANARY.password);
  }, 240_000);
});
