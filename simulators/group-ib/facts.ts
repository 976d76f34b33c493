import type { Random, Traits } from './traits.ts';

/** What an item is written from. */
export interface Facts {
  readonly id: string;
  /** When the entity came first, ms. */
  readonly first: number;
  /** When this version of it came, ms. */
  readonly time: number;
  readonly traits: Traits;
  /** The same numbers for each version of an entity. */
  readonly random: Random;
  /** What each made-up secret begins with. */
  readonly canary: string;
}

/** Writes an item; where {@link SEQ} stands, its seqUpdate will. */
export type Make = (facts: Facts) => object;

/** Stands for the digits of the seqUpdate, which no number of JavaScript can hold for certain. */
export const SEQ = '@seqUpdate@';
