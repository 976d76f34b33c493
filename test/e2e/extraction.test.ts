import { afterEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { useTemporal } from '../workflows/harness.ts';
import { deploy, type Deployment, type DeploymentOptions } from './deployment.ts';

const temporal = useTemporal();
let deployment: Deployment | undefined;
afterEach(async () => {
  await deployment?.close();
  deployment = undefined;
});

/** Deploys with the newest settled hour as the stream's start, and pulls it once. */
async function pullHour(
  options: DeploymentOptions & { prepare?: (d: Deployment, hour: { from: number; until: number }) => void },
) {
  const d = await deploy({ ...options, settings: [`start: "${startOfLastHour()}"`, ...(options.settings ?? [])] });
  deployment = d;
  const hour = d.lastHour();
  options.prepare?.(d, hour);
  const worker = await d.worker(temporal.connection);
  try {
    const run = await d.pull(temporal.client);
    const outcome = await run.result();
    return { d, hour, outcome };
  } finally {
    await worker.stop();
  }
}

function startOfLastHour(): string {
  return new Date(Math.floor((Date.now() - 6 * MINUTE) / HOUR) * HOUR - HOUR).toISOString();
}

describe('the archive equals what the vendor holds, by id and to the byte', () => {
  it('for 2,501 unsorted events in one window, over three pages', async () => {
    const { d, hour, outcome } = await pullHour({
      prepare: (d, { from, until }) => d.simulator.load('www.example.com', from, until, 2_501),
    });
    expect(outcome).toMatchObject({ sealed: 1, records: 2_501, repeats: 0 });
    expect(await d.archived()).toEqual(d.truth(hour.from, hour.until));
    expect(d.simulator.violations).toEqual([]);
  });

  it('for an hour in which nothing happened: looked at, empty, and sealed', async () => {
    const { d, hour, outcome } = await pullHour({ simulator: { rate: 0 } });
    expect(outcome).toMatchObject({ sealed: 0, empty: 1, records: 0 });
    const slices = await d.withLedger((ledger) => ledger.slices({ source: d.source, stream: 'www.example.com' }, hour));
    expect(slices).toMatchObject([{ ...hour, records: 0, parts: 0 }]);
  });

  it('when records repeat over page borders: each is there once, and the repeats are counted', async () => {
    const { d, hour, outcome } = await pullHour({
      simulator: { faults: { repeatsOverPageBorder: true } },
      prepare: (d, { from, until }) => d.simulator.load('www.example.com', from, until, 5_200),
    });
    expect(outcome.repeats).toBeGreaterThan(0);
    expect(await d.archived()).toEqual(d.truth(hour.from, hour.until));
  });

  it('in every stream of a source, and in order of event time within a slice', async () => {
    const { d, hour } = await pullHour({ sites: ['www.example.com', 'shop.example.com'], simulator: { rate: 20 } });
    expect(await d.archived('www.example.com')).toEqual(d.truth(hour.from, hour.until));
    expect((await d.archived('shop.example.com')).size).toBe(0);
  });
});

describe('whatever the vendor does, nothing is lost and nothing is stored twice', () => {
  const LOAD = 3_200;
  const load = (d: Deployment, { from, until }: { from: number; until: number }): void =>
    d.simulator.load('www.example.com', from, until, LOAD);

  it.each([
    ['429 with Retry-After', { tooManyRequests: { retryAfter: 1, times: 2 } }],
    ['a 400 that says Rate limit exceeded', { rateLimit400: { times: 1 } }],
    ['a session that ends in the middle of a chain', { unauthorizedOnPage: { page: 2, times: 1 } }],
    ['502 storms', { badGateway: { times: 3 } }],
    ['a truncated body', { truncatedBody: { times: 1 } }],
    ['an HTML page with 200', { htmlWith200: { times: 1 } }],
    ['GET links that are too long', { cursorBytes: 20_000, uriTooLong: true }],
    ['headersIn null', { headersInNull: true }],
  ])('%s', async (_name, faults) => {
    const { d, hour, outcome } = await pullHour({
      simulator: { faults },
      prepare: load,
    });
    expect(outcome).toMatchObject({ sealed: 1, records: LOAD });
    expect(await d.archived()).toEqual(d.truth(hour.from, hour.until));
  });

  it('cursors that always expire: the window is cut until each piece fits one page', async () => {
    const { d, hour, outcome } = await pullHour({ simulator: { faults: { expireNextAfterMs: 0 } }, prepare: load });
    expect(outcome).toMatchObject({ failed: 0, records: LOAD });
    expect(outcome.sealed).toBeGreaterThan(3);
    expect(await d.archived()).toEqual(d.truth(hour.from, hour.until));
  }, 90_000);
});

describe('what no repetition heals fails under its name, and is written down', () => {
  it.each([
    ['a next link that goes in a circle', { loopingNext: true }, 'cursor-stuck'],
    ['a next link to another host', { foreignNextLink: { url: 'http://127.0.0.1:9/feed' } }, 'refused-target'],
    ['a redirect', { redirect302: true }, 'refused-target'],
  ] as const)('%s', async (_name, faults, failure) => {
    const d = await deploy({ settings: [`start: "${startOfLastHour()}"`] });
    deployment = d;
    const hour = d.lastHour();
    d.simulator.load('www.example.com', hour.from, hour.until, 2_400);
    Object.assign(d.simulator.faults, faults);
    const worker = await d.worker(temporal.connection);
    const run = await d.pull(temporal.client);
    await expect(run.result()).rejects.toMatchObject({ cause: { type: failure } });
    await worker.stop();
    const stream = { source: d.source, stream: 'www.example.com' };
    expect(await d.withLedger((ledger) => ledger.failures(stream))).toMatchObject([{ ...hour, name: failure }]);
    expect((await d.archived()).size).toBe(0);
  });
});

describe('after an outage', () => {
  const stream = (d: Deployment): { source: string; stream: string } => ({
    source: d.source,
    stream: 'www.example.com',
  });

  it.each([1, 23])(
    'of %d hours, the next tick holds everything again',
    async (hours) => {
      let shift = 0;
      const d = await deploy({ shift: () => shift });
      deployment = d;
      const worker = await d.worker(temporal.connection);
      await (await d.pull(temporal.client)).result();
      shift = hours * HOUR;
      await (await d.pull(temporal.client)).result();
      await worker.stop();
      await d.withLedger(async (ledger) => {
        expect(await ledger.losses(stream(d))).toEqual([]);
        const { held } = await ledger.coverage(stream(d), { from: 0, until: d.clock() });
        expect(held).toHaveLength(1);
      });
      expect(d.simulator.violations).toEqual([]);
    },
    120_000,
  );

  it('of 25 hours, exactly the minutes that the vendor has forgotten are recorded as lost', async () => {
    let shift = 0;
    const d = await deploy({ shift: () => shift });
    deployment = d;
    const worker = await d.worker(temporal.connection);
    await (await d.pull(temporal.client)).result();
    const heldUntil = d.lastHour().until;
    shift = 25 * HOUR;
    const outcome = await (await d.pull(temporal.client)).result();
    const oldest = Math.ceil((d.clock() - 24 * HOUR - 5 * MINUTE) / MINUTE) * MINUTE;
    await worker.stop();
    const losses = await d.withLedger((ledger) => ledger.losses(stream(d)));
    expect(losses).toHaveLength(1);
    expect(losses[0]?.from).toBe(heldUntil);
    expect(Math.abs((losses[0]?.until ?? 0) - oldest)).toBeLessThanOrEqual(2 * MINUTE);
    expect(losses[0]?.reason).toContain('not asked for');
    expect(outcome.lostMinutes).toBe(((losses[0]?.until ?? 0) - heldUntil) / MINUTE);
    expect(d.simulator.violations).toEqual([]);
  }, 120_000);
});
