import type { Archive, DamagedManifest } from '../archive/archive.ts';
import { openArchive } from '../archive/open.ts';
import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import type { Receipt } from '../core/manifest.ts';
import { rebuildSqliteLedger, type Rebuilt } from '../ledger/rebuild.ts';

/**
 * Makes the ledger again from the archive. Workers may go on: of a ledger that is sound they only wait a moment, and a damaged one they could not
 * have used. Errors: `unavailable` when another rebuild is running, `storage-full`, `ledger-damaged` for a file of a newer sluice.
 */
export async function rebuildLedger(
  config: Config,
  tick: (manifests: number) => void,
): Promise<Rebuilt & { readonly ledger: string }> {
  const { ledger, archive } = locations(config);
  return { ledger, ...(await rebuildSqliteLedger(ledger, counted(openArchive(archive), tick))) };
}

async function* counted(
  archive: Archive,
  tick: (manifests: number) => void,
): AsyncGenerator<Receipt | DamagedManifest> {
  let count = 0;
  for await (const found of archive.manifests()) {
    count += 1;
    tick(count);
    yield found;
  }
}
