import { crc32 } from 'node:zlib';
import { UnexpectedAnswer } from '../../core/failures.ts';
import type { HttpStream } from '../../http/stream.ts';
import { tallyFrom, type Place, type Tally } from './place.ts';

/** A file that is being read. */
export interface Reading {
  /** What of it has not been handed out. */
  readonly rest: AsyncIterable<Buffer>;
  /** The account of what has. */
  readonly tally: Tally;
}

/** The headers that ask for a file from a place on, its last bytes included, unless it is another file by now. */
export function rangeOf({ offset, tail, etag }: Place): Readonly<Record<string, string>> {
  const isStrong = etag !== null && !etag.startsWith('W/');
  return { range: `bytes=${offset - tail.length}-`, ...(isStrong && { 'if-range': etag }) };
}

/** The tag of an answer's file. That of one that came packed is none: unpacked, the same file has another. */
export function etagOf({ headers }: Pick<HttpStream, 'headers'>): string | null {
  const etag = headers['content-encoding'] === undefined ? [headers['etag']].flat()[0] : undefined;
  return etag === undefined || etag.length > 500 ? null : etag;
}

/** The size of the whole file, in bytes, where the answer says it. */
export function sizeOf({ status, headers, length }: HttpStream): number | null {
  if (status !== 206) return length ?? null;
  const total = /^bytes \d+-\d+\/(\d+)$/.exec([headers['content-range']].flat()[0] ?? '')?.[1];
  return total === undefined ? null : Number(total);
}

/**
 * Goes on with a file: with the part that was asked for, or, where the vendor sends the whole of it, over the bytes that were handed out before.
 * @throws UnexpectedAnswer when it is another file than before
 */
export async function resume(answer: HttpStream, place: Place, what: string): Promise<Reading> {
  const changed = (how: string): UnexpectedAnswer =>
    new UnexpectedAnswer(`${what}: the file has changed since its first ${place.offset} bytes were read: ${how}`);
  const [size, etag] = [sizeOf(answer), etagOf(answer)];
  if (size !== null && place.size !== null && size !== place.size) throw changed(`${place.size} bytes are now ${size}`);
  if (etag !== null && place.etag !== null && etag !== place.etag) throw changed('its tag is another one');
  const chunks = answer.body[Symbol.asyncIterator]();
  if (answer.status === 206) {
    const first = place.offset - place.tail.length;
    if (startOf(answer) !== first)
      throw new UnexpectedAnswer(`${what}: not the range from byte ${first} on that was asked for`);
    const last = await take(chunks, place.tail.length);
    if (last.head.length < place.tail.length || crc32(last.head) !== place.tail.crc)
      throw changed('other bytes before that place');
    return { rest: join(last.rest, chunks), tally: tallyFrom({ ...place, last: last.head }) };
  }
  const tally = tallyFrom(null);
  while (tally.offset() < place.offset) {
    const next: IteratorResult<Buffer, unknown> = await chunks.next();
    if (next.done === true) throw changed('it is shorter');
    const left = place.offset - tally.offset();
    tally.add(next.value.subarray(0, left));
    if (next.value.length > left) return checked(next.value.subarray(left));
  }
  return checked(Buffer.alloc(0));

  function checked(rest: Buffer): Reading {
    if (tally.sums().crc !== place.crc) throw changed('other bytes before that place');
    return { rest: join(rest, chunks), tally };
  }
}

function startOf({ headers }: HttpStream): number {
  return Number(/^bytes (\d+)-/.exec([headers['content-range']].flat()[0] ?? '')?.[1] ?? NaN);
}

/** The first so many bytes, or all there are. */
async function take(chunks: AsyncIterator<Buffer>, length: number): Promise<{ head: Buffer; rest: Buffer }> {
  let all = Buffer.alloc(0);
  while (all.length < length) {
    const next = await chunks.next();
    if (next.done === true) break;
    all = Buffer.concat([all, next.value]);
  }
  return { head: all.subarray(0, length), rest: all.subarray(length) };
}

async function* join(first: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  if (first.length > 0) yield first;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}
