import { StagingLost } from '../core/failures.ts';
import type { HeldSegment } from './archive.ts';
import type { Breathe } from './breath.ts';
import { NO_CONTEXT } from './context.ts';
import { crcOf } from './crc.ts';
import { HASH_BYTES } from './hashes.ts';
import { stagingFolder } from './layout.ts';
import { decodeFooter, FOOTER_BYTES, RUN_FIELDS, type Footer } from './segment-format.ts';
import type { ObjectReader, Store } from './store.ts';
import { at, bytesOf } from './typed.ts';

/** A segment that is open for sealing. */
export interface OpenSegment {
  readonly key: string;
  readonly reader: ObjectReader;
  readonly footer: Footer;
}

/** A run of lines: where they lie, and which records of the index are its own. */
export interface StagedRun {
  readonly segment: OpenSegment;
  /** `[offset, offset + bytes)` in the segment. */
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
  readonly first: number;
  readonly records: number;
  /** The text of its records' context. */
  readonly context: string;
}

/**
 * What is known of all staged records, a column each: some 80 bytes a record, and no objects. A record is its number: runs in the order
 * in which they came, lines in the order in which they stand.
 */
export interface StagedRecords {
  readonly count: number;
  /** How many pages of the vendor these are. */
  readonly pages: number;
  readonly runs: readonly StagedRun[];
  readonly runOf: Uint32Array;
  readonly times: Float64Array;
  readonly lengths: Uint32Array;
  readonly arrivals: Uint32Array;
  /** Id `i` is `[idEnds[i - 1] or 0, idEnds[i])` of `ids`. */
  readonly idEnds: Uint32Array;
  readonly hashes: Buffer;
  readonly ids: Buffer;
}

/** Opens segments; all are closed again when one of them is missing or torn. Errors: `staging-lost`. */
export async function openSegments(
  store: Store,
  staged: readonly (string | HeldSegment)[],
): Promise<readonly OpenSegment[]> {
  const segments: OpenSegment[] = [];
  try {
    for (const one of staged) segments.push(await openSegment(store, one));
    return segments;
  } catch (error) {
    await closeSegments(segments);
    throw error;
  }
}

export async function closeSegments(segments: readonly OpenSegment[]): Promise<void> {
  await Promise.allSettled(segments.map(({ reader }) => reader.close()));
}

async function openSegment(store: Store, staged: string | HeldSegment): Promise<OpenSegment> {
  const key = typeof staged === 'string' ? staged : 'in memory';
  const reader = typeof staged === 'string' ? await openStaged(store, staged) : memoryReader(staged.bytes);
  if (reader === undefined) throw new StagingLost(`the staged pages ${key} are not there`);
  try {
    const bytes = Buffer.alloc(FOOTER_BYTES);
    const read = await reader.read(Math.max(0, reader.size - FOOTER_BYTES), bytes);
    const footer = decodeFooter(bytes.subarray(0, read), reader.size);
    if (footer === undefined) throw new StagingLost(`the staged pages ${key} are torn: they do not end as they should`);
    return { key, reader, footer };
  } catch (error) {
    await reader.close().catch(() => undefined);
    throw error;
  }
}

async function openStaged(store: Store, key: string): Promise<ObjectReader | undefined> {
  return key.startsWith(stagingFolder) ? await store.open(key) : undefined;
}

function memoryReader(bytes: Buffer): ObjectReader {
  return {
    size: bytes.length,
    memory: bytes,
    read: async (offset, into) => {
      const found = bytes.subarray(offset, offset + into.length);
      into.set(found);
      return found.length;
    },
    close: async () => undefined,
  };
}

/** Reads the indexes of segments into one. Errors: `staging-lost` when one does not match its checksum. */
export async function loadRecords(segments: readonly OpenSegment[], breathe: Breathe): Promise<StagedRecords> {
  const count = segments.reduce((sum, { footer }) => sum + footer.records, 0);
  const records = {
    count,
    pages: segments.reduce((sum, { footer }) => sum + footer.pages, 0),
    runs: [] as StagedRun[],
    runOf: new Uint32Array(count),
    times: new Float64Array(count),
    lengths: new Uint32Array(count),
    arrivals: new Uint32Array(count),
    idEnds: new Uint32Array(count),
    hashes: Buffer.allocUnsafeSlow(count * HASH_BYTES),
    ids: Buffer.allocUnsafeSlow(segments.reduce((sum, { footer }) => sum + footer.idBytes, 0)),
  };
  let first = 0;
  let firstId = 0;
  for (const segment of segments) {
    await loadSegment(segment, records, first, firstId, breathe);
    first += segment.footer.records;
    firstId += segment.footer.idBytes;
  }
  return records;
}

async function loadSegment(
  { key, reader, footer }: OpenSegment,
  records: StagedRecords & { readonly runs: StagedRun[] },
  first: number,
  firstId: number,
  breathe: Breathe,
): Promise<void> {
  const end = first + footer.records;
  const table = new Float64Array(footer.runs * RUN_FIELDS);
  const contexts = Buffer.alloc(footer.contextBytes);
  let offset = footer.dataBytes;
  let crc = 0;
  const columns = [
    bytesOf(table),
    bytesOf(records.times, first, end),
    bytesOf(records.lengths, first, end),
    bytesOf(records.arrivals, first, end),
    bytesOf(records.idEnds, first, end),
    records.hashes.subarray(first * HASH_BYTES, end * HASH_BYTES),
    records.ids.subarray(firstId, firstId + footer.idBytes),
    contexts,
  ];
  for (const column of columns) {
    const read = await reader.read(offset, column);
    if (read !== column.length) throw new StagingLost(`the staged pages ${key} are torn: their index ends early`);
    crc = crcOf(column, crc);
    offset += read;
    await breathe();
  }
  if (crc !== footer.indexCrc) throw new StagingLost(`the staged pages ${key} are damaged: their index has changed`);
  addRuns({ key, reader, footer }, table, JSON.parse(contexts.toString('utf8')) as readonly string[], records, first);
  let idEnd = firstId;
  for (let i = first; i < end; i += 1) {
    // The file holds lengths; the sums take their place.
    idEnd += at(records.idEnds, i);
    records.idEnds[i] = idEnd;
  }
}

function addRuns(
  segment: OpenSegment,
  table: Float64Array,
  contexts: readonly string[],
  records: StagedRecords & { readonly runs: StagedRun[] },
  firstOfSegment: number,
): void {
  let first = firstOfSegment;
  let offset = 0;
  for (let row = 0; row < table.length; row += RUN_FIELDS) {
    const [count, bytes, crc] = [at(table, row), at(table, row + 1), at(table, row + 2)];
    const context = contexts[at(table, row + 3)] ?? NO_CONTEXT;
    records.runOf.fill(records.runs.length, first, first + count);
    records.runs.push({ segment, offset, bytes, crc, first, records: count, context });
    first += count;
    offset += bytes;
  }
}
