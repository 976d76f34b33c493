import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { temporal as proto } from '@temporalio/proto';

/** Keeps a history for the tests of later releases, when it is told to: `RECORD_HISTORIES=0.2.0`. */
export function record(name: string, history: proto.api.history.v1.IHistory): void {
  const release = process.env['RECORD_HISTORIES'];
  if (release === undefined) return;
  const folder = fileURLToPath(new URL(`../histories/${release}/`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  // Where and by whom it was recorded is nobody's business.
  const clean = JSON.parse(historyToJSON(history), (key, value: unknown) =>
    key === 'stackTrace' ? '' : key === 'identity' || key === 'workerInstanceKey' ? 'worker' : value,
  ) as unknown;
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(clean, null, 1)}\n`);
}
