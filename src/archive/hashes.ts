import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

/** The SHA-256 of a line, a character a byte: half the time that a hash as a buffer takes, which is an object with memory of its own. */
export function hashText(line: Uint8Array): string {
  return hash('sha256', line, 'binary');
}

/** Such hashes as an array of {@link HASH_BYTES} each. */
export function hashesOf(texts: readonly string[]): Buffer {
  return Buffer.from(texts.join(''), 'latin1');
}

/** Compares two hashes of an array. */
export function compareHashes(hashes: Buffer, a: number, b: number): number {
  return hashes.compare(hashes, b * HASH_BYTES, (b + 1) * HASH_BYTES, a * HASH_BYTES, (a + 1) * HASH_BYTES);
}

/** A growing list of SHA-256 hashes: how long it gets is up to the files, not to what a manifest claims. */
export class HashList {
  bytes = Buffer.alloc(1024 * HASH_BYTES);
  count = 0;

  add(line: Uint8Array): void {
    if ((this.count + 1) * HASH_BYTES > this.bytes.length) {
      const larger = Buffer.alloc(this.bytes.length * 2);
      this.bytes.copy(larger);
      this.bytes = larger;
    }
    this.bytes.write(hashText(line), this.count * HASH_BYTES, 'latin1');
    this.count += 1;
  }
}
