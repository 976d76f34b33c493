import { at } from './typed.ts';

/** Bytes of a key: 96 bits of a SHA-256, so that no two of all records ever held are likely to meet. */
export const KEY_BYTES = 12;

/**
 * How often each key is there. A hash table in typed arrays, some 32 bytes a key: a Map of a million texts would take several times that. Keys are hashes, so
 * their own bits choose the place.
 */
export class Tally {
  private keys = new Uint32Array(1024 * 3);
  /** How often the key of a place was added, and one more; 0 is a free place. */
  private counts = new Uint32Array(1024);
  private used = 0;

  /** @param bytes with the key at `offset` */
  add(bytes: Buffer, offset = 0): void {
    if (this.used * 2 >= this.counts.length) this.grow();
    const place = this.placeOf(bytes, offset);
    if (this.counts[place] === 0) {
      this.used += 1;
      for (let word = 0; word < 3; word += 1) this.keys[place * 3 + word] = bytes.readUInt32LE(offset + word * 4);
      this.counts[place] = 1;
    }
    this.counts[place] = at(this.counts, place) + 1;
  }

  /** Takes one away; false when there is none left. */
  take(bytes: Buffer, offset = 0): boolean {
    const place = this.placeOf(bytes, offset);
    if (at(this.counts, place) <= 1) return false;
    this.counts[place] = at(this.counts, place) - 1;
    return true;
  }

  private placeOf(bytes: Buffer, offset: number): number {
    const words = [0, 4, 8].map((start) => bytes.readUInt32LE(offset + start));
    const mask = this.counts.length - 1;
    for (let place = (words[0] as number) & mask; ; place = (place + 1) & mask) {
      if (this.counts[place] === 0) return place;
      if (words.every((word, i) => this.keys[place * 3 + i] === word)) return place;
    }
  }

  private grow(): void {
    const { keys, counts } = this;
    this.keys = new Uint32Array(keys.length * 2);
    this.counts = new Uint32Array(counts.length * 2);
    const key = Buffer.alloc(KEY_BYTES);
    for (let old = 0; old < counts.length; old += 1) {
      if (counts[old] === 0) continue;
      for (let word = 0; word < 3; word += 1) key.writeUInt32LE(at(keys, old * 3 + word), word * 4);
      const place = this.placeOf(key, 0);
      this.keys.set(keys.subarray(old * 3, old * 3 + 3), place * 3);
      this.counts[place] = at(counts, old);
    }
  }
}
