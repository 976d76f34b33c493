import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BackfillPlan } from '../../src/ops/backfill-plan.ts';
import { HOUR, isoInterval, MINUTE, SECOND, toIso } from '../../src/core/time.ts';
import { receipt } from '../ledger/kit.ts';
import { dataOf, deployment, hour, NAME, STREAM, yaml } from './kit.ts';

/** A stream that began three hours ago: what lies before is a backfill's. No server answers at its address. */
async function place() {
  const d = await deployment(yaml([], ['temporal: { address: "127.0.0.1:9" }']));
  await d.startsAt(hour(3).from);
  await d.withLedger((ledger) => ledger.apply(STREAM, Date.now()));
  const range = ['--from', toIso(hour(10).from), '--to', toIso(hour(2).until)] as const;
  return { ...d, range };
}

describe('sluice backfill plan', () => {
  it('tells what is to extract, held, due anyway and lost, and says so when it knows nothing of time', async () => {
    const d = await place();
    for (const ago of [9, 8]) await d.seal(hour(ago), 5);
    const planned = await d.run('backfill', 'plan', NAME, ...d.range, '-o', 'json');
    expect(planned.code).toBe(0);
    const [plan] = dataOf<readonly BackfillPlan[]>(planned);
    expect(plan?.windows).toMatchObject({ all: 9, toExtract: 5, held: 2, joined: 2, lost: 0, lanes: 1 });
    expect(plan?.estimate).toEqual({ from: 'floor', requests: 5, seconds: null });
    const { stdout } = await d.run('backfill', 'plan', NAME, ...d.range);
    expect(stdout).toContain('no history yet, floor only');
  });

  it('says so where there is nothing to do, and offers no start', async () => {
    const d = await place();
    await d.seal(hour(9), 5);
    const range = (from: number, until: number) => ['--from', toIso(hour(from).from), '--to', toIso(hour(until).until)];
    for (const [from, until, words] of [
      [9, 9, 'what the vendor still has of it is held'],
      [2, 2, 'what is missing is due anyway'],
      [60, 50, 'the vendor has forgotten all of it'],
    ] as const) {
      const { code, stdout } = await d.run('backfill', 'plan', NAME, ...range(from, until));
      expect(code).toBe(0);
      expect(stdout).toContain(words);
      expect(stdout).not.toMatch(/request|start/);
    }
  });

  it('cuts what is partly forgotten at the exact minute, and counts the rest as lost', async () => {
    const d = await place();
    // Kept for 24 h 5 min, less a minute for the clock.
    const oldest = Math.ceil((Date.now() + MINUTE - (24 * HOUR + 5 * MINUTE)) / MINUTE) * MINUTE;
    const from = Math.floor(oldest / HOUR) * HOUR - HOUR;
    const planned = await d.run(
      'backfill',
      'plan',
      NAME,
      '--from',
      toIso(from),
      '--to',
      toIso(from + 3 * HOUR),
      '-o',
      'json',
    );
    const windows = dataOf<readonly BackfillPlan[]>(planned)[0]?.windows;
    if (windows === undefined) throw new Error(planned.stderr);
    expect(windows.all).toBe(3);
    expect(windows.lost).toBe(1);
    const [part] = windows.salvage;
    // Within a minute of now: the clock goes on between the two reckonings.
    expect(Math.abs(Date.parse(part?.from ?? '') - oldest)).toBeLessThanOrEqual(MINUTE);
    expect(part?.lost.until).toBe(part?.from);
    expect(windows.lostMinutes).toBe((Date.parse(part?.from ?? '') - from) / MINUTE);
    expect(windows.lost + windows.toExtract).toBe(3);
  });

  it('measures requests and time on what the ledger holds', async () => {
    const d = await place();
    // Twelve windows of an hour, of three pages each, sealed four seconds apart.
    await d.withLedger(async (ledger) => {
      for (let i = 0; i < 12; i += 1) {
        const window = isoInterval(hour(40 - i));
        const sealedAt = toIso(hour(20).from + i * 4 * SECOND);
        await ledger.commit(receipt(i, i + 1, { ...STREAM, ...window, pages: 3, sealedAt }));
      }
    });
    const [plan] = dataOf<readonly BackfillPlan[]>(await d.run('backfill', 'plan', NAME, ...d.range, '-o', 'json'));
    // Seven windows; one of the site's two connections is the stream's own, so they take twice as long.
    expect(plan?.windows?.toExtract).toBe(7);
    expect(plan?.estimate).toEqual({ from: 'history', requests: 21, seconds: { usual: 56, slow: 56 } });
  });

  it.each([
    ['a range without a zone', ['--from', '2026-11-21T09:00'], 'is no date or time with a zone'],
    ['a range that is upside down', ['--from', toIso(hour(3).from), '--to', toIso(hour(5).from)], 'is not before'],
    ['what has not settled', ['--from', toIso(hour(3).from), '--to', toIso(Date.now())], 'has not settled'],
    ['no beginning', [], '--from is missing'],
    ['a mistyped year', ['--from', '0226-11-20T00:00Z'], 'a backfill may have 20,000'],
  ])('refuses %s, and says what would do', async (_what, flags, words) => {
    const d = await place();
    const { code, stderr } = await d.run('backfill', 'plan', NAME, ...flags);
    expect(code).toBe(64);
    expect(stderr).toContain(words);
  });
});

describe('sluice backfill start', () => {
  it('asks nobody where nobody can answer, and starts nothing', async () => {
    const d = await place();
    const { code, stderr } = await d.run('backfill', 'start', NAME, ...d.range);
    expect(code).toBe(64);
    expect(stderr).toContain('--yes');
    expect(await d.withLedger((ledger) => ledger.backfills())).toEqual([]);
  });

  it('refuses a plan that is older than ten minutes, or whose coverage or configuration has changed', async () => {
    const d = await place();
    const file = join(d.folder, 'plan.json');
    await d.run('backfill', 'plan', NAME, ...d.range, '--save', file);
    const saved = JSON.parse(await readFile(file, 'utf8')) as { plans: BackfillPlan[] };
    const old = saved.plans.map((one) => ({ ...one, plannedAt: toIso(Date.now() - 11 * MINUTE) }));
    await writeFile(file, JSON.stringify({ ...saved, plans: old }));
    expect((await d.run('backfill', 'start', '--plan', file)).stderr).toContain('older than 10 minutes');
    await writeFile(file, JSON.stringify(saved));
    // The plan is good: only the server is missing.
    expect((await d.run('backfill', 'start', '--plan', file)).code).toBe(69);
    await d.seal(hour(9), 1);
    const changed = await d.run('backfill', 'start', '--plan', file);
    expect(changed.code).toBe(64);
    expect(changed.stderr).toContain('has changed since the plan');
    await writeFile(file, '{"sluice":"something else"}');
    expect((await d.run('backfill', 'start', '--plan', file)).stderr).toContain('is no plan');
  }, 60_000);
});

describe('an operator without a Temporal server', () => {
  it('can still pause, resume and cancel: the ledger counts, and what could not be told is said', async () => {
    const d = await place();
    const backfill = { id: 'bf-1', workflowId: 'backfill:bf-1', ...STREAM, from: hour(10).from, until: hour(5).from };
    await d.withLedger((ledger) => ledger.beginBackfill(backfill, Date.now()));
    const listed = dataOf<readonly { id: string; left: number }[]>(await d.run('backfill', 'list', '-o', 'json'));
    expect(listed).toMatchObject([{ id: 'bf-1', state: 'running', windows: 5, left: 5 }]);
    const paused = await d.run('backfill', 'pause', 'bf-1');
    expect(paused).toMatchObject({ code: 0 });
    expect(paused.stdout).toContain('bf-1 is paused');
    expect(paused.stderr).toContain('no Temporal server answers');
    expect((await d.run('backfill', 'show', 'bf-1')).stdout).toContain('paused since');
    await d.run('backfill', 'cancel', 'bf-1');
    const late = await d.run('backfill', 'resume', 'bf-1');
    expect(late.code).toBe(64);
    expect(late.stderr).toContain('bf-1 is cancelled');
    const unknown = await d.run('backfill', 'show', 'bf-2');
    expect(unknown.code).toBe(64);
    expect(unknown.stderr).toContain('There are: bf-1');
  }, 120_000);

  it('sees how a backfill ended, with the exit code that says whether data was lost', async () => {
    const d = await place();
    const backfill = { id: 'bf-1', workflowId: 'backfill:bf-1', ...STREAM, ...hour(10) };
    await d.withLedger(async (ledger) => {
      await ledger.beginBackfill(backfill, Date.now());
      await ledger.lose(STREAM, [hour(10)], 'forgotten', Date.now());
      await ledger.steerBackfill('bf-1', { state: 'done' }, Date.now());
    });
    const { code, stdout } = await d.run('backfill', 'watch', 'bf-1', '-q');
    expect(code).toBe(3);
    expect(stdout).toContain('1 h lost');
  });
});
