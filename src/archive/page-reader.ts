import { crc32 } from 'node:zlib';
import { StagingLost } from '../core/failures.ts';
import type { Arrangement } from './arrange.ts';
import type { StagedPage } from './segment-index.ts';
import { at } from './typed.ts';

/** All buffers of one seal together, bytes, unless very many pages lie across each other. */
const BUDGET = 32 * 1024 * 1024;
const LARGEST_CHUNK = 1024 * 1024;
const SMALLEST_CHUNK = 4 * 1024;

/** Reads one staged page from front to back; `[start, end)` of the buffer is what was read and not yet used. */
export interface PageReader {
  readonly number: number;
  readonly page: StagedPage;
  readonly buffer: Buffer;
  start: number;
  end: number;
  /** The next record to come. */
  next: number;
  /** How much of the page was read. */
  read: number;
  crc: number;
}

/** Hands out readers and takes them back, all from one piece of memory that was asked for once. */
export interface PageReaders {
  /** The reader of a record's page. It may stand before the record: `skipTo` then. */
  readonly readerOf: (record: number) => PageReader;
  readonly skipTo: (reader: PageReader, record: number) => Promise<void>;
  /** Whether the record at this place of the order is the last one that is wanted of its page. */
  readonly isLast: (place: number) => boolean;
  /** Reads a page to its end and checks it. Errors: `staging-lost`. */
  readonly end: (reader: PageReader) => Promise<void>;
}

export function pageReaders({ pages, pageOf, order, lengths }: Arrangement): PageReaders {
  const { last, most } = spans(order, pageOf, pages.length);
  const chunk = Math.min(LARGEST_CHUNK, Math.max(SMALLEST_CHUNK, Math.floor(BUDGET / Math.max(1, most))));
  const memory = Buffer.allocUnsafeSlow(chunk * most);
  const free: Buffer[] = Array.from({ length: most }, (_, i) => memory.subarray(i * chunk, (i + 1) * chunk));
  const readers: (PageReader | undefined)[] = Array.from({ length: pages.length });

  function begin(number: number): PageReader {
    const page = pages[number] as StagedPage;
    const buffer = free.pop() as Buffer;
    const reader: PageReader = { number, page, buffer, start: 0, end: 0, next: page.first, read: 0, crc: 0 };
    readers[number] = reader;
    return reader;
  }

  return {
    readerOf(record) {
      const number = at(pageOf, record);
      return readers[number] ?? begin(number);
    },
    async skipTo(reader, record) {
      let unwanted = 0;
      for (; reader.next < record; reader.next += 1) unwanted += at(lengths, reader.next);
      await skip(reader, unwanted);
    },
    isLast: (place) => place === at(last, at(pageOf, at(order, place))),
    async end(reader) {
      const { page, number } = reader;
      await skip(reader, page.bytes - reader.read + reader.end - reader.start);
      if (reader.crc !== page.crc) {
        throw new StagingLost(`page ${number + 1} of the slice has changed in the staged pages ${page.segment.key}`);
      }
      free.push(reader.buffer);
      readers[number] = undefined;
    },
  };
}

/** Fills the buffer again; call it only when all of it was used. Errors: `staging-lost` when the page has no more. */
export async function refill(reader: PageReader): Promise<void> {
  const { page, buffer } = reader;
  const into = buffer.subarray(0, Math.min(buffer.length, page.bytes - reader.read));
  const read = await page.segment.reader.read(page.offset + reader.read, into);
  if (read !== into.length || read === 0) throw new StagingLost(`the staged pages ${page.segment.key} end early`);
  reader.crc = crc32(into, reader.crc);
  reader.read += read;
  reader.start = 0;
  reader.end = read;
}

async function skip(reader: PageReader, bytes: number): Promise<void> {
  let left = bytes;
  while (left > 0) {
    if (reader.start === reader.end) await refill(reader);
    const step = Math.min(left, reader.end - reader.start);
    reader.start += step;
    left -= step;
  }
}

/** The last place in the order of each page, and the most pages that are being read at one time. */
function spans(order: Uint32Array, pageOf: Uint32Array, pages: number): { last: Float64Array; most: number } {
  const last = new Float64Array(pages).fill(-1);
  for (let place = 0; place < order.length; place += 1) last[at(pageOf, at(order, place))] = place;
  const begun = new Uint8Array(pages);
  let open = 0;
  let most = 0;
  for (let place = 0; place < order.length; place += 1) {
    const page = at(pageOf, at(order, place));
    if (at(begun, page) === 0) {
      begun[page] = 1;
      open += 1;
      most = Math.max(most, open);
    }
    if (at(last, page) === place) open -= 1;
  }
  return { last, most };
}
