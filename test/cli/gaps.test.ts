import { describe, expect, it } from 'vitest';
import { notLate } from '../../src/core/lateness.ts';
import { HOUR, MINUTE, toIso, type Interval } from '../../src/core/time.ts';
import { freePort } from '../support/temporal.ts';
import { dataOf, deployment, hour, NAME, STREAM, yaml } from './kit.ts';

interface Row {
  readonly stream: string;
  readonly state: string;
  readonly from: string;
  readonly until: string;
  readonly leftSeconds: number | null;
  readonly reason: { readonly name: string; readonly message: string };
}

const range = ({ from, until }: Interval): readonly string[] => ['--from', toIso(from), '--to', toIso(until)];
const lostReason = 'unavailable until the vendor forgot it';

/** Of the last hours: one lost, two failed with an hour between that is held, one that nobody has asked for yet. */
async function withGaps() {
  const place = await deployment();
  const { seal, startsAt, withLedger } = place;
  await startsAt(hour(30).from);
  await seal({ from: hour(30).from + 30 * MINUTE, until: hour(5).from }, 4);
  await seal(hour(4), 3);
  await seal({ from: hour(2).from, until: hour(1).from }, 3);
  const failure = { name: 'unavailable', message: 'HTTP 503\nand more' };
  await withLedger(async (ledger) => {
    const lost = { from: hour(30).from, until: hour(30).from + 30 * MINUTE };
    await ledger.lose(STREAM, [lost], lostReason, Date.now());
    await ledger.fail(STREAM, hour(5), failure, Date.now());
    await ledger.fail(STREAM, hour(3), { ...failure, name: 'cursor-stuck' }, Date.now());
  });
  return place;
}

describe('gaps', () => {
  it('are listed with the nearest deadline first, each with the time that is left and the reason', async () => {
    const { run } = await withGaps();
    const ended = await run('gaps', '--offline', '-o', 'json');
    expect(ended.code).toBe(0);
    const rows = dataOf<Row[]>(ended);
    expect(rows.map(({ from, reason }) => [from, reason.name])).toEqual([
      [toIso(hour(5).from), 'unavailable'],
      [toIso(hour(3).from), 'cursor-stuck'],
      [toIso(hour(1).from), 'unknown'],
    ]);
    expect(rows.map(({ leftSeconds }) => leftSeconds)).toEqual(
      rows.map(({ leftSeconds }) => leftSeconds).toSorted((a, b) => Number(a) - Number(b)),
    );
    expect(rows[0]?.leftSeconds).toBeLessThan(24 * 3_600);
    const { stdout, stderr } = await run('gaps', '--offline');
    expect(stdout).toMatch(/✗ failed +1\d h .*unavailable +HTTP 503$/m);
    expect(stdout).not.toContain('lost');
    expect(stderr).toContain('sluice gaps heal --all');
    expect(stderr).toContain('--lost');
  });

  it('that are lost come with their recorded reason when one asks for them; --check exits with 3, or 2', async () => {
    const { run } = await withGaps();
    const rows = dataOf<Row[]>(await run('gaps', '--offline', '--lost', '-o', 'json'));
    expect(rows.at(-1)).toMatchObject({ state: 'lost', leftSeconds: null, reason: { message: lostReason } });
    expect((await run('gaps', '--offline', '--check')).code).toBe(3);
    await run('gaps', 'ack', NAME, ...range({ from: hour(30).from, until: hour(29).from }), '--why', 'known');
    expect((await run('gaps', '--offline', '--check')).code).toBe(2);
  });

  it('say that no Temporal server answers, when that is why nothing is pulled', async () => {
    const { run, startsAt } = await deployment(yaml([], [`temporal: { port: ${await freePort()} }`]));
    await startsAt(hour(2).from);
    const rows = dataOf<Row[]>(await run('gaps', '-o', 'json'));
    expect(rows.map(({ reason }) => reason.name)).toEqual(rows.map(() => 'temporal-unreachable'));
    expect(rows.length).toBeGreaterThan(0);
  });

  it('say what the watchdog found: a schedule that is missing, or that nothing has run for long', async () => {
    const { run, startsAt, withLedger } = await deployment();
    await startsAt(hour(2).from);
    const alarm = { ...STREAM, kind: 'schedule-missing', message: 'there is no schedule on the server' } as const;
    const reasons = async (): Promise<unknown[]> => {
      const rows = dataOf<Row[]>(await run('gaps', '--offline', '-o', 'json'));
      return [...new Set(rows.map(({ reason }) => reason.name))];
    };
    await withLedger((ledger) => ledger.watch({ alarms: [alarm], streams: [] }, Date.now()));
    expect(await reasons()).toEqual(['schedule-missing']);
    await withLedger((ledger) => ledger.watch({ alarms: [], streams: [] }, Date.now() - HOUR));
    expect(await reasons()).toEqual(['worker-down']);
    const { stderr } = await run('status');
    expect(stderr).toContain('the watchdog has not looked for 1 h');
    await withLedger((ledger) => ledger.watch({ alarms: [], streams: [] }, Date.now()));
    expect(await reasons()).toEqual(['waiting']);
  });

  it('of another source are left out, and a mistyped one is found', async () => {
    const { run } = await withGaps();
    expect((await run('gaps', '--offline', '--source', 'acme-waf', '--check')).code).toBe(3);
    const { code, stderr } = await run('gaps', '--offline', '--source', 'acme-wfa');
    expect(code).toBe(64);
    expect(stderr).toContain('Did you mean acme-waf?');
  });

  it('are none where all is held', async () => {
    const { run, seal, startsAt } = await deployment();
    await startsAt(hour(1).from);
    await seal(hour(1), 3);
    const { code, stdout, stderr } = await run('gaps', '--check');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('Nothing is missing');
  });
});

describe('an acknowledged gap', () => {
  it('no longer counts as failed, at risk or lost; who said so, and why, is kept; and it can be taken back', async () => {
    const { run } = await withGaps();
    const before = await run('status', '--check');
    expect(before.code).toBe(3);
    const all = range({ from: hour(30).from, until: hour(1).until });
    const { code, stdout } = await run('gaps', 'ack', NAME, ...all, '--why', 'the site was off', '--by', 'sam');
    expect(code).toBe(0);
    expect(stdout).toContain('acknowledged by sam');
    expect((await run('status', '--check')).code).toBe(0);
    expect((await run('gaps', '--offline', '--check')).code).toBe(0);
    const rows = dataOf<(Row & { acknowledged: object })[]>(
      await run('gaps', '--offline', '--acknowledged', '-o', 'json'),
    );
    expect(rows).toHaveLength(4);
    for (const row of rows) {
      expect(row).toMatchObject({ state: 'acknowledged', leftSeconds: null, acknowledged: { by: 'sam' } });
      expect(row.reason.message).toContain('the site was off');
    }
    expect((await run('slices', NAME, '--since', '40h')).stdout).toContain('~ acknowledged');
    const undone = await run('gaps', 'unack', NAME, ...range(hour(3)));
    expect(undone.stdout).toContain('counts again');
    expect((await run('status', '--check')).code).toBe(2);
    expect((await run('gaps', 'unack', NAME, ...range(hour(3)))).stdout).toContain('nothing was acknowledged');
  });

  it.each<[string, (range: readonly string[]) => readonly string[], string]>([
    ['without a reason', (all) => ['gaps', 'ack', NAME, ...all], '--why is missing'],
    ['without a range', () => ['gaps', 'ack', NAME, '--why', 'x'], '--from is missing'],
    ['of another stream', (all) => ['gaps', 'ack', 'acme-waf/ww.example.com', ...all, '--why', 'x'], 'Did you mean'],
    ['of what is held', () => ['gaps', 'ack', NAME, ...range(hour(4)), '--why', 'x'], 'nothing is missing'],
    [
      'of what lies ahead',
      () => ['gaps', 'ack', NAME, '--from', '2026-01-01', '--to', '2199-01-01', '--why', 'x'],
      'lies ahead',
    ],
    [
      'backwards',
      () => ['gaps', 'ack', NAME, '--from', '2026-01-02', '--to', '2026-01-01', '--why', 'x'],
      'not before',
    ],
    [
      'without a zone',
      () => ['gaps', 'ack', NAME, '--from', '2026-01-01T09:00', '--to', '2026-01-02', '--why', 'x'],
      'zone',
    ],
    ['to heal nothing in particular', () => ['gaps', 'heal'], 'name a stream, or say --all'],
    ['to heal a range of everything', (all) => ['gaps', 'heal', '--all', ...all], 'go with the name of a stream'],
  ])('%s is wrong usage', async (_name, args, words) => {
    const { run } = await withGaps();
    const { code, stderr } = await run(...args(range(hour(5))));
    expect(stderr).toContain(words);
    expect(code).toBe(64);
  });
});

describe('status', () => {
  it('shows the alarms that stand, a line each, and --check counts those that wait for a person', async () => {
    const { run, seal, startsAt, withLedger } = await deployment();
    await startsAt(hour(1).from);
    await seal(hour(1), 3);
    const alarm = (kind: 'schedule-paused' | 'no-progress') => ({ ...STREAM, kind, message: `about ${kind}\u001b[2J` });
    await withLedger((ledger) => ledger.watch({ alarms: [alarm('schedule-paused')], streams: [] }, Date.now()));
    const { code, stdout } = await run('status', '--check');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^! ${NAME}: schedule-paused since .*: about schedule-paused`, 'm'));
    expect(stdout).not.toContain('\u001b');
    await withLedger((ledger) => ledger.watch({ alarms: [alarm('no-progress')], streams: [] }, Date.now()));
    const ended = await run('status', '--check', '-o', 'json');
    expect(ended.code).toBe(2);
    expect(dataOf(ended)).toMatchObject([{ stream: NAME, alarms: [{ kind: 'no-progress' }] }]);
    expect((await run('explain', 'no-progress')).stdout).toContain('What you do');
  });

  it('--lateness tells how late records were, and where the vendor counts otherwise', async () => {
    const { run, seal, startsAt, withLedger } = await deployment();
    await startsAt(hour(2).from);
    await seal(hour(2), 3);
    const lateness = { classes: notLate.classes.map((_, i) => (i === 9 ? 2 : 0)), most: 40 * MINUTE };
    const look = { found: 5, held: 3, late: 2, changed: 1, reported: null, lateness };
    await withLedger((ledger) => ledger.look(STREAM, { ...hour(2), lookedAt: hour(1).until, ...look }));
    const [row] = dataOf<object[]>(await run('status', '--lateness', '-o', 'json'));
    expect(row).toMatchObject({
      stream: NAME,
      settlingSeconds: 300,
      looks: 1,
      late: 2,
      changed: 1,
      latenessSeconds: { p50: 2_400, p99: 2_400, most: 2_400 },
      counts: { slices: 0 },
    });
    expect((await run('status', '--lateness')).stdout).toMatch(/≤ 40 min .*as held/);
  });
});
