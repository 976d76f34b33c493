import { randomUUID } from 'node:crypto';
import type { Identity, SourceRecord } from '../core/contract.ts';
import { UnexpectedAnswer } from '../core/failures.ts';
import { toLine } from '../json/ndjson.ts';
import type { SegmentWriter } from './archive.ts';
import { blockPool } from './blocks.ts';
import { breather, type Breathe } from './breath.ts';
import { contextTexts } from './context.ts';
import { crcOf } from './crc.ts';
import { segmentKey } from './layout.ts';
import { hashesOf, hashText } from './hashes.ts';
import { encodeFooter } from './segment-format.ts';
import type { ObjectWriter, Store } from './store.ts';
import { encodeTexts, textOrder } from './text.ts';
import { at, bytesOf } from './typed.ts';

const LF = 0x0a;
/** What a Date can hold: a part's first and last time are written as ISO 8601. */
const FARTHEST = 8.64e15;

/** A run is written once it has so many bytes. The larger runs are, the fewer of them sealing has to read side by side. */
const RUN_BYTES = 4 * 1024 * 1024;

/** What most segments fit into that are held in memory; a walk along a sequence holds one after the other. */
const BLOCK = 2 * 1024 * 1024;
const unused = blockPool(BLOCK, 16);

/** Somewhat larger than the lines, so that there is mostly room for the index behind them. */
function blockFor(lineBytes: number): Buffer {
  const size = Math.ceil(lineBytes * 1.1);
  return size <= BLOCK && size > BLOCK / 8 ? unused.take() : Buffer.allocUnsafeSlow(size);
}

/** A run's part of the index, in the order of its lines. */
interface RunIndex {
  readonly bytes: number;
  readonly crc: number;
  /** The context of its records, as text. */
  readonly context: string;
  readonly times: Float64Array;
  readonly lengths: Uint32Array;
  readonly arrivals: Uint32Array;
  readonly idLengths: Uint32Array;
  readonly hashes: Buffer;
  readonly ids: Buffer;
}

/** Begins a segment; nothing is written before there is enough for a run. One page at a time: wait for the one before the next. */
export function stageSegment(
  store: Store,
  stream: { readonly source: string; readonly stream: string },
): SegmentWriter {
  const breathe = breather();
  const runs = collectRuns(breathe);
  let pages = 0;
  let writer: ObjectWriter | undefined;
  /** The whole segment, where nothing of it was written before its end. */
  let held: Buffer | undefined;
  /** After a write that failed nobody knows what is in the file: every later step fails with it, and there will be no segment. */
  let written: Promise<void> = Promise.resolve();

  /** Starts to write what was collected; meanwhile the next pages can be fetched. */
  async function writeRuns(): Promise<void> {
    await written;
    writer ??= await store.writer();
    written = writer.write(await runs.take());
    written.catch(() => undefined);
  }

  async function hold(): Promise<Buffer | undefined> {
    if (writer !== undefined) return undefined;
    held ??= await runs.whole(pages);
    return held;
  }

  return {
    async page(records, identify) {
      await runs.add(records, identify);
      pages += 1;
      if (runs.waiting() >= RUN_BYTES) await writeRuns();
    },
    async hold() {
      const bytes = await hold();
      return bytes && { bytes, release: () => runs.release() };
    },
    async finish() {
      const key = segmentKey(stream, randomUUID());
      const whole = await hold();
      if (whole === undefined && runs.waiting() > 0) await writeRuns();
      await written;
      writer ??= await store.writer();
      for (const piece of whole === undefined ? runs.index(pages) : [whole]) await writer.write(piece);
      await writer.finish(key);
      return { key, pages, records: runs.records() };
    },
    async abort() {
      await written.catch(() => undefined);
      await writer?.abort();
    },
  };
}

/** Collects records until there are enough of them for runs, and keeps the index of what was laid out. */
function collectRuns(breathe: Breathe) {
  const runs: RunIndex[] = [];
  let collected = nothing();
  let block: Buffer = Buffer.alloc(0);

  async function take(): Promise<Buffer> {
    if (collected.bytes > block.length) block = blockFor(collected.bytes);
    let end = 0;
    for (const [context, lines] of collected.byContext) {
      const run = await layOut(lines, context, block.subarray(end), breathe);
      end += run.bytes;
      runs.push(run);
    }
    collected = nothing();
    return block.subarray(0, end);
  }

  return {
    async add(records: readonly SourceRecord[], identify: (record: SourceRecord) => Identity): Promise<void> {
      append(collected, await readPage(records, identify, breathe));
    },
    /** How many bytes of lines wait to be laid out. */
    waiting: () => collected.bytes,
    /** Lays out what was collected, a run for each context. The bytes are good until the next call. */
    take,
    index: (pages: number) => indexOf(runs, pages),
    /** The whole segment; the last call. */
    async whole(pages: number): Promise<Buffer> {
      const lines = await take();
      const index = Buffer.concat([...indexOf(runs, pages)]);
      if (lines.length + index.length > block.length) return Buffer.concat([lines, index]);
      index.copy(block, lines.length);
      return block.subarray(0, lines.length + index.length);
    },
    /** Whatever was laid out last is not read any more. */
    release(): void {
      unused.give(block);
      block = Buffer.alloc(0);
    },
    records: () => countRecords(runs),
  };
}

/** The records of some pages, by the text of their context. */
interface Collected {
  readonly byContext: Map<string, Lines>;
  bytes: number;
}

const nothing = (): Collected => ({ byContext: new Map(), bytes: 0 });

/** Records of one context, as they came. Their lines are still the vendor's answers, which stay in memory as long as they are here. */
interface Lines {
  readonly lines: Uint8Array[];
  readonly times: number[];
  readonly ids: string[];
}

function linesOf({ byContext }: Collected, context: string): Lines {
  const known = byContext.get(context);
  if (known !== undefined) return known;
  const lines: Lines = { lines: [], times: [], ids: [] };
  byContext.set(context, lines);
  return lines;
}

/** A page that has something wrong fails here as a whole, before any of it is collected. */
async function readPage(
  records: readonly SourceRecord[],
  identify: (record: SourceRecord) => Identity,
  breathe: Breathe,
): Promise<Collected> {
  const page = nothing();
  const contextText = contextTexts();
  for (let i = 0; i < records.length; i += 1) {
    const record = records[i] as SourceRecord;
    const { id, time } = identify(record);
    if (!(Math.abs(time) <= FARTHEST)) {
      const message = `record ${i + 1} of ${records.length} has the event time ${time}`;
      throw new UnexpectedAnswer(message, { body: record.bytes });
    }
    const line = toLine(record.bytes);
    const { lines, times, ids } = linesOf(page, contextText(record.context));
    lines.push(line);
    times.push(time);
    ids.push(id);
    page.bytes += line.length + 1;
    if (i % 1024 === 1023) await breathe();
  }
  return page;
}

function append(collected: Collected, page: Collected): void {
  for (const [context, added] of page.byContext) {
    const known = linesOf(collected, context);
    for (let i = 0; i < added.lines.length; i += 1) {
      known.lines.push(added.lines[i] as Uint8Array);
      known.times.push(added.times[i] as number);
      known.ids.push(added.ids[i] as string);
    }
  }
  collected.bytes += page.bytes;
}

/** The order in which lines will stand. Records of one id and time stand as they came: the sort is stable. */
function inOrder({ times, ids }: Lines): Uint32Array {
  const order = times.map((_, i) => i);
  const compareIds = textOrder(ids);
  order.sort((a, b) => (times[a] as number) - (times[b] as number) || compareIds(ids[a] as string, ids[b] as string));
  return Uint32Array.from(order);
}

/** Writes the lines into the block, and returns their index. */
async function layOut(collected: Lines, context: string, block: Buffer, breathe: Breathe): Promise<RunIndex> {
  const order = inOrder(collected);
  const times = new Float64Array(order.length);
  const lengths = new Uint32Array(order.length);
  const [hashes, ids]: [string[], string[]] = [[], []];
  let end = 0;
  for (let i = 0; i < order.length; i += 1) {
    const arrival = at(order, i);
    const line = collected.lines[arrival] as Uint8Array;
    block.set(line, end);
    end += line.length;
    block[end] = LF;
    end += 1;
    times[i] = collected.times[arrival] as number;
    lengths[i] = line.length + 1;
    ids.push(collected.ids[arrival] as string);
    hashes.push(hashText(line));
    if (i % 1024 === 1023) await breathe();
  }
  const crc = crcOf(block.subarray(0, end));
  const { bytes, lengths: idLengths } = encodeTexts(ids);
  const columns = { times, lengths, arrivals: order, idLengths, hashes: hashesOf(hashes), ids: bytes };
  return { bytes: end, crc, context, ...columns };
}

/** Index and footer, piece by piece. */
function* indexOf(runs: readonly RunIndex[], pages: number): Generator<Buffer> {
  const contexts = [...new Set(runs.map((run) => run.context))];
  const table = Float64Array.from(
    runs.flatMap((run) => [run.times.length, run.bytes, run.crc, contexts.indexOf(run.context)]),
  );
  const contextBytes = Buffer.from(JSON.stringify(contexts));
  const columns = [
    [bytesOf(table)],
    runs.map((run) => bytesOf(run.times)),
    runs.map((run) => bytesOf(run.lengths)),
    runs.map((run) => bytesOf(run.arrivals)),
    runs.map((run) => bytesOf(run.idLengths)),
    runs.map((run) => run.hashes),
    runs.map((run) => run.ids),
    [contextBytes],
  ];
  let indexCrc = 0;
  for (const column of columns) {
    const bytes = Buffer.concat(column);
    indexCrc = crcOf(bytes, indexCrc);
    yield bytes;
  }
  const footer = {
    pages,
    runs: runs.length,
    records: countRecords(runs),
    idBytes: runs.reduce((sum, run) => sum + run.ids.length, 0),
    contextBytes: contextBytes.length,
    dataBytes: runs.reduce((sum, run) => sum + run.bytes, 0),
    indexCrc,
  };
  yield encodeFooter(footer);
}

function countRecords(runs: readonly RunIndex[]): number {
  return runs.reduce((sum, run) => sum + run.times.length, 0);
}
