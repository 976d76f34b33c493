import type { Archive, ArchivedRecord } from '../archive/archive.ts';
import { openArchive } from '../archive/open.ts';
import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import { ArchiveDamaged } from '../core/failures.ts';
import { toIso, type Interval } from '../core/time.ts';
import type { SliceRow } from '../ledger/ledger.ts';
import { toLine } from '../json/ndjson.ts';
import { readLedger } from './ledger.ts';
import type { KnownStream } from './streams.ts';

export interface RecordsAsked {
  /** Whole slices that overlap this are read. */
  readonly within: Interval;
  /** The records as the vendor sent them, though they are no JSON objects. */
  readonly verbatim: boolean;
}

/**
 * The records of a stream's sealed slices as lines of NDJSON, oldest slice first: JSON objects, or the vendor's bytes.
 * Errors: `archive-damaged`, at the end of the part in question at the latest.
 */
export async function* readRecords(
  config: Config,
  stream: KnownStream,
  { within, verbatim }: RecordsAsked,
): AsyncGenerator<Uint8Array> {
  const type = config.sources.get(stream.source)?.type;
  const present = verbatim ? undefined : type?.present;
  const archive = openArchive(locations(config).archive);
  const rows = await readLedger(config, (ledger) => ledger.slices(stream, within));
  for (const row of rows) {
    for await (const record of recordsOf(archive, stream, type?.name ?? '', row)) {
      yield present === undefined ? record.bytes : toLine(Buffer.from(present(record)));
    }
  }
}

async function* recordsOf(
  archive: Archive,
  { source, stream }: KnownStream,
  type: string,
  { from, until, revision, manifest }: SliceRow,
): AsyncGenerator<ArchivedRecord> {
  const slice = { source, stream, type, kind: 'window', from: toIso(from), until: toIso(until), revision } as const;
  const receipt = await archive.find(slice);
  if (receipt === undefined) throw new ArchiveDamaged(`${manifest} is missing: the ledger has it sealed`);
  yield* archive.records(receipt);
}
