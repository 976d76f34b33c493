import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const ops = new URL('../../ops/', import.meta.url);
export const read = (path: string): string => readFileSync(new URL(path, ops), 'utf8');

const rulesSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          keep_firing_for: z.string().optional(),
          labels: z.strictObject({ severity: z.enum(['page', 'ticket', 'info']) }),
          annotations: z.strictObject({ summary: z.string(), action: z.string(), runbook_url: z.string() }),
        }),
      ),
    }),
  ),
});

export const rules = rulesSchema
  .parse(parse(read('prometheus/sluice.rules.yml')))
  .groups.flatMap((group) => group.rules);

const target = z.looseObject({ refId: z.string(), expr: z.string() });
const panelSchema = z.looseObject({
  id: z.int(),
  type: z.enum(['stat', 'timeseries', 'state-timeline', 'table', 'heatmap']),
  title: z.string().min(1),
  description: z.string().min(1),
  datasource: z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') }),
  gridPos: z.strictObject({ x: z.int(), y: z.int(), w: z.int().min(1), h: z.int().min(1) }),
  targets: z.array(target).min(1),
});
const variable = z.looseObject({ name: z.string(), type: z.string(), query: z.unknown() });
const dashboardSchema = z.looseObject({
  uid: z.string().max(40),
  title: z.string(),
  schemaVersion: z.int(),
  tags: z.array(z.string()),
  templating: z.strictObject({ list: z.array(variable) }),
  panels: z.array(panelSchema).min(1),
});

export type Dashboard = z.infer<typeof dashboardSchema>;

export const dashboards: readonly { readonly file: string; readonly text: string; readonly board: Dashboard }[] =
  readdirSync(new URL('grafana/dashboards/', ops)).map((file) => {
    const text = read(`grafana/dashboards/${file}`);
    return { file, text, board: dashboardSchema.parse(JSON.parse(text)) };
  });

/** A dashboard's expressions with something in the place of each variable, as Grafana would send them. */
export function expressionsOf({ panels }: Dashboard): readonly { readonly title: string; readonly expr: string }[] {
  return panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({
      title,
      expr: expr.replaceAll('$__rate_interval', '5m').replace(/"\$(\w+)"/g, '"x"'),
    })),
  );
}

/** The metrics that an expression is about, histograms by the name that they are described under. */
export function metricsIn(expr: string): readonly string[] {
  const names = expr.replace(/"[^"]*"/g, '""').match(/\b(?:sluice|temporal|process|nodejs)_\w+/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(?:bucket|count|sum)$/, '')))];
}

/** The metrics that everything in `ops/` is about, each with where. */
export const metricsUsed: readonly (readonly [metric: string, where: string])[] = [
  ...rules.flatMap(({ alert, expr }) => metricsIn(expr).map((name) => [name, alert] as const)),
  ...dashboards.flatMap(({ file, board }) =>
    expressionsOf(board).flatMap(({ title, expr }) =>
      metricsIn(expr).map((name) => [name, `${file}: ${title}`] as const),
    ),
  ),
];
