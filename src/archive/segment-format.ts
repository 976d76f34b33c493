import { crcOf } from './crc.ts';
import { HASH_BYTES } from './hashes.ts';

/**
 * A segment is one object: runs of lines | the index | a footer of fixed size.
 *
 * A run holds the records of some pages that have one context, in the order of (event time, id), so that sealing reads each run once, from
 * front to back. The index is a table of runs (records, bytes, crc32 of the lines, number of the context; a Float64 each), and then one column
 * after the other for all records: times (Float64), lengths with the line break, arrivals (the record's place among those of the run, as they
 * came), lengths of ids (Uint32 each), SHA-256 of the line without its break, ids; at last the contexts, a JSON array of texts. Columns are read as they are into typed arrays; a machine of the other byte order does not
 * recognise the footer, and takes the pages for lost.
 */
export interface Footer {
  /** The vendor's pages. */
  readonly pages: number;
  readonly runs: number;
  readonly records: number;
  readonly idBytes: number;
  readonly contextBytes: number;
  readonly dataBytes: number;
  /** crc32 of the whole index. */
  readonly indexCrc: number;
}

export const RUN_FIELDS = 4;
export const FOOTER_BYTES = 80;

/** Read as a number in the machine's own byte order, it tells a foreign one. */
const BYTE_ORDER = 0x0102_0304_0506_07;
const MAGIC = Buffer.from('sluice.2');

/** Size of the index, bytes. */
export function indexBytes(footer: Pick<Footer, 'runs' | 'records' | 'idBytes' | 'contextBytes'>): number {
  const { runs, records, idBytes, contextBytes } = footer;
  return runs * RUN_FIELDS * 8 + records * (8 + 3 * 4 + HASH_BYTES) + idBytes + contextBytes;
}

export function encodeFooter(footer: Footer): Buffer {
  const { pages, runs, records, idBytes, contextBytes, dataBytes, indexCrc } = footer;
  const fields = new Float64Array(FOOTER_BYTES / 8);
  const bytes = Buffer.from(fields.buffer);
  fields.set([0, BYTE_ORDER, pages, runs, records, idBytes, contextBytes, dataBytes, indexCrc]);
  MAGIC.copy(bytes);
  fields[9] = crcOf(bytes.subarray(0, FOOTER_BYTES - 8));
  return bytes;
}

/** `undefined` when these are not the last bytes of a whole segment of this size. */
export function decodeFooter(bytes: Uint8Array, size: number): Footer | undefined {
  if (bytes.length !== FOOTER_BYTES) return undefined;
  const fields = new Float64Array(bytes.slice().buffer);
  const [, order, pages = 0, runs = 0, records = 0, idBytes = 0, contextBytes = 0, dataBytes = 0, indexCrc = 0, crc] =
    fields;
  const recognised = MAGIC.equals(bytes.subarray(0, MAGIC.length)) && order === BYTE_ORDER;
  if (!recognised || crc !== crcOf(bytes.subarray(0, FOOTER_BYTES - 8))) return undefined;
  const footer = { pages, runs, records, idBytes, contextBytes, dataBytes, indexCrc };
  return dataBytes + indexBytes(footer) + FOOTER_BYTES === size ? footer : undefined;
}
