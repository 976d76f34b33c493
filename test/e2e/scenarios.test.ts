import { afterEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Watch } from '../../src/activities/contract.ts';
import { scheduleId } from '../../src/core/ids.ts';
import { floorTo, HOUR, isoInterval, MINUTE } from '../../src/core/time.ts';
import { applySchedules, type WantedSchedule } from '../../src/temporal/schedules.ts';
import { createStatusApp } from '../../src/status/app.ts';
import { metricsRoutes } from '../../src/status/metrics.ts';
import { dataOf, sluice } from '../cli/kit.ts';
import { noActions } from '../status/kit.ts';
import { waitFor } from '../support/wait.ts';
import { useTemporal } from '../workflows/harness.ts';
import { deploy, type Deployment } from './deployment.ts';

const temporal = useTemporal();
let deployment: Deployment | undefined;
afterEach(() => deployment?.close());

const SITE = 'www.example.com';

interface Shown {
  readonly state: string;
  readonly lagSeconds: number;
  readonly lostSeconds: number;
  readonly failures: readonly { readonly name: string }[];
}

/**
 * A stream that was current until some hours ago, when something happened; from then on time is the real one, so that the program can be asked in
 * processes of its own.
 */
async function since(hours: number, { skew = 0 }: { readonly skew?: number } = {}) {
  let shift = -hours * HOUR;
  const d = await deploy({
    shift: () => shift,
    settings: ['schedule: { every: 5m, offset: 1m }', 'window: 5m'],
    simulator: { rate: 1, faults: { clockSkewMs: skew } },
  });
  deployment = d;
  const worker = await d.worker(temporal.connection);
  const pull = async (): Promise<unknown> =>
    (await d.pull(temporal.client)).result().catch(({ cause }: Error) => cause);
  await pull();
  const startedAt = d.clock() - 24 * HOUR;
  shift = 0;
  return {
    d,
    pull,
    stop: () => worker.stop(),
    watch: () => watchOnce(d),
    /** What somebody sees who asks, and what a script sees. */
    async look() {
      const { folder } = d;
      const ended = await sluice(['status', '--check', '-o', 'json'], { cwd: folder });
      const [stream] = dataOf<readonly Shown[]>(ended);
      const shown = { code: ended.code, ...(stream as Shown) };
      await expectOneStory(d, shown);
      return shown;
    },
    /** That the archive holds what the vendor still had when it was asked, and nothing twice. */
    async expectTruth({ lost = 0 }: { readonly lost?: number } = {}) {
      const now = d.clock();
      const { held, lost: losses } = await d.withLedger((ledger) =>
        ledger.coverage({ source: d.source, stream: SITE }, { from: 0, until: now }),
      );
      expect(losses).toHaveLength(lost === 0 ? 0 : 1);
      const truth = held.flatMap(({ from, until }) => [...d.truth(from, until)]);
      expect(await d.archived()).toEqual(new Map(truth));
      expect(truth.length).toBeGreaterThan(500);
      // Nothing between the beginning and the newest window but what is held and what is lost.
      expect(held).toHaveLength(lost === 0 ? 1 : 2);
      expect(held[0]?.from).toBeLessThanOrEqual(startedAt + 5 * MINUTE);
      expect(held.at(-1)?.until).toBeGreaterThan(now - 13 * MINUTE);
    },
  };
}

/** A window may have become due since the pull. */
const CURRENT = expect.stringMatching(/^(current|due)$/) as string;

/** A run of the watchdog: what it found, however it ended. */
async function watchOnce({ source, taskQueue }: Deployment): Promise<Watch> {
  const workflowId = `watchdog-${source}`;
  return await temporal.client.workflow.execute<() => Promise<Watch>>('watchdog', { workflowId, taskQueue, args: [] });
}

interface GapShown {
  readonly state: string;
  readonly from: string;
  readonly until: string;
}

const lengthOf = (gaps: readonly GapShown[]): number =>
  gaps.reduce((sum, { from, until }) => sum + (Date.parse(until) - Date.parse(from)) / 1_000, 0);

/** That gaps, page and metrics tell what status tells, with the exit code that goes with it. */
async function expectOneStory(d: Deployment, { code, state, lostSeconds }: Shown & { readonly code: number | null }) {
  const { folder } = d;
  const ended = await sluice(['gaps', '--lost', '--offline', '--check', '-o', 'json'], { cwd: folder });
  expect(ended.code).toBe(code);
  const gaps = dataOf<readonly GapShown[]>(ended);
  const lost = gaps.filter((gap) => gap.state === 'lost');
  // A window may become due between one question and the next.
  const open = gaps.filter((gap) => !['lost', 'due'].includes(gap.state));
  expect(Math.abs(lengthOf(lost) - lostSeconds)).toBeLessThanOrEqual(120);
  expect(open.length > 0).toBe(!['current', 'settling', 'due'].includes(state));

  const config = loadConfig(d.config);
  const page = createStatusApp({ config, actions: noActions, isLocal: true, hosts: [] });
  const headers = { host: '127.0.0.1' };
  const shown = (await (await page.request('/api/v1/streams', { headers })).json()) as { data: readonly Shown[] };
  expect([state, 'due']).toContain(shown.data[0]?.state);
  const words = await (await page.request('/', { headers })).text();
  expect(words).toMatch(new RegExp(`class="state (${state}|due)"`));
  expect(words.includes('lost for good</h1>')).toBe(lost.length > 0);

  const metrics = await (
    await metricsRoutes(config, { version: '0', taskQueue: d.taskQueue }).request('/metrics')
  ).text();
  const windows = (of: string): number =>
    Number(new RegExp(`^sluice_windows\\{[^}]*state="${of}"[^}]*\\} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0);
  // Windows are counted as far back as the vendor keeps them: after a longer outage nothing there is held.
  if (lost.length === 0) expect(windows('sealed') + windows('empty')).toBeGreaterThan(0);
  expect(windows('lost') > 0).toBe(lost.length > 0);
  if (['late', 'failed', 'at-risk'].includes(state)) expect(windows(state)).toBeGreaterThan(0);
}

describe('what is seen during and after', () => {
  it.each([
    { hours: 1, during: { code: 2, state: 'late' } },
    { hours: 23, during: { code: 2, state: 'at-risk' } },
  ])('an outage of $hours h: nothing is lost', async ({ hours, during }) => {
    const s = await since(hours);
    expect(await s.look()).toMatchObject({ ...during, lostSeconds: 0 });
    await s.pull();
    expect(await s.look()).toMatchObject({ code: 0, state: CURRENT, lostSeconds: 0 });
    await s.stop();
    await s.expectTruth();
  });

  it('an outage of 25 h: what the vendor has forgotten is said to be lost, before and after, and no minute more', async () => {
    const s = await since(25);
    const during = await s.look();
    expect(during).toMatchObject({ code: 3, state: 'at-risk' });
    await s.pull();
    const after = await s.look();
    expect(after).toMatchObject({ code: 3, state: CURRENT });
    expect(after.lostSeconds - during.lostSeconds).toBeGreaterThanOrEqual(0);
    expect(after.lostSeconds - during.lostSeconds).toBeLessThanOrEqual(3 * 60);
    await s.stop();
    await s.expectTruth({ lost: 1 });
  });

  it('credentials that are refused for 3 h: the failure has its name, nobody hammers the vendor, and all is held afterwards', async () => {
    const s = await since(3);
    s.d.simulator.revokeSessions();
    const { faults } = s.d.simulator;
    Object.assign(faults, { unauthorizedOnPage: { page: 1 } });
    const before = s.d.simulator.requests.length;
    expect(await s.pull()).toMatchObject({ type: 'credentials-rejected' });
    expect(s.d.simulator.requests.length - before).toBeLessThan(20);
    const during = await s.look();
    expect(during).toMatchObject({ code: 2, lostSeconds: 0 });
    expect(during.failures.map(({ name }) => name)).toContain('credentials-rejected');
    Object.assign(faults, { unauthorizedOnPage: false });
    await s.pull();
    expect(await s.look()).toMatchObject({ code: 0, state: CURRENT, failures: [] });
    await s.stop();
    await s.expectTruth();
  });

  it('a vendor that is down for 6 h: the run waits for it, and holds everything once it is back', async () => {
    const s = await since(6);
    const { faults, struck } = s.d.simulator;
    Object.assign(faults, { badGateway: true });
    const pulled = s.pull();
    await waitFor(
      async () => struck['badGateway'] ?? 0,
      (times) => times > 3,
    );
    expect(await s.look()).toMatchObject({ code: 2, state: 'late', lostSeconds: 0 });
    Object.assign(faults, { badGateway: false });
    await pulled;
    expect(await s.look()).toMatchObject({ code: 0, state: CURRENT, failures: [] });
    await s.stop();
    await s.expectTruth();
  });

  it('a schedule that somebody paused for 3 h: gaps say so with the reason, nothing runs behind their back, and it catches up once it goes on', async () => {
    const s = await since(3);
    const { source, taskQueue } = s.d;
    const id = { source, stream: 'www.example.com' };
    const schedule: WantedSchedule = {
      id: scheduleId(id),
      about: 'test',
      workflow: 'pull',
      args: [id],
      summary: 'pull',
      every: HOUR,
      offset: 0,
    };
    await applySchedules(temporal.client, taskQueue, [schedule]);
    const handle = temporal.client.schedule.getHandle(schedule.id);
    try {
      await handle.pause('vendor maintenance');
      expect(await s.watch()).toMatchObject({ started: [], alarms: [{ kind: 'schedule-paused' }] });
      expect(await s.look()).toMatchObject({ code: 2, state: 'late', lostSeconds: 0 });
      const { stdout } = await sluice(['gaps', '--offline'], { cwd: s.d.folder });
      expect(stdout).toMatch(/late .* schedule-paused .*vendor maintenance/);
      await handle.unpause();
      await handle.trigger();
      await waitFor(
        () => sluice(['status', '--check'], { cwd: s.d.folder }),
        ({ code }) => code === 0,
        40_000,
      );
    } finally {
      await handle.delete();
    }
    await s.stop();
    expect(await s.look()).toMatchObject({ code: 0, state: CURRENT, lostSeconds: 0 });
    await s.expectTruth();
  });

  it('events that come 40 minutes late: nobody can know before the second look, which adds them and measures how late they were', async () => {
    const s = await since(2);
    const until = floorTo(Date.now() - 45 * MINUTE, 5 * MINUTE);
    const range = { from: until - 5 * MINUTE, until };
    s.d.simulator.load('www.example.com', range.from, range.until, 30);
    await s.pull();
    s.d.simulator.load('www.example.com', range.from, range.until, 60);
    expect(await s.look()).toMatchObject({ code: 0, state: CURRENT });
    const run = await s.d.reconcile(temporal.client, { range: isoInterval(range) });
    const { late } = await run.result();
    expect(late).toBe(30);
    await s.stop();
    expect(await s.look()).toMatchObject({ code: 0, state: CURRENT });
    const ended = await sluice(['status', '--lateness', '-o', 'json'], { cwd: s.d.folder });
    const [measured] = dataOf<readonly { late: number; latenessSeconds: { most: number } }[]>(ended);
    expect(measured?.late).toBe(late);
    expect(measured?.latenessSeconds.most).toBeGreaterThanOrEqual(40 * 60);
    await s.expectTruth();
  });

  it.each([90_000, -90_000])(
    'a system clock that is wrong by %d ms: nothing is missed, nothing is lost',
    async (skew) => {
      const s = await since(2, { skew });
      await s.pull();
      const { code, state, lostSeconds } = await s.look();
      // Whoever asks goes by their own clock, to which five minutes more may be due.
      expect({ code, lostSeconds }).toEqual({ code: 0, lostSeconds: 0 });
      expect(['current', 'due']).toContain(state);
      await s.stop();
      await s.expectTruth();
      expect(s.d.simulator.violations).toEqual([]);
    },
  );
});
