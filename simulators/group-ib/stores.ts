import { COLLECTIONS, type Collection } from './collections.ts';
import { DAY, madeUpDays, type Source } from './drafts.ts';
import type { Faults } from './faults.ts';
import { createLog } from './log.ts';
import { seqAt } from './sequence.ts';
import type { SimulatorOptions } from './simulator.ts';
import { createStore, type Store } from './store.ts';
import { createKin } from './traits.ts';

/** The vendor's collections; what is in one is made up when somebody first asks for it. */
export interface Stores {
  readonly collections: readonly Collection[];
  /** With all that is there by now; undefined for a name that the vendor does not know. */
  readonly store: (name: string) => Store | undefined;
  /** The same. Throws a RangeError for a name that the vendor does not know. */
  readonly known: (name: string) => Store;
  /** Puts an empty log that takes from this source in place of what the collection holds. */
  readonly open: (collection: Collection, source: Source) => Store;
  /** The days that the vendor remembers, at its start: the first, and the one that is not over. */
  readonly days: readonly [number, number];
}

const HISTORY_DAYS = 30;

export function createStores(options: SimulatorOptions, faults: Faults, now: () => number): Stores {
  const { seed = 1, perDay = 40, updates = 0.125, canary = 'canary-', historyDays = HISTORY_DAYS } = options;
  const today = Math.floor(now() / DAY);
  const firstDay = today - historyDays;
  const collections = COLLECTIONS.filter(({ name }) => options.collections?.includes(name) !== false);
  const opened = new Map<string, Store>();
  return { collections, store, known, open, days: [firstDay, today] };

  function store(name: string): Store | undefined {
    const collection = collections.find((each) => each.name === name);
    if (collection === undefined) return undefined;
    const found = opened.get(name) ?? open(collection, daysOf(collection));
    found.log.advance(now());
    return found;
  }

  function known(name: string): Store {
    const found = store(name);
    if (found === undefined) throw new RangeError(`no such collection: ${name}`);
    return found;
  }

  function daysOf({ name, unit }: Collection): Source {
    const rate = (day: number): number =>
      typeof perDay === 'number' ? perDay : perDay(name, new Date(day * DAY).toISOString().slice(0, 10));
    // What has no seqUpdate cannot come again.
    return madeUpDays({ seed, collection: name, perDay: rate, updates: unit === null ? 0 : updates, firstDay });
  }

  function open(collection: Collection, source: Source): Store {
    const log = createLog(source, (time) => seqAt(time, collection.unit ?? 'us'));
    const made = createStore(collection, createKin(seed, collection.name), log, faults, canary);
    opened.set(collection.name, made);
    return made;
  }
}
