import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Unavailable, UnexpectedAnswer } from '../core/failures.ts';
import { printable } from './redaction.ts';

/** How large an answer may be, in bytes. */
export interface BodyLimits {
  /** On the wire. */
  readonly maxWireBytes: number;
  /** Unpacked. */
  readonly maxBytes: number;
  /** Unpacked for each byte on the wire, once there is more than 1 MiB; honest JSON stays far below 100. */
  readonly maxRatio: number;
}

/** Below this the ratio does not count: a short answer of one repeated line packs very well. */
const ALWAYS_ALLOWED = 1024 * 1024;

const unzip = promisify(gunzip);

/**
 * Reads a body to its end and unpacks it.
 *
 * @param encoding the `Content-Encoding` header, lower case; undici's `request` never unpacks by itself.
 * @throws UnexpectedAnswer over the caps, or packed in another way than gzip.
 * @throws Unavailable when the gzip ends early or is damaged.
 */
export async function readBody(body: AsyncIterable<Buffer>, encoding: string, limits: BodyLimits): Promise<Buffer> {
  const packed = encoding !== '' && encoding !== 'identity';
  const wire = await collect(body, packed ? limits.maxWireBytes : Math.min(limits.maxWireBytes, limits.maxBytes));
  if (!packed) return wire;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    const shown = printable(encoding.slice(0, 40));
    throw new UnexpectedAnswer(`packed as ${shown}, though only gzip was offered`, { body: wire });
  }
  // The answer to a HEAD, or none at all.
  return wire.length === 0 ? wire : unpack(wire, limits);
}

async function collect(body: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > most) throw new UnexpectedAnswer(`an answer of more than ${most} bytes`);
    chunks.push(chunk);
  }
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, length);
}

/** In one piece and off the event loop: the bytes on the wire are capped already, and their number says how far the output may go. */
async function unpack(wire: Buffer, { maxBytes, maxRatio }: BodyLimits): Promise<Buffer> {
  if (wire[0] !== 0x1f || (wire.length > 1 && wire[1] !== 0x8b)) {
    throw new UnexpectedAnswer('said to be gzip, and is not', { body: wire });
  }
  const maxOutputLength = Math.min(maxBytes, Math.max(ALWAYS_ALLOWED, wire.length * maxRatio));
  const chunkSize = Math.min(Math.max(16 * 1024, wire.length * 8), 1024 * 1024);
  try {
    return await unzip(wire, { maxOutputLength, chunkSize });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new UnexpectedAnswer(`${wire.length} bytes of gzip unpack to more than ${maxOutputLength}`, { body: wire });
    }
    throw new Unavailable(code === 'Z_BUF_ERROR' ? 'the gzip ends early' : `the gzip is damaged (${code})`);
  }
}
