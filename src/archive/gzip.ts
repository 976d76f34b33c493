import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, deflateRaw } from 'node:zlib';
import { crcOf } from './crc.ts';
import type { ObjectWriter } from './store.ts';

/** Of the levels of gzip the quickest on event records, at nearly the ratio of level 6. */
const LEVEL = 3;
/** The first bytes of a gzip file (RFC 1952): no name, no time, "Unix", so that the same lines give the same file everywhere. */
const HEADER = Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);
/** An empty last block of deflate (RFC 1951). */
const LAST_BLOCK = Buffer.of(0x03, 0x00);
/** Compressed bytes are collected up to this before they are written. */
const WRITE_AT = 1024 * 1024;

const deflate = promisify<Buffer, object, Buffer>(deflateRaw);

/** A gzip file on its way into an object. */
export interface GzipWriter {
  /** Takes a block, of which nothing may be changed until as many others as are allowed in flight were taken. */
  readonly add: (block: Buffer) => Promise<void>;
  /** Compresses to the end; the size and SHA-256 of the file. */
  readonly end: () => Promise<{ readonly bytes: number; readonly sha256: string }>;
}

/**
 * Compresses blocks side by side in libuv's threads, each by itself, into one ordinary gzip file: deflate's blocks may follow on each other
 * wherever they end on a whole byte. One stream could use one core, and sealing would wait for it most of the time.
 * @param inFlight how many blocks may be in the making
 */
export function gzipInto(object: ObjectWriter, inFlight: number): GzipWriter {
  const sha256 = createHash('sha256');
  const making: Promise<Buffer>[] = [];
  let pending: Buffer[] = [HEADER];
  let pendingBytes = HEADER.length;
  let bytes = 0;
  let rawBytes = 0;
  let crc = 0;

  async function take(): Promise<void> {
    const piece = await making.shift();
    if (piece === undefined) return;
    pending.push(piece);
    pendingBytes += piece.length;
    if (pendingBytes >= WRITE_AT) await drain();
  }

  async function drain(): Promise<void> {
    const chunk = Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    bytes += chunk.length;
    sha256.update(chunk);
    await object.write(chunk);
  }

  return {
    async add(block) {
      crc = crcOf(block, crc);
      rawBytes += block.length;
      const piece = deflate(block, { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 256 * 1024 });
      // Its failure is met when its turn comes.
      piece.catch(() => undefined);
      making.push(piece);
      while (making.length > inFlight) await take();
    },
    async end() {
      while (making.length > 0) await take();
      const trailer = Buffer.alloc(8);
      trailer.writeUInt32LE(crc, 0);
      trailer.writeUInt32LE(rawBytes % 2 ** 32, 4);
      pending.push(LAST_BLOCK, trailer);
      await drain();
      return { bytes, sha256: sha256.digest('hex') };
    },
  };
}
