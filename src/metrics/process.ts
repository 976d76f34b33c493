import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { makeSeries } from './series.ts';

/** What runs, and how Node itself does (`process_…`, `nodejs_…`). @param file the configuration's, as it is now */
export function createProcessMetrics({ file, version }: { readonly file: string; readonly version: string }): Registry {
  const registry = new Registry();
  makeSeries('sluice_build_info', registry).set({ version, node: process.version }, 1);
  // References stand for secrets there, so that its hash says nothing about them.
  const hash = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
  makeSeries('sluice_config_info', registry).set({ hash }, 1);
  collectDefaultMetrics({ register: registry });
  return registry;
}
