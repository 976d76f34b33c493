import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Part } from '../core/manifest.ts';
import { ArchiveDamaged } from '../core/failures.ts';
import { lines } from '../json/ndjson.ts';
import type { ObjectReader, Store } from './store.ts';

const CHUNK = 256 * 1024;

/**
 * The lines of a part, while they are checked against the manifest: the file's size and hash, the number of lines and their size.
 * Errors: `archive-damaged`, at the end at the latest; a reader who must not use a single wrong line verifies first.
 */
export async function* readPart(store: Store, key: string, part: Part): AsyncGenerator<Buffer> {
  const reader = await store.open(key);
  if (reader === undefined) throw new ArchiveDamaged(`${key} is missing`);
  try {
    if (reader.size !== part.bytes) {
      throw new ArchiveDamaged(`${key} has ${reader.size} bytes, the manifest says ${part.bytes}`);
    }
    yield* checkedLines(reader, key, part);
  } finally {
    await reader.close();
  }
}

async function* checkedLines(reader: ObjectReader, key: string, part: Part): AsyncGenerator<Buffer> {
  const file = createHash('sha256');
  const gunzip = createGunzip({ chunkSize: CHUNK });
  const flow = pipeline(Readable.from(chunksOf(reader, (chunk) => file.update(chunk))), gunzip);
  // What goes wrong there is met again below, as the failure of the stream that is read.
  flow.catch(() => undefined);
  let count = 0;
  let rawBytes = 0;
  try {
    for await (const line of lines(capped(gunzip, key, part.rawBytes, (bytes) => (rawBytes += bytes)))) {
      count += 1;
      yield line;
    }
    await flow;
  } catch (cause) {
    throw isZlibError(cause) ? new ArchiveDamaged(`${key} cannot be decompressed`, { cause }) : cause;
  }
  if (file.digest('hex') !== part.sha256) throw new ArchiveDamaged(`${key} has not the SHA-256 of the manifest`);
  if (rawBytes !== part.rawBytes) {
    throw new ArchiveDamaged(`${key} holds ${rawBytes} bytes of lines, the manifest says ${part.rawBytes}`);
  }
  if (count !== part.records) {
    throw new ArchiveDamaged(`${key} holds ${count} records, the manifest says ${part.records}`);
  }
}

async function* chunksOf(reader: ObjectReader, each: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < reader.size;) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, reader.size - offset));
    const read = await reader.read(offset, chunk);
    if (read === 0) return;
    each(chunk.subarray(0, read));
    yield chunk.subarray(0, read);
    offset += read;
  }
}

/** A file that was tampered with could grow without end when it is decompressed. */
async function* capped(
  chunks: AsyncIterable<Buffer>,
  key: string,
  most: number,
  each: (bytes: number) => number,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    if (each(chunk.length) > most)
      throw new ArchiveDamaged(`${key} holds more than the ${most} bytes of lines of the manifest`);
    yield chunk;
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}
