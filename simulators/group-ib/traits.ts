import { hash, hex8, randomFrom, scramble } from '../kit/random.ts';

/** A source of 32-bit numbers. */
export type Random = () => number;

/** By what an item can be searched for (group-ib.txt:393-395). */
export type Tag = 'ip' | 'domain' | 'email' | 'hash';

/** What makes up an item: a pure function of the seed, the collection and the entity. */
export interface Traits {
  readonly ip: string;
  readonly domain: string;
  readonly email: string;
  readonly hash: string;
  /** One bit for each yes-or-no filter, see {@link FLAGS}. */
  readonly bits: number;
}

/** Yes-or-no filters by their parameter, with the bit of {@link Traits.bits} that says yes. */
export const FLAGS = {
  apply_hunting_rules: 1,
  is_tailored: 2,
  apply_has_exploit: 4,
  probable_corporate_access: 8,
  unique: 16,
  combolist: 32,
  typoSquatting: 64,
} as const;

export type Flag = keyof typeof FLAGS;

/** Tells entities of one collection apart: a day (or a load) and a number in it. */
export interface Kin {
  idOf(entity: number): string;
  traitsOf(entity: number): Traits;
  randomOf(entity: number): Random;
}

/** How many entities a day can have. */
export const PER_DAY = 2 ** 26;

export function createKin(seed: number, collection: string): Kin {
  const salt = hash(seed, collection);
  const mark = hex8(salt);
  const key = (entity: number): number => scramble(scramble((entity % PER_DAY) ^ salt) ^ day(entity));
  return {
    // Day and number go through bijections, so no two entities share an id.
    idOf: (entity) => {
      const [first, second] = [scramble(day(entity) ^ salt), scramble((entity % PER_DAY) ^ salt)];
      return hex8(first) + hex8(second) + mark + hex8(scramble(first + second)) + hex8(scramble(first ^ second));
    },
    traitsOf: (entity) => traits(key(entity)),
    randomOf: (entity) => randomFrom(key(entity)),
  };
}

function day(entity: number): number {
  return Math.floor(entity / PER_DAY);
}

function traits(key: number): Traits {
  const domain = DOMAINS[(key >>> 6) % DOMAINS.length] ?? '';
  return {
    ip: IPS[key % IPS.length] ?? '',
    domain,
    email: `user${(key >>> 12) % 512}@${domain}`,
    // Not made unless it is looked at: a filter looks at many items.
    get hash() {
      return hex8(key) + hex8(scramble(key + 1)) + hex8(scramble(key + 2)) + hex8(scramble(key + 3));
    },
    bits: scramble(key ^ 0x5bd1e995),
  };
}

/** The first is the page's (group-ib.txt:390); the others are for documentation. */
const IPS = ['8.8.8.8', ...Array.from({ length: 60 }, (_, index) => `203.0.113.${index + 1}`)];
const DOMAINS = ['google.com', ...Array.from({ length: 60 }, (_, index) => `host-${index + 1}.example.net`)];
