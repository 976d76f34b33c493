import { openArchive } from '../archive/open.ts';
import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import { formatStreamId } from '../core/ids.ts';
import { interval } from '../core/time.ts';
import { openLedger } from '../ledger/open.ts';
import type { KnownStream } from './streams.ts';

export interface Verified {
  readonly slices: number;
  readonly records: number;
  /** What is wrong, each a sentence that names the file. */
  readonly findings: readonly string[];
}

/**
 * Reads every part of the archive again and compares it with its manifest, and the manifests with the ledger.
 * @param only one stream; all of them without it
 */
export async function verifyArchive(
  config: Config,
  only: KnownStream | undefined,
  tick: (slices: number) => void,
): Promise<Verified> {
  const archive = openArchive(locations(config).archive);
  const ledger = await openLedger(locations(config).ledger);
  const findings: string[] = [];
  const sealed = new Map<string, Set<string>>();
  let slices = 0;
  let records = 0;
  try {
    for await (const found of archive.manifests()) {
      if ('damage' in found) {
        findings.push(`${found.key}: ${found.damage}`);
        continue;
      }
      const { manifest, key } = found;
      const name = formatStreamId(manifest);
      if (only !== undefined && name !== formatStreamId(only)) continue;
      findings.push(...(await archive.verify(found)));
      const rows = await ledger.slices(manifest, interval(manifest));
      const row = rows.find((one) => one.manifest === key);
      if (row === undefined) findings.push(`${key}: sealed, but the ledger does not know it (sluice ledger rebuild)`);
      else if (row.digest !== manifest.digest) findings.push(`${key}: not what the ledger says was sealed`);
      sealed.set(name, (sealed.get(name) ?? new Set()).add(key));
      slices += 1;
      records += manifest.records;
      tick(slices);
    }
    const streams = only === undefined ? await ledger.streams() : [only];
    for (const id of streams) {
      const known = sealed.get(formatStreamId(id)) ?? new Set<string>();
      for (const row of await ledger.slices(id, { from: 0, until: Number.MAX_SAFE_INTEGER })) {
        if (!known.has(row.manifest)) findings.push(`${row.manifest}: in the ledger, but not in the archive`);
      }
    }
    return { slices, records, findings };
  } finally {
    await ledger.close();
  }
}
