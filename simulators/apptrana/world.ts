import { hash as digest } from 'node:crypto';
import { createEventStore, listSegment, type SimulatedEvent } from '../kit/events.ts';
import { prettyPrint } from '../kit/json-bytes.ts';
import { fraction, hash } from '../kit/random.ts';
import { countOf, givenAttack, madeUpSegment, unevenRate, type Recipe } from './attack.ts';
import type { Faults } from './faults.ts';
import type { AppTranaSimulator, SimulatorOptions, TruthAttack } from './simulator.ts';

/** What the vendor holds. */
export interface World extends Pick<AppTranaSimulator, 'truth' | 'load'> {
  /** The visible attacks of a website between two instants (ms), with the ends that belong to a range, oldest first, as they are served. */
  attacks(website: string, start: number, end: number, eventType?: string): readonly Buffer[];
}

const MINUTE = 60_000;
/** Records stand four levels deep in an answer. */
const DEPTH = 4;

export function createWorld(options: SimulatorOptions, faults: Faults, now: () => number): World {
  const { websites, seed = 1, rate = unevenRate(seed) } = options;
  const recipe: Recipe = { seed, faults };
  const store = createEventStore((website, minute) => {
    const average = typeof rate === 'number' ? rate : rate(website, minute);
    return madeUpSegment(recipe, website, [minute, minute + MINUTE], countOf(recipe, website, minute, average));
  });

  const isVisible = ({ id, time }: SimulatedEvent): boolean => {
    const { late } = faults;
    const isLate = late !== false && fraction(hash(id, 'late')) < late.share;
    return now() >= time + (isLate ? late.ms : 0);
  };
  const select = (website: string, from: number, until: number, eventType?: string): readonly SimulatedEvent[] => {
    const selection = store.select(website, from, until, now());
    return Array.from({ length: selection.count }, (_, position) => selection.at(position).event)
      .filter((event) => isVisible(event) && (eventType === undefined || event.tags.includes(eventType)))
      .toSorted((one, other) => one.time - other.time || (one.id < other.id ? -1 : Number(one.id > other.id)));
  };
  const served = ({ bytes }: SimulatedEvent): Buffer => (faults.prettyPrinted ? prettyPrint(bytes, DEPTH) : bytes);

  return {
    attacks(website, start, end, eventType) {
      const from = faults.bounds.startsWith('[') ? start : start + 1;
      const until = faults.bounds.endsWith(']') ? end + 1 : end;
      return select(website, from, until, eventType).map(served);
    },
    truth(website, from, until, eventType) {
      const asked = website === null ? websites : [website];
      const found = asked.flatMap((name) =>
        select(name, from, until, eventType).map((event): TruthAttack => {
          const bytes = served(event);
          const { time, tags } = event;
          return { website: name, eventType: tags[0] ?? '', time, sha256: digest('sha256', bytes), bytes };
        }),
      );
      return found.toSorted((one, other) => one.time - other.time);
    },
    load(website, from, until, attacks) {
      if (typeof attacks === 'number') {
        store.load(website, madeUpSegment(recipe, website, [from, until], attacks));
        return;
      }
      const given = attacks.map(givenAttack);
      const astray = given.find(({ time }) => time < from || time >= until);
      if (astray !== undefined) throw new RangeError(`${astray.id} is not in the interval`);
      store.load(website, listSegment(from, until, given));
    },
  };
}
