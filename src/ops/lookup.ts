import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Archive } from '../archive/archive.ts';
import { keyBeside } from '../archive/layout.ts';
import { openArchive } from '../archive/open.ts';
import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import type { Lookup, Source } from '../core/contract.ts';
import type { FileSlice, Receipt } from '../core/manifest.ts';
import { toIso } from '../core/time.ts';
import { findConfigured, withSource } from './discover.ts';
import { writeLedger } from './ledger.ts';
import { UsageError } from './usage-error.ts';

/** One item of a vendor's collection, verbatim; `undefined` where there is none of that id. Errors: those of the vendor, {@link UsageError}. */
export async function findItem(
  config: Config,
  name: string,
  { collection, id }: { readonly collection: string; readonly id: string },
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  return await withSource(findConfigured(config, name), async (source) => {
    const found = await lookupOf(source).find(collection, id, signal);
    return found?.bytes;
  });
}

/** @throws UsageError where the vendor has no search */
export function lookupOf({ id, type, lookup }: Source): Lookup {
  if (lookup !== undefined) return lookup;
  throw new UsageError(`${id} is of type ${type}, whose vendor has nothing to search in`);
}

export interface KeptFile {
  /** Whether the archive had it before. */
  readonly present: boolean;
  readonly bytes: number;
  /** Of the vendor's file, hex. */
  readonly sha256: string;
  /** The compressed file in the archive. */
  readonly path: string;
  /** Key of its manifest. */
  readonly manifest: string;
}

export interface FileAsked {
  readonly collection: string;
  readonly item: string;
  readonly file: string;
  /** Where to write it as well, unpacked. */
  readonly to?: string | undefined;
}

/**
 * Puts a file of one of the vendor's items into the archive, unless it is there; memory stays flat. It may be repeated, and broken off anywhere: it is there
 * once its manifest is. Errors: those of the vendor, `storage-full`, {@link UsageError}.
 */
export async function keepFile(
  config: Config,
  name: string,
  { collection, item, file, to }: FileAsked,
  signal: AbortSignal,
): Promise<KeptFile> {
  const { archive: root } = locations(config);
  const archive = openArchive(root);
  const configured = findConfigured(config, name);
  const slice = {
    source: name,
    type: configured.type.name,
    stream: collection,
    kind: 'file',
    item,
    file,
    revision: 1,
  } as const;
  const held = await archive.find(slice);
  const receipt =
    held ?? (await withSource(configured, (source) => download(archive, lookupOf(source), slice, signal)));
  // Also when it was there: the former attempt may have ended before this.
  await writeLedger(config, (ledger) => ledger.commit(receipt));
  const { verbatim } = receipt.manifest;
  const path = join(root, keyBeside(receipt.key, verbatim?.file ?? ''));
  if (to !== undefined) await pipeline(createReadStream(path), createGunzip(), createWriteStream(to));
  const about = { bytes: verbatim?.rawBytes ?? 0, sha256: verbatim?.rawSha256 ?? '', path, manifest: receipt.key };
  return { present: held !== undefined, ...about };
}

async function download(archive: Archive, lookup: Lookup, slice: FileSlice, signal: AbortSignal): Promise<Receipt> {
  const { stream, item, file } = slice;
  const piece = archive.stagePiece(slice);
  try {
    for await (const chunk of lookup.file(stream, item, file, signal)) await piece.write(chunk);
    const { key } = await piece.finish();
    return await archive.seal({
      slice,
      segments: [],
      verbatim: { extension: extensionOf(file), pieces: [key] },
      reported: null,
      run: { workflowId: 'sluice file', runId: '' },
      sealedAt: toIso(Date.now()),
    });
  } catch (error) {
    await piece.abort();
    throw error;
  }
}

/** The vendor's ids of files may end like a file's name. */
function extensionOf(file: string): string {
  return /\.([A-Za-z0-9]{1,10})$/.exec(file)?.[1] ?? 'bin';
}

/** Short, and without the query, which may be somebody's address. */
export function nameOfSearch(query: string): string {
  return createHash('sha256').update(query).digest('hex').slice(0, 12);
}
