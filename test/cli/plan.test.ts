import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Client } from '@temporalio/client';
import { loadConfig } from '../../src/config/load.ts';
import { applyConfig } from '../../src/ops/apply.ts';
import { fromIso, HOUR, MINUTE, toIso } from '../../src/core/time.ts';
import { connectClient } from '../../src/temporal/connect.ts';
import { freshNamespace, testTemporalAddress } from '../support/temporal.ts';
import { waitFor } from '../support/wait.ts';
import { CANARY, dataOf, deployment, sluice } from './kit.ts';

interface Line {
  readonly stream: string;
  readonly schedule: string;
  readonly action: string;
  readonly change?: string;
  readonly orphaned: boolean;
  readonly drift: readonly { readonly what: string; readonly kept: boolean }[];
  readonly next: readonly string[];
  readonly consequences: readonly string[];
}

/** The schedules of a stream, as the server lists them; the watchdog is the deployment's. */
const schedulesOf = (...streams: readonly string[]): readonly string[] =>
  [...streams.flatMap((stream) => [`pull:${stream}`, `reconcile:${stream}`]), 'watchdog'].toSorted();

/** The lines of what pulls: the others follow them. */
const pulls = (lines: readonly Line[]): readonly Line[] => lines.filter(({ schedule }) => schedule.startsWith('pull:'));

const source = (name: string, sites: string, more: readonly string[] = []): readonly string[] => [
  `  ${name}:`,
  '    type: signal-sciences',
  '    corp: testcorp',
  `    sites: [${sites}]`,
  '    auth: { email: ops@example.com, password: "${env:SIGSCI_PASSWORD}" }',
  ...more.map((line) => `    ${line}`),
];

/** A deployment with a namespace of its own. */
async function here(first: readonly string[] = source('acme-waf', 'a.example, b.example')) {
  const namespace = await freshNamespace();
  const address = testTemporalAddress();
  const textOf = (sources: readonly string[]): string =>
    ['version: 1', `temporal: { address: "${address}", namespace: ${namespace} }`, 'sources:', ...sources, ''].join(
      '\n',
    );
  const place = await deployment(textOf(first));
  const client = await connectClient({ address, namespace });
  onTestFinished(() => client.close());
  return {
    ...place,
    namespace,
    client,
    edit: (sources: readonly string[]) => writeFile(join(place.folder, 'sluice.yaml'), textOf(sources)),
    plan: async (...more: readonly string[]) => {
      const ended = await place.run('plan', '-o', 'json', ...more);
      return { ...ended, lines: dataOf<Line[]>(ended) };
    },
    /** Waits until the server lists these schedules and no others: its list follows some moments behind. */
    listed: (expected: readonly string[]) =>
      waitFor(
        () => idsOf(client),
        (ids) => ids.join() === expected.join(),
      ),
  };
}

async function idsOf(client: Client): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { scheduleId } of client.schedule.list()) ids.push(scheduleId);
  return ids.toSorted();
}

describe('plan', () => {
  it('says what apply would do and touches nothing; after apply there is nothing left to do', async () => {
    const { run, plan, client, ledger } = await here();
    const before = await plan('--check');
    expect(before.code).toBe(2);
    const streams = ['acme-waf/a.example', 'acme-waf/b.example'];
    const wanted = [...streams, ...streams, 'watchdog'];
    expect(before.lines.map(({ stream, action }) => [stream, action])).toEqual(
      wanted.map((stream) => [stream, 'create']),
    );
    expect(await idsOf(client)).toEqual([]);
    expect(existsSync(ledger)).toBe(false);

    const applied = await run('apply', '-o', 'json');
    expect(applied.code).toBe(0);
    expect(dataOf<Line[]>(applied).map(({ change }) => change)).toEqual(wanted.map(() => 'created'));
    const after = await plan('--check');
    expect(after.code).toBe(0);
    expect(after.lines.map(({ action }) => action)).toEqual(wanted.map(() => 'none'));
    expect((await run('plan')).stderr).toContain('Nothing to apply');
  });

  it('names the next five runs, as the server will have them', async () => {
    const { run, plan, client } = await here(source('acme-waf', 'a.example'));
    const [line] = (await plan()).lines;
    await run('apply');
    const { info } = await client.schedule.getHandle(line?.schedule ?? '').describe();
    expect(line?.next).toEqual(info.nextActionTimes.slice(0, 5).map((time) => toIso(time.getTime())));
  });

  it('tells a new stream’s start and how much is due, a changed interval, and a moved start by what it asks for', async () => {
    const { run, plan, edit } = await here(source('acme-waf', 'a.example'));
    const [created] = (await plan()).lines;
    expect(created?.consequences.join()).toMatch(/coverage begins \S+Z; 2[345] windows are due at once/);
    await run('apply');
    const start = Date.now() - 200 * HOUR;
    await edit(source('acme-waf', 'a.example', ['schedule: { every: 30m }', `start: ${toIso(start)}`]));
    const text = (await run('plan')).stdout;
    expect(text).toContain('~ change acme-waf/a.example');
    expect(text).toContain('when: every 1h, offset 6m -> every 30m, offset 6m');
    expect(text).toContain('a pull that runs is not disturbed');
    expect(text).toMatch(/start: not set -> \S+Z/);
    expect(text).toMatch(/asks for \[\S+Z, \S+Z\) as well: .*\n +7 d \d+ h of it the vendor no longer has/);
    expect((await run('plan', '--time-format', 'relative')).stdout).toMatch(/next: in \d+ min/);
  });

  it('shows a renamed source as a new stream, and the old name as an orphan that keeps its coverage', async () => {
    const { run, plan, edit, listed } = await here(source('acme-waf', 'a.example'));
    await run('apply');
    await listed(schedulesOf('acme-waf:a.example'));
    await edit(source('acme-edge', 'a.example'));
    const { lines: all } = await plan();
    expect(all.map(({ schedule, action }) => [schedule, action])).toContainEqual([
      'reconcile:acme-waf:a.example',
      'pause',
    ]);
    const lines = pulls(all);
    expect(lines).toMatchObject([
      { stream: 'acme-edge/a.example', action: 'create' },
      { stream: 'acme-waf/a.example', action: 'pause', orphaned: true },
    ]);
    expect(lines[0]?.consequences[0]).toContain('what acme-waf/a.example holds stays under that name');
    expect(lines[1]?.consequences[0]).toContain('its coverage stay under acme-waf/a.example');
    // Each is said once, and only of what pulls.
    const { stdout } = await run('plan');
    expect(stdout.match(/is not carried over/g)).toHaveLength(1);
    expect(stdout).toContain(
      'pause acme-waf/a.example (second look) (orphaned)\n    no longer: sealed windows are looked at again for events that came late',
    );
  });

  it('shows what was changed by hand as drift, which check does not mind', async () => {
    const { run, plan, client } = await here(source('acme-waf', 'a.example'));
    await run('apply');
    await client.schedule
      .getHandle('pull:acme-waf:a.example')
      .update((now) => ({ ...now, spec: { intervals: [{ every: 20 * MINUTE, offset: 6 * MINUTE }] } }));
    const kept = await plan('--check');
    expect(kept.code).toBe(0);
    expect(kept.lines[0]?.drift).toMatchObject([{ what: 'when', kept: true }]);
    const next = (kept.lines[0]?.next ?? []).map((time) => fromIso(time) ?? 0);
    expect(next.map((time, i) => time - (next[0] ?? 0) - i * 20 * MINUTE)).toEqual([0, 0, 0, 0, 0]);
    expect((await run('plan')).stdout).toContain('drift: when is every 20m, offset 6m on the server');
    expect((await plan('--check', '--overwrite-drift')).code).toBe(2);
    expect((await run('apply', '--overwrite-drift')).code).toBe(0);
    expect((await plan('--check')).lines[0]?.drift).toEqual([]);
  });
});

describe('apply', () => {
  it('deletes what is gone only with --prune, and only for who names the namespace', async () => {
    const { run, edit, client, listed, namespace, withLedger, seal } = await here();
    await run('apply');
    await listed(schedulesOf('acme-waf:a.example', 'acme-waf:b.example'));
    await seal({ from: 0, until: HOUR }, 1, { id: { source: 'acme-waf', stream: 'b.example' } });
    await edit(source('acme-waf', 'a.example'));
    for (const args of [['--prune'], ['--prune', '--confirm', 'another'], ['--prune', '--no-input']]) {
      const refused = await run('apply', ...args);
      expect(refused.code).toBe(64);
      expect(refused.stderr).toContain(`--confirm ${namespace}`);
      expect(await idsOf(client)).toHaveLength(5);
    }
    const pruned = await run('apply', '--prune', '--confirm', namespace, '-o', 'json');
    expect(pruned.code).toBe(0);
    expect(
      dataOf<Line[]>(pruned)
        .filter(({ change }) => change === 'deleted')
        .map(({ schedule }) => schedule),
    ).toEqual(['pull:acme-waf:b.example', 'reconcile:acme-waf:b.example']);
    await listed(schedulesOf('acme-waf:a.example'));
    const held = await withLedger((open) =>
      open.slices({ source: 'acme-waf', stream: 'b.example' }, { from: 0, until: HOUR }),
    );
    expect(held).toHaveLength(1);
  });

  it('leaves a schedule as somebody else made it between the plan and its turn, and says that', async () => {
    const { run, edit, folder, client } = await here(source('acme-waf', 'a.example'));
    await run('apply');
    await edit(source('acme-waf', 'a.example', ['schedule: { every: 30m }']));
    const theirs = { intervals: [{ every: 15 * MINUTE, offset: 6 * MINUTE }] };
    const config = loadConfig(join(folder, 'sluice.yaml'), { env: { SIGSCI_PASSWORD: CANARY } });
    const lines = await applyConfig(config, {
      agree: () => client.schedule.getHandle('pull:acme-waf:a.example').update((now) => ({ ...now, spec: theirs })),
    });
    expect(lines.map(({ done }) => done)).toEqual(['conflict', 'unchanged', 'unchanged']);
    const { spec } = await client.schedule.getHandle('pull:acme-waf:a.example').describe();
    expect(spec.intervals).toMatchObject(theirs.intervals);
  });

  it('leaves a schedule alone that has our id and is not ours, and says so', async () => {
    const { run, client } = await here(source('acme-waf', 'a.example'));
    await client.schedule.create({
      scheduleId: 'pull:acme-waf:a.example',
      spec: { intervals: [{ every: '7h' }] },
      action: { type: 'startWorkflow', workflowType: 'theirs', taskQueue: 'theirs' },
    });
    const { code, stderr } = await run('apply');
    expect(code).toBe(1);
    expect(stderr).toContain('not ours, and left alone: pull:acme-waf:a.example');
    const { action } = await client.schedule.getHandle('pull:acme-waf:a.example').describe();
    expect(action.workflowType).toBe('theirs');
  });

  it('writes no secret into a schedule', async () => {
    const { run, client, namespace } = await here(source('acme-waf', 'a.example'));
    await run('apply');
    const raw = await client.workflowService.describeSchedule({ namespace, scheduleId: 'pull:acme-waf:a.example' });
    const payloads = JSON.stringify(raw, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    );
    expect(payloads).toContain('sluiceApplied');
    expect(payloads).not.toContain(CANARY);
    expect(payloads).not.toContain('SIGSCI_PASSWORD');
  });
});

describe('the server', () => {
  it('is the one that TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE name, where the file says nothing of Temporal', async () => {
    const namespace = await freshNamespace();
    const { folder } = await deployment(['version: 1', 'sources:', ...source('acme-waf', 'a.example'), ''].join('\n'));
    const env = { TEMPORAL_ADDRESS: testTemporalAddress(), TEMPORAL_NAMESPACE: namespace };
    const ended = await sluice(['apply', '-o', 'json'], { cwd: folder, env });
    expect(ended.code, ended.stderr).toBe(0);
    const client = await connectClient({ address: testTemporalAddress(), namespace });
    onTestFinished(() => client.close());
    expect((await client.schedule.getHandle('pull:acme-waf:a.example').describe()).state.paused).toBe(false);
  });
});
