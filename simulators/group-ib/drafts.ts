import { hash, scramble } from '../kit/random.ts';
import { PER_DAY } from './traits.ts';

/** A version of an item before it has its number. */
export interface Draft {
  readonly entity: number;
  /** When the entity came first, ms. */
  readonly first: number;
  /** When this version came, ms. */
  readonly time: number;
  /** When it can be seen, ms: those that may tie are published together, else a cursor would pass the later ones. */
  readonly due: number;
  /** Whether it ties with the one before when the vendor lets items tie. */
  readonly joins: boolean;
  readonly given?: Given;
}

/** A record that a test brings. */
export interface Given {
  readonly id: string;
  /** `null` where the record has none. */
  readonly seq: bigint | null;
  readonly bytes: Buffer;
}

/** Where the drafts of a day come from; a day is counted from the epoch. */
export interface Source {
  readonly firstDay: number;
  readonly lastDay: number;
  /** By time. */
  draftsOf(day: number): readonly Draft[];
}

export interface Recipe {
  readonly seed: number;
  readonly collection: string;
  readonly perDay: (day: number) => number;
  /** How many of the versions are those of an item that was there before, 0 to 1. */
  readonly updates: number;
  readonly firstDay: number;
}

export const DAY = 86_400_000;
const TIED = 3;

/** What is made up day by day: pure functions of the day and the number in it, so that any past day can be made up again. */
export function madeUpDays(recipe: Recipe): Source {
  const salt = hash(recipe.seed, recipe.collection, 'days');
  const random = (day: number, index: number): number => scramble(scramble(index ^ salt) ^ day);
  const timeOf = (day: number, index: number): number => {
    const step = DAY / recipe.perDay(day);
    return Math.floor(day * DAY + (index + (random(day, index) % 1000) / 1000) * step);
  };
  return {
    firstDay: recipe.firstDay,
    lastDay: Infinity,
    draftsOf: (day) => {
      const count = recipe.perDay(day);
      return Array.from({ length: count }, (_, index) => {
        const [firstDay, firstIndex] = origin(day, index);
        const entity = firstDay * PER_DAY + firstIndex;
        const due = timeOf(day, Math.min(count - 1, lastOfTie(index)));
        return { entity, first: timeOf(firstDay, firstIndex), time: timeOf(day, index), due, joins: joins(index) };
      });
    },
  };

  /** The entity of a version: an update leads to an earlier version, of the day or of two days before, and so on to the first. */
  function origin(day: number, index: number): readonly [number, number] {
    let [atDay, atIndex] = [day, index];
    for (;;) {
      const chance = random(atDay, atIndex);
      if (chance % 1000 >= recipe.updates * 1000) return [atDay, atIndex];
      const back = (chance >>> 12) % 3;
      const room = back === 0 ? atIndex : recipe.perDay(atDay - back);
      if (room === 0) return [atDay, atIndex];
      [atDay, atIndex] = [atDay - back, (chance >>> 14) % room];
    }
  }
}

/** A number of versions over `[from, until)` (ms), and nothing after them. */
export function madeUpLoad(
  { seed, collection, updates }: Pick<Recipe, 'seed' | 'collection' | 'updates'>,
  [from, until]: readonly [number, number],
  [count, ordinal]: readonly [number, number],
): readonly Draft[] {
  const salt = hash(seed, collection, ordinal);
  const random = (index: number): number => scramble(index ^ salt);
  const timeOf = (index: number): number => Math.floor(from + ((until - from) * (index + 0.5)) / count);
  const origin = (index: number): number => {
    let at = index;
    while (at > 0 && random(at) % 1000 < updates * 1000) at = (random(at) >>> 10) % at;
    return at;
  };
  return Array.from({ length: count }, (_, index) => {
    const first = origin(index);
    const due = timeOf(Math.min(count - 1, lastOfTie(index)));
    const entity = (FIRST_LOAD + ordinal) * PER_DAY + first;
    return { entity, first: timeOf(first), time: timeOf(index), due, joins: joins(index) };
  });
}

/** Loads have days of their own, long after any that comes. */
const FIRST_LOAD = 2 ** 20;

/** Runs of three begin so that pages of 10 and of 100 end inside of one. */
function joins(index: number): boolean {
  return index > 0 && (index + 1) % TIED !== 0;
}

function lastOfTie(index: number): number {
  return index + TIED - 1 - ((index + 1) % TIED);
}

/**
 * A record as its own bytes. Its seqUpdate is the last one in the text, with exactly its digits. Throws a TypeError unless it is a JSON
 * object with an `id`.
 */
export function given(record: string | Uint8Array): Given {
  const bytes = Buffer.from(record);
  const text = bytes.toString('utf8');
  const { id } = JSON.parse(text) as Record<string, unknown>;
  if (typeof id !== 'string') throw new TypeError('a record needs an id');
  const digits = [...text.matchAll(/"seqUpdate"\s*:\s*"?(\d+)"?/g)].at(-1)?.[1];
  return { id, seq: digits === undefined ? null : BigInt(digits), bytes };
}
