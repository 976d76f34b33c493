import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { catalogue } from '../src/metrics/catalogue.ts';
import { explanations } from '../src/ops/explain.ts';
import { dashboards, expressionsOf, metricsUsed, read, rules } from './metrics/expressions.ts';

const run = promisify(execFile);
const PROMTOOL = process.env['SLUICE_PROMTOOL'] ?? 'promtool';

/** Debian's package `prometheus` has it. */
function whyNoPromtool(): string | undefined {
  try {
    execFileSync(PROMTOOL, ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there is no promtool on the PATH (Debian: apt-get install prometheus), nor in SLUICE_PROMTOOL';
  }
}

const missing = whyNoPromtool();

describe.skipIf(missing !== undefined)(
  `by Prometheus itself${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    const folder = fileURLToPath(new URL('../ops/prometheus/', import.meta.url));

    it('the alert rules do what their tests say', async () => {
      const { stdout } = await run(PROMTOOL, ['test', 'rules', 'sluice.rules.test.yml'], { cwd: folder });
      expect(stdout).toContain('SUCCESS');
    });

    it('the configuration of the containers is one, with its rules', async () => {
      const { stdout } = await run(PROMTOOL, ['check', 'config', 'prometheus.yml'], { cwd: folder });
      expect(stdout).toContain(`${rules.length} rules found`);
    });

    it('every query of the dashboards can be read', async () => {
      const place = await mkdtemp(join(tmpdir(), 'sluice-promql-'));
      onTestFinished(() => rm(place, { recursive: true }));
      const all = dashboards.flatMap(({ board }) => expressionsOf(board));
      const groups = [{ name: 'dashboards', rules: all.map(({ expr }, i) => ({ record: `query:${i}`, expr })) }];
      await writeFile(join(place, 'queries.yml'), stringify({ groups }));
      const { stdout } = await run(PROMTOOL, ['check', 'rules', 'queries.yml'], { cwd: place });
      expect(stdout).toContain(`${all.length} rules found`);
    });
  },
);

describe('the alert rules', () => {
  it('each have a test of their own', () => {
    const tested = parse(read('prometheus/sluice.rules.test.yml')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts: { exp_labels: { severity: string } }[] }[] }[];
    };
    const fired = tested.tests.flatMap(({ alert_rule_test }) =>
      alert_rule_test.flatMap(({ alertname, exp_alerts }) =>
        exp_alerts.map(({ exp_labels }) => `${alertname} ${exp_labels.severity}`),
      ),
    );
    for (const { alert, labels } of rules) expect(fired).toContain(`${alert} ${labels.severity}`);
  });

  it('each say what to do, in a place that exists, with failures that are explained', () => {
    const headings = [...read('README.md').matchAll(/^### (\w+)$/gm)].map((match) => match[1]?.toLowerCase());
    for (const { annotations } of rules) {
      const [file, anchor] = annotations.runbook_url.split('#');
      expect([file, headings]).toEqual(['ops/README.md', expect.arrayContaining([anchor])]);
      expect(annotations.action.length).toBeGreaterThan(10);
      for (const [, name = ''] of annotations.action.matchAll(/sluice explain ([a-z-]+)/g)) {
        expect(Object.keys(explanations)).toContain(name);
      }
    }
  });

  it('and the dashboards know our own metrics by their names', () => {
    const unknown = metricsUsed.filter(([name]) => name.startsWith('sluice_') && !Object.hasOwn(catalogue, name));
    expect(unknown).toEqual([]);
    // One that would not be found out shows that the look is a real one.
    expect(metricsUsed.map(([name]) => name)).toContain('sluice_next_url_age_seconds');
  });

  it('every metric is in the table for those who write rules of their own', () => {
    for (const name of Object.keys(catalogue)) expect(read('README.md')).toContain(`\`${name}\``);
  });
});
