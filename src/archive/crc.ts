import { crc32 } from 'node:zlib';

/**
 * CRC-32 of bytes, going on from that of the bytes before them. Of no bytes it is that one: zlib's own starts again at 0 there, but
 * only where the empty array happens to have no memory (crc32 of a null pointer).
 */
export function crcOf(bytes: Uint8Array, before = 0): number {
  return bytes.length === 0 ? before : crc32(bytes, before);
}
