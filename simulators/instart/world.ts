import { hash, scramble } from '../kit/random.ts';
import type { Asked } from './asked.ts';
import { givenCells, timeOf } from './cells.ts';
import { createEventStore, madeUp, type EventStore, type SecurityEvent } from './events.ts';
import type { Faults } from './faults.ts';
import { DEFAULT_CUSTOMER, type GivenEvent, type InstartSimulator, type SimulatorOptions } from './simulator.ts';
import { eventTable, groupTable, type Each, type Group, type Table } from './tables.ts';
import { BUCKETS, DAY, SECOND } from './times.ts';
import { createTruth } from './truth.ts';

/** What the vendor holds. */
export interface World extends Pick<InstartSimulator, 'truth' | 'truthOfTrends' | 'truthOfTopk' | 'load'> {
  readonly customer: string;
  /** What a question finds, under the present bounds and retention. */
  find(asked: Asked): Table<SecurityEvent> | Table<Group>;
  /** Adds so many made-up events to a time span (ms), as far as the vendor still holds it. */
  grow(from: number, until: number, rows: number): void;
}

/** The visible events of about `[from, until)` (ms) whose served time is inside. */
type Within = (from: number, until: number, inside: (time: number) => boolean) => Each;

export function createWorld(options: SimulatorOptions, faults: Faults, now: () => number): World {
  const { customer = DEFAULT_CUSTOMER, seed = 1, rate = 30 } = options;
  const { since = Math.floor(now() / DAY) * DAY - 90 * DAY } = options;
  const store = createEventStore(seed, since, typeof rate === 'number' ? () => rate : rate);
  const at = { customer, faults };
  const within = visibleEvents(store, faults, now);
  const oldest = (): number => Math.floor(now() / DAY) * DAY - faults.eventRetentionDays * DAY;
  let grown = 0;

  return {
    customer,
    ...createTruth((from, until) => within(from, until, (time) => time >= from && time < until), at),
    find: (asked) => {
      if (asked.granularity !== null)
        return groupTable(bucketsOf(within, asked, asked.granularity, faults, now()), asked, at);
      const inside = insideOf(asked, faults.bounds);
      const { from, until, resource } = asked;
      if (resource.type === 'topk') return groupTable(within(from, until, inside), asked, at);
      const first = Math.max(from, oldest());
      const held = (time: number): boolean => time >= first && inside(time);
      return eventTable(within(first, until, held), asked, at);
    },
    grow: (from, until, rows) => {
      // A second's distance keeps them inside whatever the bounds are.
      const first = Math.max(from, oldest()) + SECOND;
      const end = Math.min(until, now());
      if (end <= first) return;
      store.add(madeUp(seed, first, end, rows, `grown ${++grown}`).map((event) => ({ ...event, plain: true })));
    },
    load: (from, until, events) => {
      const loaded = typeof events === 'number' ? madeUp(seed, from, until, events) : given(events, from, until);
      store.load(from, until, loaded);
    },
  };
}

function visibleEvents(store: EventStore, faults: Faults, now: () => number): Within {
  return (from, until, inside) => (visit) => {
    const instant = now();
    // A served time is cut to the second, so the event's own may lie up to a second later.
    store.each(from, Math.min(until + SECOND, instant + 1), (event) => {
      if (!inside(timeOf(event, faults)) || visibleAt(event, faults) > instant) return;
      visit(event);
      if (faults.equalRows && event.plain !== true && event.key % 16 === 0) visit(event);
    });
  };
}

function visibleAt({ key, time, visibleAt, plain }: SecurityEvent, { lateByMs, lateShare }: Faults): number {
  const late = plain !== true && scramble(key ^ 0x1a7e) / 0x1_0000_0000 < lateShare;
  return Math.max(visibleAt, time + (late ? lateByMs : 0));
}

function insideOf({ from, until }: Asked, bounds: Faults['bounds']): (time: number) => boolean {
  const [withFirst, withLast] = [bounds.startsWith('['), bounds.endsWith(']')];
  return (time) => (withFirst ? time >= from : time > from) && (withLast ? time <= until : time < until);
}

/** The events of the buckets whose first instant is asked for and still kept: aggregates know no part of a bucket. */
function bucketsOf(
  within: Within,
  asked: Asked,
  granularity: keyof typeof BUCKETS,
  { bounds }: Faults,
  now: number,
): Each {
  const { length, kept } = BUCKETS[granularity];
  const inside = insideOf(asked, bounds);
  const first = Math.ceil(Math.max(asked.from, now - kept) / length) * length;
  const end = Math.floor(asked.until / length) * length + length;
  return within(first, end, (time) => time >= first && inside(Math.floor(time / length) * length));
}

function given(events: readonly GivenEvent[], from: number, until: number): readonly SecurityEvent[] {
  return events.map(({ time, visibleAt = time, values }, index): SecurityEvent => {
    if (!(time >= from && time < until)) throw new RangeError(`${time} is not in the interval`);
    return { key: hash(time, index), time, visibleAt, plain: true, given: givenCells(values) };
  });
}
