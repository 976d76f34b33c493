import type { Part } from '../core/manifest.ts';
import { toIso } from '../core/time.ts';
import { blockPool } from './blocks.ts';
import { contextOf } from './context.ts';
import { gzipInto, type GzipWriter } from './gzip.ts';
import { partName } from './layout.ts';
import type { ObjectWriter, Store } from './store.ts';

/** A part ends before it would grow beyond this many bytes of lines. */
const MOST_RAW_BYTES = 64 * 1024 * 1024;
/** Lines are compressed in pieces of exactly this size, so that the same lines give the same file. */
const BLOCK = 2 * 1024 * 1024;
/** One block is filled while the others are compressed. Smaller ones, or more, were not quicker: each starts a compressor anew. */
const BLOCKS = 3;
/** Of whole blocks; enough for one slice after the other. */
const unused = blockPool(BLOCK, BLOCKS);

/** Writes records as gzipped parts into a slice's folder. A part that is finished is durable, but counts only once a manifest names it. */
export interface PartWriter {
  /**
   * Begins a record, its line break counted with its bytes. False when there is no part of its context with room for it: `nextPart`
   * first.
   */
  readonly begin: (bytes: number, time: number, context: string) => boolean;
  readonly nextPart: (context: string) => Promise<void>;
  /** Takes as many bytes of the record as there is room for, and returns how many; none: `flush` first. */
  readonly put: (source: Buffer, start: number, end: number) => number;
  readonly flush: () => Promise<void>;
  /** Ends the last part. */
  readonly finish: () => Promise<readonly Part[]>;
  /** Throws away the part that is being written. */
  readonly abort: () => Promise<void>;
}

/** The part that is being written. */
interface OpenPart {
  readonly object: ObjectWriter;
  readonly gzip: GzipWriter;
  readonly context: string;
  records: number;
  rawBytes: number;
  firstTime: number;
  lastTime: number;
}

/**
 * @param most how many bytes of lines will come at most, so that a small slice takes little memory
 * @param first the number of the first part: a later revision goes on after those of the one before
 */
export function partWriter(store: Store, folder: string, most: number, first = 0): PartWriter {
  const size = Math.min(BLOCK, Math.max(1, most));
  const parts: Part[] = [];
  const blocks: Buffer[] = Array.from({ length: BLOCKS }, () =>
    size === BLOCK ? unused.take() : Buffer.allocUnsafeSlow(size),
  );
  let block = blocks[0] as Buffer;
  let filled = 0;
  let part: OpenPart | undefined;

  async function flush(): Promise<void> {
    if (part === undefined || filled === 0) return;
    await part.gzip.add(block.subarray(0, filled));
    block = blocks[(blocks.indexOf(block) + 1) % BLOCKS] as Buffer;
    filled = 0;
  }

  async function endPart(): Promise<void> {
    if (part === undefined) return;
    await flush();
    parts.push(await finishPart(part, folder, first + parts.length));
    part = undefined;
  }

  return {
    begin(bytes, time, context) {
      if (part === undefined || part.context !== context) return false;
      if (part.records > 0 && part.rawBytes + bytes > MOST_RAW_BYTES) return false;
      if (part.records === 0) part.firstTime = time;
      part.lastTime = time;
      part.records += 1;
      part.rawBytes += bytes;
      return true;
    },
    async nextPart(context) {
      await endPart();
      part = await openPart(store, context);
    },
    put(source, start, end) {
      const taken = Math.min(end - start, size - filled);
      source.copy(block, filled, start, start + taken);
      filled += taken;
      return taken;
    },
    flush,
    async finish() {
      await endPart();
      // Only here: after a failure some may still be in the making.
      for (const one of blocks.splice(0)) unused.give(one);
      return parts;
    },
    async abort() {
      await part?.object.abort();
    },
  };
}

async function openPart(store: Store, context: string): Promise<OpenPart> {
  const object = await store.writer();
  const nothing = { records: 0, rawBytes: 0, firstTime: 0, lastTime: 0 };
  return { object, gzip: gzipInto(object, BLOCKS - 1), context, ...nothing };
}

async function finishPart({ object, gzip, ...part }: OpenPart, folder: string, number: number): Promise<Part> {
  const { bytes, sha256 } = await gzip.end();
  const file = partName(number, sha256);
  await object.finish(folder + file);
  const { records, rawBytes, firstTime, lastTime } = part;
  const context = contextOf(part.context);
  const times = { firstTime: toIso(firstTime), lastTime: toIso(lastTime) };
  return { file, records, bytes, rawBytes, sha256, ...times, ...(context && { context }) };
}
