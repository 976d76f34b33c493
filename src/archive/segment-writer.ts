import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Identity, SourceRecord } from '../core/contract.ts';
import { UnexpectedAnswer } from '../core/failures.ts';
import { toLine } from '../json/ndjson.ts';
import type { SegmentWriter } from './archive.ts';
import { breather, type Breathe } from './breath.ts';
import { segmentKey } from './layout.ts';
import { HASH_BYTES, writeHash } from './hashes.ts';
import { encodeFooter, FOOTER_BYTES, indexBytes } from './segment-format.ts';
import type { ObjectWriter, Store } from './store.ts';
import { encodeText } from './text.ts';
import { at, bytesOf } from './typed.ts';

const LF = 0x0a;
/** What a Date can hold: a part's first and last time are written as ISO 8601. */
const FARTHEST = 8.64e15;

/** A page's part of the index, in the order of its lines. */
interface PageIndex {
  readonly bytes: number;
  readonly crc: number;
  readonly times: Float64Array;
  readonly lengths: Uint32Array;
  readonly arrivals: Uint32Array;
  readonly idLengths: Uint32Array;
  readonly hashes: Buffer;
  readonly ids: Buffer;
}

/** Begins a segment. One page at a time: wait for the one before the next. */
export async function stageSegment(
  store: Store,
  stream: { readonly source: string; readonly stream: string },
): Promise<SegmentWriter> {
  const writer = await store.writer();
  const breathe = breather();
  const pages: PageIndex[] = [];
  // While one page is written, the next one can be fetched and laid out in the other block.
  let block = Buffer.alloc(0);
  let spare = Buffer.alloc(0);
  /** After a write that failed nobody knows what is in the file: every later step fails with it, and there will be no segment. */
  let written: Promise<void> = Promise.resolve();

  return {
    async page(records, identify) {
      const sorted = await sortPage(records, identify, breathe);
      if (sorted.bytes > block.length) block = Buffer.allocUnsafeSlow(Math.ceil(sorted.bytes * 1.25));
      const page = await layOut(sorted, block, breathe);
      await written;
      written = writer.write(block.subarray(0, page.bytes));
      written.catch(() => undefined);
      pages.push(page);
      [block, spare] = [spare, block];
    },
    async finish() {
      await written;
      const bytes = await writeIndex(writer, pages);
      const key = segmentKey(stream, randomUUID());
      await writer.finish(key);
      return { key, pages: pages.length, records: countRecords(pages), bytes };
    },
    async abort() {
      await written.catch(() => undefined);
      await writer.abort();
    },
  };
}

/** A page's records as they came, and the order in which they will stand. */
interface SortedPage {
  readonly bytes: number;
  readonly lines: readonly Uint8Array[];
  readonly times: Float64Array;
  readonly ids: readonly Buffer[];
  readonly order: Uint32Array;
}

async function sortPage(
  records: readonly SourceRecord[],
  identify: (record: SourceRecord) => Identity,
  breathe: Breathe,
): Promise<SortedPage> {
  const lines: Uint8Array[] = [];
  const times = new Float64Array(records.length);
  const ids: Buffer[] = [];
  let bytes = 0;
  for (let i = 0; i < records.length; i += 1) {
    const record = records[i] as SourceRecord;
    const { id, time } = identify(record);
    if (!(Math.abs(time) <= FARTHEST)) {
      const message = `record ${i + 1} of ${records.length} has the event time ${time}`;
      throw new UnexpectedAnswer(message, { body: record.bytes });
    }
    const line = toLine(record.bytes);
    times[i] = time;
    ids.push(encodeText(id));
    lines.push(line);
    bytes += line.length + 1;
    if (i % 1024 === 1023) await breathe();
  }
  const order = Uint32Array.from({ length: records.length }, (_, i) => i);
  // Records of one id stand as they came: the sort is stable.
  order.sort((a, b) => at(times, a) - at(times, b) || Buffer.compare(ids[a] as Buffer, ids[b] as Buffer));
  return { bytes, lines, times, ids, order };
}

/** Writes the lines into the block, and returns their index. */
async function layOut({ order, ...page }: SortedPage, block: Buffer, breathe: Breathe): Promise<PageIndex> {
  const times = new Float64Array(order.length);
  const lengths = new Uint32Array(order.length);
  const idLengths = new Uint32Array(order.length);
  const hashes = Buffer.allocUnsafeSlow(order.length * HASH_BYTES);
  const ids: Buffer[] = [];
  let end = 0;
  for (let i = 0; i < order.length; i += 1) {
    const arrival = at(order, i);
    const line = page.lines[arrival] as Uint8Array;
    const id = page.ids[arrival] as Buffer;
    block.set(line, end);
    end += line.length;
    block[end] = LF;
    end += 1;
    times[i] = at(page.times, arrival);
    lengths[i] = line.length + 1;
    idLengths[i] = id.length;
    ids.push(id);
    writeHash(line, hashes, i);
    if (i % 1024 === 1023) await breathe();
  }
  const crc = crc32(block.subarray(0, end));
  return { bytes: end, crc, times, lengths, arrivals: order, idLengths, hashes, ids: Buffer.concat(ids) };
}

/** Writes index and footer; returns the segment's size. */
async function writeIndex(writer: ObjectWriter, pages: readonly PageIndex[]): Promise<number> {
  const table = Float64Array.from(pages.flatMap((page) => [page.times.length, page.bytes, page.crc]));
  const columns = [
    [bytesOf(table)],
    pages.map((page) => bytesOf(page.times)),
    pages.map((page) => bytesOf(page.lengths)),
    pages.map((page) => bytesOf(page.arrivals)),
    pages.map((page) => bytesOf(page.idLengths)),
    pages.map((page) => page.hashes),
    pages.map((page) => page.ids),
  ];
  let indexCrc = 0;
  for (const column of columns) {
    const bytes = Buffer.concat(column);
    indexCrc = crc32(bytes, indexCrc);
    await writer.write(bytes);
  }
  const footer = {
    pages: pages.length,
    records: countRecords(pages),
    idBytes: pages.reduce((sum, page) => sum + page.ids.length, 0),
    dataBytes: pages.reduce((sum, page) => sum + page.bytes, 0),
    indexCrc,
  };
  await writer.write(encodeFooter(footer));
  return footer.dataBytes + indexBytes(footer) + FOOTER_BYTES;
}

function countRecords(pages: readonly PageIndex[]): number {
  return pages.reduce((sum, page) => sum + page.times.length, 0);
}
