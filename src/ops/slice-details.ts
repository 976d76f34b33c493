import { openArchive } from '../archive/open.ts';
import { keyBeside } from '../archive/layout.ts';
import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import type { LookRow } from '../ledger/looks.ts';
import { readLedger } from './ledger.ts';
import type { Stretch } from './slices.ts';
import type { KnownWindowStream } from './streams.ts';

/** What lies behind a sealed window. */
export interface SliceDetail {
  /** Keys in the archive, with what its manifest says of them. */
  readonly files: readonly {
    readonly key: string;
    readonly records: number;
    readonly bytes: number;
    readonly sha256: string;
  }[];
  /** Why its manifest cannot be read. */
  readonly damage?: string;
  /** The run that sealed it. */
  readonly run?: { readonly workflowId: string; readonly runId: string };
  /** The looks that were made at it, the first one included, oldest first. */
  readonly looks: readonly LookRow[];
}

/** The newest so many are told of: each is a file to read. */
const MOST = 12;

/** What lies behind the sealed ones among some stretches, by the key of their manifest; from ledger and archive. */
export async function readSliceDetails(
  config: Config,
  { source, stream }: KnownWindowStream,
  stretches: readonly Stretch[],
): Promise<ReadonlyMap<string, SliceDetail>> {
  const archive = openArchive(locations(config).archive);
  return await readLedger(config, async (ledger) => {
    const details = new Map<string, SliceDetail>();
    for (const { manifest: key, from, until } of stretches
      .filter(({ manifest }) => manifest !== undefined)
      .slice(-MOST)) {
      if (key === undefined) continue;
      const looks = (await ledger.looks({ source, stream }, { from, until })).filter((look) => look.from === from);
      details.set(key, { ...(await contentOf(archive, key)), looks });
    }
    return details;
  });
}

async function contentOf(archive: ReturnType<typeof openArchive>, key: string): Promise<Omit<SliceDetail, 'looks'>> {
  try {
    const receipt = await archive.receipt(key);
    if (receipt === undefined) return { files: [], damage: 'its manifest is missing' };
    const { parts, run } = receipt.manifest;
    const files = parts.map(({ file, records, bytes, sha256 }) => ({
      key: keyBeside(key, file),
      records,
      bytes,
      sha256,
    }));
    return { files, run };
  } catch (error) {
    return { files: [], damage: (error as Error).message };
  }
}
