import type { Archive } from '../archive/archive.ts';
import { openArchive } from '../archive/open.ts';
import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import type { View } from '../core/contract.ts';
import { ArchiveDamaged } from '../core/failures.ts';
import type { Receipt } from '../core/manifest.ts';
import type { Interval } from '../core/time.ts';
import { toLine } from '../json/ndjson.ts';
import { readLedger } from './ledger.ts';
import { asItIs, redaction } from './redaction.ts';
import type { KnownStream } from './streams.ts';
import { UsageError } from './usage-error.ts';

export interface RecordsAsked {
  /** Whole slices that overlap this are read. */
  readonly within: Interval;
  /** The records as the vendor sent them, though they are no JSON objects. */
  readonly verbatim: boolean;
  /** One of the stream's further looks at a record, by its name. */
  readonly view?: string | undefined;
}

/**
 * The records of a stream's sealed slices as lines of NDJSON, oldest slice first: JSON objects, or the vendor's bytes.
 * Errors: `archive-damaged`, at the end of the part in question at the latest; {@link UsageError} for a view that the stream does not have.
 */
export async function* readRecords(
  config: Config,
  stream: KnownStream,
  { within, verbatim, view }: RecordsAsked,
): AsyncGenerator<Uint8Array> {
  const lines = linesOf(config, stream, { verbatim, view });
  for (const key of await manifestsOf(config, stream, within)) yield* lines(key);
}

/**
 * How the records of a sealed slice are written, by the key of its manifest.
 * @throws UsageError for a view that the stream does not have
 */
export function linesOf(
  config: Config,
  stream: KnownStream,
  { verbatim, view }: Pick<RecordsAsked, 'verbatim' | 'view'>,
): (manifest: string) => AsyncGenerator<Uint8Array> {
  const look = view === undefined ? undefined : viewOf(stream, view);
  const type = config.sources.get(stream.source)?.type;
  const present = verbatim ? undefined : type?.present;
  const archive = openArchive(locations(config).archive);
  const redact = redaction(config.sources.get(stream.source)?.settings.redaction?.key, stream.redaction);
  return async function* (key) {
    const receipt = await receiptOf(archive, key);
    const hide = verbatim ? asItIs : redact(receipt.manifest.redaction);
    for await (const { bytes, context } of archive.records(receipt)) {
      if (look !== undefined) for (const line of look({ bytes: hide(bytes), context })) yield Buffer.from(line);
      else yield present === undefined ? hide(bytes) : hide(lineOf(present({ bytes, context })));
    }
  };
}

const lineOf = (object: string): Buffer => Buffer.from(toLine(Buffer.from(object)));

function viewOf({ views }: KnownStream, name: string): View {
  const view = views[name];
  if (view !== undefined) return view;
  const known = Object.keys(views).join(', ');
  throw new UsageError(
    `the stream has no view ${name}; ${known === '' ? 'its configuration asks for none' : `it has: ${known}`}`,
  );
}

/** The manifests of slices that overlap an interval; of sequences and reports, of those that were sealed in it. */
async function manifestsOf(config: Config, stream: KnownStream, within: Interval): Promise<readonly string[]> {
  const { from, until } = within;
  return await readLedger(config, async (ledger) => {
    if (stream.shape === 'window') return (await ledger.slices(stream, within)).map(({ manifest }) => manifest);
    const rows =
      stream.shape === 'sequence'
        ? await ledger.portions(stream, Number.MAX_SAFE_INTEGER)
        : await ledger.reports(stream, { first: '0000-01-01', last: '9999-12-31' });
    return rows.filter(({ sealedAt }) => sealedAt >= from && sealedAt < until).map(({ manifest }) => manifest);
  });
}

async function receiptOf(archive: Archive, key: string): Promise<Receipt> {
  const receipt = await archive.receipt(key);
  if (receipt === undefined) throw new ArchiveDamaged(`${key} is missing: the ledger has it sealed`);
  return receipt;
}
