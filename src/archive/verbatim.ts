import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ArchiveDamaged, StagingLost } from '../core/failures.ts';
import type { VerbatimFile } from '../core/manifest.ts';
import type { StagedPiece, PieceWriter } from './archive.ts';
import type { Breathe } from './breath.ts';
import { gzipInto, type GzipWriter } from './gzip.ts';
import { pieceKey, stagingFolder, verbatimName } from './layout.ts';
import type { ObjectReader, ObjectWriter, Store } from './store.ts';

/** Bytes are compressed in blocks of about this size, two at once. */
const BLOCK = 1024 * 1024;
const IN_FLIGHT = 2;
const CHUNK = 256 * 1024;

/**
 * Stages a piece of a vendor's file: a gzip file by itself. Gzip files one after the other are one gzip file (RFC 1952), so that the pieces
 * of attempts and workers make the whole without being compressed anew.
 */
export function stagePiece(store: Store, stream: { readonly source: string; readonly stream: string }): PieceWriter {
  let object: ObjectWriter | undefined;
  let gzip: GzipWriter | undefined;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let rawBytes = 0;

  async function flush(): Promise<void> {
    if (waitingBytes === 0) return;
    object ??= await store.writer();
    gzip ??= gzipInto(object, IN_FLIGHT);
    const block = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    await gzip.add(block);
  }

  return {
    async write(bytes) {
      waiting.push(Uint8Array.from(bytes));
      waitingBytes += bytes.length;
      rawBytes += bytes.length;
      if (waitingBytes >= BLOCK) await flush();
    },
    async finish() {
      await flush();
      object ??= await store.writer();
      gzip ??= gzipInto(object, IN_FLIGHT);
      await gzip.end();
      const key = pieceKey(stream, randomUUID());
      await object.finish(key);
      return { key, rawBytes };
    },
    async abort() {
      await object?.abort();
    },
  };
}

/** Puts staged pieces together into the slice's folder, as the vendor's file, compressed. Errors: `staging-lost`. */
export async function writeVerbatim(
  store: Store,
  folder: string,
  { extension, pieces }: StagedPiece,
  breathe: Breathe,
): Promise<VerbatimFile> {
  const object = await store.writer();
  const sha256 = createHash('sha256');
  let bytes = 0;
  async function* copied(): AsyncGenerator<Buffer> {
    for (const key of pieces) {
      const reader = await openPiece(store, key);
      try {
        for await (const chunk of chunksOf(reader)) {
          sha256.update(chunk);
          bytes += chunk.length;
          await object.write(chunk);
          await breathe();
          yield chunk;
        }
      } finally {
        await reader.close();
      }
    }
  }
  try {
    const raw = await unpacked(copied());
    const hash = sha256.digest('hex');
    const file = verbatimName(extension, hash);
    await object.finish(folder + file);
    return { file, bytes, sha256: hash, rawBytes: raw.bytes, rawSha256: raw.sha256 };
  } catch (error) {
    throw isZlibError(error) ? new StagingLost('a staged piece cannot be decompressed', { cause: error }) : error;
  } finally {
    await object.abort();
  }
}

/** SHA-256, hex, of what staged pieces hold, unpacked. Errors: `staging-lost`. */
export async function rawSha256(store: Store, pieces: readonly string[]): Promise<string> {
  async function* packed(): AsyncGenerator<Buffer> {
    for (const key of pieces) {
      const reader = await openPiece(store, key);
      try {
        yield* chunksOf(reader);
      } finally {
        await reader.close();
      }
    }
  }
  try {
    return (await unpacked(packed())).sha256;
  } catch (error) {
    throw isZlibError(error) ? new StagingLost('a staged piece cannot be decompressed', { cause: error }) : error;
  }
}

async function openPiece(store: Store, key: string): Promise<ObjectReader> {
  const reader = key.startsWith(stagingFolder) ? await store.open(key) : undefined;
  if (reader === undefined) throw new StagingLost(`the staged piece ${key} is not there`);
  return reader;
}

/** What is wrong with a vendor's file in the archive; nothing when all is well. */
export async function verbatimFindings(store: Store, key: string, file: VerbatimFile): Promise<readonly string[]> {
  const reader = await store.open(key);
  if (reader === undefined) return [`${key} is missing`];
  const sha256 = createHash('sha256');
  async function* hashed(from: ObjectReader): AsyncGenerator<Buffer> {
    for await (const chunk of chunksOf(from)) {
      sha256.update(chunk);
      yield chunk;
    }
  }
  try {
    if (reader.size !== file.bytes) return [`${key} has ${reader.size} bytes, the manifest says ${file.bytes}`];
    const raw = await unpacked(hashed(reader), file.rawBytes);
    if (sha256.digest('hex') !== file.sha256) return [`${key} has not the SHA-256 of the manifest`];
    return raw.sha256 === file.rawSha256 ? [] : [`${key} does not unpack to the file of the manifest`];
  } catch (error) {
    if (error instanceof ArchiveDamaged) return [`${key} ${error.message}`];
    if (isZlibError(error)) return [`${key} cannot be decompressed`];
    throw error;
  } finally {
    await reader.close();
  }
}

/** Size and hash of what a gzip file holds. @param most a file that was tampered with could grow without end */
async function unpacked(
  chunks: AsyncIterable<Buffer>,
  most = Infinity,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const sha256 = createHash('sha256');
  let bytes = 0;
  await pipeline(Readable.from(chunks), createGunzip({ chunkSize: CHUNK }), async (raw: AsyncIterable<Buffer>) => {
    for await (const chunk of raw) {
      sha256.update(chunk);
      bytes += chunk.length;
      if (bytes > most) throw new ArchiveDamaged(`holds more than the ${most} bytes of the manifest`);
    }
  });
  return { bytes, sha256: sha256.digest('hex') };
}

async function* chunksOf(reader: ObjectReader): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < reader.size;) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, reader.size - offset));
    const read = await reader.read(offset, chunk);
    if (read === 0) return;
    yield chunk.subarray(0, read);
    offset += read;
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}
