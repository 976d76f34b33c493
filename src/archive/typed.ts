/** Reads an element that is known to be there: typed arrays hold their whole length, which the type system does not see. */
export function at(array: Float64Array | Uint32Array | Uint8Array, index: number): number {
  return array[index] as number;
}

/** The same memory, as bytes, for reading, writing and checksums. */
export function bytesOf(array: Float64Array | Uint32Array | Uint8Array, start = 0, end = array.length): Buffer {
  const size = array.BYTES_PER_ELEMENT;
  return Buffer.from(array.buffer, array.byteOffset + start * size, (end - start) * size);
}

/** Compares two stretches `[start, end)` of one array of bytes. Ids are short: a loop is quicker than a call into native code. */
export function compareWithin(bytes: Uint8Array, aStart: number, aEnd: number, bStart: number, bEnd: number): number {
  const shared = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < shared; i += 1) {
    const difference = at(bytes, aStart + i) - at(bytes, bStart + i);
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}
