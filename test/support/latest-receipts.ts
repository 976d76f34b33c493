import type { Archive } from '../../src/archive/archive.ts';
import type { Receipt } from '../../src/core/manifest.ts';

/** Every receipt of an archive; of windows the latest revision, which holds those before it. Throws for a damaged manifest. */
export async function latestReceipts(archive: Archive): Promise<readonly Receipt[]> {
  const latest = new Map<string, Receipt>();
  for await (const receipt of archive.manifests()) {
    if ('damage' in receipt) throw new Error(`${receipt.key}: ${receipt.damage}`);
    const { kind, revision } = receipt.manifest;
    const slice = kind === 'window' ? receipt.key.slice(0, receipt.key.lastIndexOf('/')) : receipt.key;
    if ((latest.get(slice)?.manifest.revision ?? 0) < revision) latest.set(slice, receipt);
  }
  return [...latest.values()];
}
