import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, toIso } from '../../src/core/time.ts';
import { dataOf, deployment, hour, NAME, STREAM } from './kit.ts';

interface Row {
  readonly stream: string;
  readonly state: string;
  readonly watermark: string;
  readonly heldSeconds: number;
  readonly lostSeconds: number;
  readonly recordsLastDay: number;
  readonly gaps: readonly { readonly state: string }[];
  readonly failures: readonly { readonly name: string; readonly windows: number }[];
}

describe('status', () => {
  it('looks without making files, and says that there is nothing yet', async () => {
    const { folder, run } = await deployment();
    const { code, stderr } = await run('status');
    expect(code).toBe(0);
    expect(stderr).toContain('no ledger');
    expect(stderr).toContain('sluice up');
    expect(existsSync(`${folder}/data`)).toBe(false);
  });

  it('says so when the ledger is gone and the archive is not', async () => {
    const { run, seal } = await deployment();
    await seal(hour(1), 1, { commit: false });
    const ended = await run('status', '-o', 'json');
    const { warnings } = JSON.parse(ended.stdout) as { warnings: string[] };
    expect(warnings.join()).toContain('sluice ledger rebuild');
  });

  it('is current when all that settled is held', async () => {
    const { run, seal, startsAt } = await deployment();
    await startsAt(hour(2).from);
    await seal(hour(2), 3);
    await seal(hour(1), 0);
    const ended = await run('status', '--check', '-o', 'json');
    expect(ended.code).toBe(0);
    expect(dataOf<Row[]>(ended)).toMatchObject([
      {
        stream: NAME,
        state: 'current',
        watermark: toIso(hour(1).until),
        heldSeconds: 7200,
        lostSeconds: 0,
        recordsLastDay: 3,
        gaps: [],
      },
    ]);
  });

  it('shows a failed gap with its failure, its deadline and the way on; --check exits with 2', async () => {
    const { run, seal, startsAt, withLedger } = await deployment();
    await startsAt(hour(3).from);
    await seal(hour(3), 3);
    await seal(hour(1), 3);
    const failure = { name: 'unavailable', message: 'HTTP 503\u001b]0;owned\u0007' };
    await withLedger((ledger) => ledger.fail(STREAM, hour(2), failure, Date.now()));
    const { code, stdout } = await run('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/✗ failed/);
    expect(stdout).toMatch(/\(in 2\d h/);
    expect(stdout).toContain('sluice explain unavailable');
    // eslint-disable-next-line no-control-regex -- the very characters that must not get through
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect((await run('status', '--check')).code).toBe(2);
    const [row] = dataOf<Row[]>(await run('status', '-o', 'json'));
    expect(row?.failures).toMatchObject([{ name: 'unavailable', windows: 1 }]);
  });

  it('--check exits with 3 when data was lost, for as long as one asks for that time', async () => {
    const { run, seal, startsAt, withLedger } = await deployment();
    const from = hour(1).from - 30 * HOUR;
    await startsAt(from);
    await seal({ from: from + 10 * MINUTE, until: hour(1).until }, 5);
    await withLedger((ledger) =>
      ledger.lose(STREAM, [{ from, until: from + 10 * MINUTE }], 'the worker was down', Date.now()),
    );
    const { code, stdout } = await run('status', '--check');
    expect(code).toBe(3);
    expect(stdout).toContain('10 min');
    expect((await run('status', '--check', '--since', '24h')).code).toBe(0);
    expect((await run('status', '--check', '--since', 'yesterday')).code).toBe(64);
  });

  it('still shows a stream that the configuration no longer has', async () => {
    const { run, seal, withLedger } = await deployment();
    const gone = { source: 'acme-waf', stream: 'old.example.com' };
    await withLedger((ledger) => ledger.apply(gone, hour(5).from));
    await seal(hour(4), 7, { id: gone });
    const rows = dataOf<Row[]>(await run('status', '-o', 'json'));
    expect(rows.find(({ stream }) => stream === 'acme-waf/old.example.com')).toMatchObject({
      state: 'not-configured',
      heldSeconds: 3600,
      recordsLastDay: 7,
      watermark: toIso(hour(4).until),
    });
    expect((await run('status')).stdout).toContain('~ not configured');
  });
});

describe('slices', () => {
  it('shows an axis without a hole: sealed, empty, failed, lost, due and settling', async () => {
    const { run, seal, startsAt, withLedger } = await deployment();
    const lost = { from: hour(28).from, until: hour(28).from + 30 * MINUTE };
    await startsAt(lost.from);
    const manifest = await seal({ from: lost.until, until: hour(4).from }, 4);
    await seal(hour(3), 0);
    await withLedger(async (ledger) => {
      await ledger.lose(STREAM, [lost], 'unavailable until the vendor forgot it', Date.now());
      await ledger.fail(STREAM, hour(4), { name: 'unexpected-answer', message: 'not JSON' }, Date.now());
    });
    const rows = dataOf<{ from: string; until: string; state: string; [more: string]: unknown }[]>(
      await run('slices', NAME, '--since', '40h', '-o', 'json'),
    );
    expect(rows.map(({ state }) => state)).toEqual([
      'lost',
      'sealed',
      'failed',
      'empty',
      expect.stringMatching(/^(due|late)$/),
      ...(rows.length === 7 ? ['due'] : []),
      'settling',
    ]);
    expect(rows.slice(1).map(({ from }) => from)).toEqual(rows.slice(0, -1).map(({ until }) => until));
    expect(rows[0]).toMatchObject({ from: toIso(lost.from), reason: 'unavailable until the vendor forgot it' });
    expect(rows[1]).toMatchObject({ records: 4, pages: 1, parts: 1, manifest });
    expect(rows[2]).toMatchObject({ failure: 'unexpected-answer', reason: 'not JSON' });
    const { stdout } = await run('slices', NAME, '--since', '40h');
    expect(stdout).toContain('✗ failed: unexpected-answer');
    expect(stdout).toMatch(/^\[\d{4}-\d\d-\d\dT\d\d:\d\dZ, /m);
  });

  it('keeps the newest, and says how many are left out', async () => {
    const { run, seal, startsAt } = await deployment();
    await startsAt(hour(3).from);
    for (const ago of [3, 2, 1]) await seal(hour(ago), ago);
    const { stdout, stderr } = await run('slices', NAME, '--limit', '2');
    expect(stdout.trim().split('\n').length).toBe(1 + 2);
    expect(stdout).toContain('settling');
    expect(stderr).toContain('2 older ones are left out');
  });

  it.each([
    [['slices', 'acme-waf/ww.example.com'], `Did you mean ${NAME}?`],
    [['slices', 'www.example.com'], `Did you mean ${NAME}?`],
    [['slices', NAME, '--since', '2 hours'], '--since 2 hours is neither'],
    [['slices', NAME, '--since', '2026-11-21T09:00'], 'with a zone'],
    [['slices', NAME, '--since', '2199-01-01'], 'in the past'],
    [['slices', NAME, '--limit', '0'], '--limit 0'],
  ])('%j is wrong usage', async (args, words) => {
    const { run } = await deployment();
    const { code, stderr } = await run(...args);
    expect(code).toBe(64);
    expect(stderr).toContain(words);
  });
});
