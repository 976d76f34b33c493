/** Memory of one size that is used again: asking the system for it anew costs more than filling it, and makes work for the garbage collector. */
export interface BlockPool {
  /** Some block; what was in it may still be there. */
  readonly take: () => Buffer;
  /** Gives one back. Nobody may read or write it any more, not even in another thread. */
  readonly give: (block: Buffer) => void;
}

/** @param kept how many unused ones are kept at most */
export function blockPool(size: number, kept: number): BlockPool {
  const free: Buffer[] = [];
  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(size),
    give(block) {
      if (block.length === size && free.length < kept) free.push(block);
    },
  };
}
