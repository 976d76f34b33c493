import type { Archive } from '../archive/archive.ts';
import { openArchive } from '../archive/open.ts';
import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import { formatStreamId, type StreamId } from '../core/ids.ts';
import type { Manifest, Receipt } from '../core/manifest.ts';
import { fromIso, interval } from '../core/time.ts';
import { ledgerWarnings, readLedger, type LedgerReader } from './ledger.ts';
import { knownStreams, unknownStream } from './streams.ts';

export interface Verified {
  readonly slices: number;
  readonly records: number;
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
}

export interface Finding {
  /** `damaged`: what the archive holds is not what was sealed. `missing`: the ledger has it, the archive not. `unknown`: the other way round. */
  readonly kind: 'damaged' | 'missing' | 'unknown';
  /** Key of the manifest. */
  readonly manifest: string;
  /** A sentence that names the file. */
  readonly message: string;
}

export interface VerifyOptions {
  /** One stream; all that ledger and archive know without it. */
  readonly only?: StreamId | undefined;
  readonly tick: (slices: number, records: number) => void;
  readonly now?: number;
}

/**
 * Reads every part of the archive again and compares it with its manifest, and the manifests with the ledger. Workers may go on sealing meanwhile:
 * what the ledger is asked for was sealed before, and what was sealed since is left out.
 */
export async function verifyArchive(
  config: Config,
  { only, tick, now = Date.now() }: VerifyOptions,
): Promise<Verified> {
  const archive = openArchive(locations(config).archive);
  return await readLedger(config, async (ledger) => {
    const streams = only === undefined ? [...knownStreams(config), ...(await ledger.streams())] : [only];
    const rows = await sealedRows(ledger, streams, only === undefined);
    const findings: Finding[] = [];
    let slices = 0;
    let records = 0;
    let last = { folder: '', revision: 0, records: 0 };
    for await (const receipt of receipts(archive, only, findings)) {
      const row = rows.get(receipt.key);
      rows.delete(receipt.key);
      findings.push(...(await compare(archive, receipt, row)));
      if (row === undefined && !(await isKnown(ledger, receipt, now))) findings.push(unknown(receipt));
      const { kind, revision } = receipt.manifest;
      const folder = kind === 'window' ? receipt.key.slice(0, receipt.key.lastIndexOf('/')) : receipt.key;
      // The revisions of a window come one after the other, in any order; the latest of them holds the others.
      const isAgain = folder === last.folder;
      if (!isAgain) slices += 1;
      if (isAgain && revision < last.revision) continue;
      records += receipt.manifest.records - (isAgain ? last.records : 0);
      last = { folder, revision, records: receipt.manifest.records };
      tick(slices, records);
    }
    const damaged = new Set(findings.map(({ manifest }) => manifest));
    for (const key of rows.keys()) if (!damaged.has(key)) findings.push(missing(key));
    return { slices, records, findings, warnings: await ledgerWarnings(config) };
  });
}

const EVERY_DAY = { first: '0000-01-01', last: '9999-12-31' };

/** A row of the ledger, whatever the kind of its slice. */
interface Sealed {
  readonly manifest: string;
  readonly digest: string;
}

/** The ledger's rows by their manifests, read before the archive: each of them has its manifest there already. */
async function sealedRows(
  ledger: LedgerReader,
  streams: readonly StreamId[],
  whole: boolean,
): Promise<Map<string, Sealed>> {
  const rows = new Map<string, Sealed>();
  for (const id of streams) {
    const windows = await ledger.revisions(id, { from: 0, until: Number.MAX_SAFE_INTEGER });
    const portions = await ledger.portions(id, Number.MAX_SAFE_INTEGER);
    const reports = await ledger.reports(id, EVERY_DAY);
    for (const row of [...windows, ...portions, ...reports]) rows.set(row.manifest, row);
  }
  for (const source of new Set(streams.map((one) => one.source))) {
    for (const row of await ledger.lookups(source)) {
      if (whole || streams.some((one) => formatStreamId(one) === formatStreamId(row))) rows.set(row.manifest, row);
    }
  }
  return rows;
}

/** The manifests that can be read; those that cannot go to the findings, whatever stream they are of. */
async function* receipts(archive: Archive, only: StreamId | undefined, findings: Finding[]): AsyncGenerator<Receipt> {
  for await (const found of archive.manifests()) {
    if ('damage' in found)
      findings.push({ kind: 'damaged', manifest: found.key, message: withKey(found.key, found.damage) });
    else if (only === undefined || isOf(found.manifest, only)) yield found;
  }
}

const isOf = (manifest: Manifest, id: StreamId): boolean => formatStreamId(manifest) === formatStreamId(id);

const withKey = (key: string, message: string): string => (message.includes(key) ? message : `${key}: ${message}`);

async function compare(archive: Archive, receipt: Receipt, row: Sealed | undefined): Promise<readonly Finding[]> {
  const { key, manifest } = receipt;
  const messages = [...(await archive.verify(receipt))];
  if (row !== undefined && row.digest !== manifest.digest) {
    messages.push(
      `${key} is not what was sealed: the ledger has digest ${row.digest}, the manifest ${manifest.digest}`,
    );
  }
  return messages.map((message) => ({ kind: 'damaged', manifest: key, message: withKey(key, message) }));
}

/** Whether the ledger has it by now, or need not yet: its row follows the manifest within moments. */
async function isKnown(ledger: LedgerReader, { manifest, key }: Receipt, began: number): Promise<boolean> {
  const rows = await rowsLike(ledger, manifest);
  return rows.some((row) => row.manifest === key) || (fromIso(manifest.sealedAt) ?? 0) >= began;
}

async function rowsLike(ledger: LedgerReader, manifest: Manifest): Promise<readonly Sealed[]> {
  if (manifest.kind === 'window') return await ledger.revisions(manifest, interval(manifest));
  if (manifest.kind === 'portion') return await ledger.portions(manifest, Number.MAX_SAFE_INTEGER);
  if (manifest.kind !== 'report') return await ledger.lookups(manifest.source);
  return await ledger.reports(manifest, { first: manifest.day, last: manifest.day });
}

function unknown({ key }: Receipt): Finding {
  return {
    kind: 'unknown',
    manifest: key,
    message: `${key} is sealed, but the ledger does not know it: \`sluice ledger rebuild\``,
  };
}

function missing(key: string): Finding {
  return {
    kind: 'missing',
    manifest: key,
    message: `${key} is in the ledger, but not in the archive: restore it from a backup`,
  };
}

/** The stream that a user named: one of the configuration, or one that is gone from it and that the ledger still knows. @throws UsageError */
export async function findHeldStream(config: Config, text: string): Promise<StreamId> {
  const all = [...knownStreams(config), ...(await readLedger(config, (ledger) => ledger.streams()))];
  const found = all.find((one) => formatStreamId(one) === text);
  if (found !== undefined) return found;
  throw unknownStream(text, all, config.file);
}
