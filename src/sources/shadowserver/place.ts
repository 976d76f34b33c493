import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { UnexpectedAnswer } from '../../core/failures.ts';

/** The two ways to a file. */
export type Way = 'csv' | 'json';

/** How far a file has been handed out. */
export interface Place {
  /** Which way it is read; its bytes are other ones in the other. */
  readonly way: Way;
  /** Bytes and records that have been handed out. */
  readonly offset: number;
  readonly records: number;
  /** Of all bytes that have been handed out, and of the last of them: a file that is another one by now shows. */
  readonly crc: number;
  readonly tail: { readonly length: number; readonly crc: number };
  /** The file's size and tag, where the vendor told them. */
  readonly size: number | null;
  readonly etag: string | null;
  readonly header: readonly string[] | null;
  /** Whether that was the whole file. */
  readonly done: boolean;
}

const count = z.int().min(0);

const shape = z.strictObject({
  way: z.enum(['csv', 'json']),
  offset: count.min(1),
  records: count,
  crc: count,
  tail: z.strictObject({ length: count.min(1), crc: count }),
  size: count.nullable(),
  etag: z.string().max(500).nullable(),
  header: z.array(z.string()).nullable(),
  done: z.boolean(),
});

export function writePlace(place: Place): string {
  return JSON.stringify(place);
}

/** The inverse of {@link writePlace}. @throws UnexpectedAnswer for a text that it did not write */
export function readPlace(text: string, what: string): Place {
  try {
    const place = shape.parse(JSON.parse(text));
    if (place.tail.length <= place.offset) return place;
  } catch {
    // As below.
  }
  throw new UnexpectedAnswer(`${what}: a place that this source did not write`);
}

/** So many of the last bytes are compared when a file is gone on with. */
const TAIL = 4096;

/** Keeps account of the bytes that have been handed out, or skipped since they were handed out before. */
export interface Tally {
  add(bytes: Buffer): void;
  offset(): number;
  sums(): Pick<Place, 'offset' | 'crc' | 'tail'>;
}

/** @param from where the account begins; `last` are the bytes before it, as many as its tail has */
export function tallyFrom(
  from: { readonly offset: number; readonly crc: number; readonly last: Buffer } | null,
): Tally {
  let { offset, crc, last } = from ?? { offset: 0, crc: 0, last: Buffer.alloc(0) };
  return {
    add(bytes) {
      offset += bytes.length;
      crc = crc32(bytes, crc);
      last = Buffer.concat([last, bytes.subarray(Math.max(0, bytes.length - TAIL))]);
      // Copied: a view would keep the whole piece in memory.
      last = Buffer.from(last.subarray(Math.max(0, last.length - TAIL)));
    },
    offset: () => offset,
    sums: () => ({ offset, crc, tail: { length: last.length, crc: crc32(last) } }),
  };
}
