import { createHash } from 'node:crypto';
import type { Breathe } from './breath.ts';
import { compareHashes, HASH_BYTES } from './hashes.ts';
import { sorted, type SortKey } from './sort.ts';
import { at } from './typed.ts';

/** So many hashes are gathered before they are hashed in turn. */
const BLOCK = 4096;

/**
 * SHA-256, hex, over the records' SHA-256 hashes in ascending order: the same for the same set of records, however they came.
 * @param hashes 32 bytes a record
 * @param records the numbers of those that count
 */
export async function digestOf(hashes: Buffer, records: Uint32Array, breathe: Breathe): Promise<string> {
  const order = await sorted(records, new ByHash(hashes), breathe);
  const digest = createHash('sha256');
  const block = Buffer.allocUnsafe(BLOCK * HASH_BYTES);
  for (let start = 0; start < order.length; start += BLOCK) {
    const end = Math.min(start + BLOCK, order.length);
    for (let i = start; i < end; i += 1) {
      const from = at(order, i) * HASH_BYTES;
      hashes.copy(block, (i - start) * HASH_BYTES, from, from + HASH_BYTES);
    }
    digest.update(block.subarray(0, (end - start) * HASH_BYTES));
    await breathe();
  }
  return digest.digest('hex');
}

class ByHash implements SortKey {
  private readonly hashes: Buffer;
  readonly most = 2 ** 32 - 1;

  constructor(hashes: Buffer) {
    this.hashes = hashes;
  }

  rank(record: number): number {
    return this.hashes.readUInt32BE(record * HASH_BYTES);
  }

  compare(a: number, b: number): number {
    return compareHashes(this.hashes, a, b);
  }
}
