/** Deterministic numbers: everything that a simulator makes up is a pure function of its seed, so that a restart makes up the same. */

/** A bijection of the 32-bit integers (the finaliser of MurmurHash3): distinct inputs never meet. */
export function scramble(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** 32 bits of the parts, in their order (FNV-1a, then scrambled). */
export function hash(...parts: readonly (string | number)[]): number {
  let state = 0x811c9dc5;
  for (const character of parts.join('\u0000')) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return scramble(state);
}

/** A stream of 32-bit unsigned integers (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** A 32-bit number as a fraction in [0, 1). */
export function fraction(random: number): number {
  return random / 0x1_0000_0000;
}

/** The numbers 0 to count - 1 in an order that the seed decides. */
export function shuffled(count: number, seed: number): Uint32Array {
  const order = new Uint32Array(count);
  const random = randomFrom(seed);
  for (let index = 0; index < count; index++) {
    const other = random() % (index + 1);
    order[index] = order[other] ?? 0;
    order[other] = index;
  }
  return order;
}

export function hex8(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
