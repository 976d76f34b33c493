import { StagingLost } from '../core/failures.ts';
import type { Arrangement } from './arrange.ts';
import { crcOf } from './crc.ts';
import type { StagedRun } from './segment-index.ts';
import { at } from './typed.ts';

/** All buffers of one seal together, bytes, unless very many runs lie across each other. */
const BUDGET = 16 * 1024 * 1024;
const LARGEST_CHUNK = 1024 * 1024;
const SMALLEST_CHUNK = 4 * 1024;

/** Reads one run from front to back; `[start, end)` of the buffer is what was read and not yet used. */
export interface RunReader {
  readonly number: number;
  readonly run: StagedRun;
  readonly buffer: Buffer;
  /** Whether the buffer is to be taken back, and not the staged pages themselves. */
  readonly isLent: boolean;
  start: number;
  end: number;
  /** The next record to come. */
  next: number;
  /** How much of the run was read. */
  read: number;
  crc: number;
}

/** Hands out readers and takes them back, all from one piece of memory that was asked for once. */
export interface RunReaders {
  /** The reader of a record's run. It may stand before the record: `skipTo` then. */
  readonly readerOf: (record: number) => RunReader;
  readonly skipTo: (reader: RunReader, record: number) => Promise<void>;
  /** Whether the record at this place of the order is the last one that is wanted of its run. */
  readonly isLast: (place: number) => boolean;
  /** Reads a run to its end and checks it. Errors: `staging-lost`. */
  readonly end: (reader: RunReader) => Promise<void>;
}

export function runReaders({ runs, runOf, order, lengths }: Omit<Arrangement, 'digest'>): RunReaders {
  const { last, most } = spans(order, runOf, runs.length);
  const longest = runs.reduce((bytes, run) => Math.max(bytes, run.bytes), 1);
  const chunk = Math.min(LARGEST_CHUNK, longest, Math.max(SMALLEST_CHUNK, Math.floor(BUDGET / Math.max(1, most))));
  const lent = runs.every(({ segment }) => segment.reader.memory !== undefined) ? 0 : most;
  const memory = Buffer.allocUnsafeSlow(chunk * lent);
  const free: Buffer[] = Array.from({ length: lent }, (_, i) => memory.subarray(i * chunk, (i + 1) * chunk));
  const readers: (RunReader | undefined)[] = Array.from({ length: runs.length });

  function begin(number: number): RunReader {
    const run = runs[number] as StagedRun;
    const whole = run.segment.reader.memory?.subarray(run.offset, run.offset + run.bytes);
    const read =
      whole === undefined
        ? { buffer: free.pop() as Buffer, isLent: true, end: 0, read: 0, crc: 0 }
        : // Nothing has been written or read between: there is nothing to be checked.
          { buffer: whole, isLent: false, end: whole.length, read: whole.length, crc: run.crc };
    const reader: RunReader = { number, run, ...read, start: 0, next: run.first };
    readers[number] = reader;
    return reader;
  }

  return {
    readerOf(record) {
      const number = at(runOf, record);
      return readers[number] ?? begin(number);
    },
    async skipTo(reader, record) {
      let unwanted = 0;
      for (; reader.next < record; reader.next += 1) unwanted += at(lengths, reader.next);
      await skip(reader, unwanted);
    },
    isLast: (place) => place === at(last, at(runOf, at(order, place))),
    async end(reader) {
      const { run, number } = reader;
      await skip(reader, run.bytes - reader.read + reader.end - reader.start);
      if (reader.crc !== run.crc) {
        throw new StagingLost(`run ${number + 1} has changed in the staged pages ${run.segment.key}`);
      }
      if (reader.isLent) free.push(reader.buffer);
      readers[number] = undefined;
    },
  };
}

/** Fills the buffer again; call it only when all of it was used. Errors: `staging-lost` when the run has no more. */
export async function refill(reader: RunReader): Promise<void> {
  const { run, buffer } = reader;
  const into = buffer.subarray(0, Math.min(buffer.length, run.bytes - reader.read));
  const read = await run.segment.reader.read(run.offset + reader.read, into);
  if (read !== into.length || read === 0) throw new StagingLost(`the staged pages ${run.segment.key} end early`);
  reader.crc = crcOf(into, reader.crc);
  reader.read += read;
  reader.start = 0;
  reader.end = read;
}

async function skip(reader: RunReader, bytes: number): Promise<void> {
  let left = bytes;
  while (left > 0) {
    if (reader.start === reader.end) await refill(reader);
    const step = Math.min(left, reader.end - reader.start);
    reader.start += step;
    left -= step;
  }
}

/** The last place in the order of each run, and the most runs that are being read at one time. */
function spans(order: Uint32Array, runOf: Uint32Array, runs: number): { last: Float64Array; most: number } {
  const last = new Float64Array(runs).fill(-1);
  for (let place = 0; place < order.length; place += 1) last[at(runOf, at(order, place))] = place;
  const begun = new Uint8Array(runs);
  let open = 0;
  let most = 0;
  for (let place = 0; place < order.length; place += 1) {
    const run = at(runOf, at(order, place));
    if (at(begun, run) === 0) {
      begun[run] = 1;
      open += 1;
      most = Math.max(most, open);
    }
    if (at(last, run) === place) open -= 1;
  }
  return { last, most };
}
