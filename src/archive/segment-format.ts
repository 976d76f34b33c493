import { crc32 } from 'node:zlib';
import { HASH_BYTES } from './hashes.ts';

/**
 * A segment is one object: the lines of its pages | the index | a footer of fixed size.
 *
 * Inside a page the lines stand in the order of (event time, id), so that sealing reads each page once, from front to back. The index is a
 * table of pages (records, bytes, crc32 of the lines; a Float64 each), and then one column after the other for all records: times (Float64),
 * lengths with the line break, arrivals (the record's place in the vendor's page), lengths of ids (Uint32 each), SHA-256 of the line
 * without its break, ids. Columns are read as they are into typed arrays; a machine of the other byte order does not recognise the footer,
 * and takes the pages for lost.
 */
export interface Footer {
  readonly pages: number;
  readonly records: number;
  readonly idBytes: number;
  readonly dataBytes: number;
  /** crc32 of the whole index. */
  readonly indexCrc: number;
}

export const PAGE_FIELDS = 3;
export const FOOTER_BYTES = 64;

/** Read as a number in the machine's own byte order, it tells a foreign one. */
const BYTE_ORDER = 0x0102_0304_0506_07;
const MAGIC = Buffer.from('sluice.1');

/** Size of the index, bytes. */
export function indexBytes({ pages, records, idBytes }: Pick<Footer, 'pages' | 'records' | 'idBytes'>): number {
  return pages * PAGE_FIELDS * 8 + records * (8 + 3 * 4 + HASH_BYTES) + idBytes;
}

export function encodeFooter({ pages, records, idBytes, dataBytes, indexCrc }: Footer): Buffer {
  const fields = new Float64Array(FOOTER_BYTES / 8);
  const bytes = Buffer.from(fields.buffer);
  fields.set([0, BYTE_ORDER, pages, records, idBytes, dataBytes, indexCrc]);
  MAGIC.copy(bytes);
  fields[7] = crc32(bytes.subarray(0, FOOTER_BYTES - 8));
  return bytes;
}

/** `undefined` when these are not the last bytes of a whole segment of this size. */
export function decodeFooter(bytes: Uint8Array, size: number): Footer | undefined {
  if (bytes.length !== FOOTER_BYTES) return undefined;
  const fields = new Float64Array(bytes.slice().buffer);
  const [, order, pages = 0, records = 0, idBytes = 0, dataBytes = 0, indexCrc = 0, crc] = fields;
  const recognised = MAGIC.equals(bytes.subarray(0, MAGIC.length)) && order === BYTE_ORDER;
  if (!recognised || crc !== crc32(bytes.subarray(0, FOOTER_BYTES - 8))) return undefined;
  const footer = { pages, records, idBytes, dataBytes, indexCrc };
  return dataBytes + indexBytes(footer) + FOOTER_BYTES === size ? footer : undefined;
}
