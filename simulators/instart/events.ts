import { createCache } from '../kit/cache.ts';
import { fraction, hash, randomFrom, scramble } from '../kit/random.ts';

/** Something that happened; its cells are made of the key, unless they were given. */
export interface SecurityEvent {
  readonly key: number;
  /** ms since the epoch, to the millisecond. */
  readonly time: number;
  /** When it becomes visible at the earliest, ms. */
  readonly visibleAt: number;
  /** JSON texts by dimension. */
  readonly given?: Readonly<Record<string, string>>;
  /** No fault makes it late or doubles it. */
  readonly plain?: boolean;
}

export interface EventStore {
  /** Visits the events of `[from, until)` (ms), in no order. */
  each(from: number, until: number, visit: (event: SecurityEvent) => void): void;
  /** Puts events in place of all that were in the interval. */
  load(from: number, until: number, events: readonly SecurityEvent[]): void;
  /** Adds events to those that are there. */
  add(events: readonly SecurityEvent[]): void;
}

interface Span {
  readonly from: number;
  readonly until: number;
}

interface Load extends Span {
  /** By the minute's first instant: a window must not cost a look at the whole load. */
  readonly minutes: ReadonlyMap<number, readonly SecurityEvent[]>;
}

const MINUTE = 60_000;
const KEPT_EVENTS = 500_000;

/** @param rate how many events a minute holds where nothing was loaded; `minute` is its first instant, ms. */
export function createEventStore(seed: number, since: number, rate: (minute: number) => number): EventStore {
  const minutes = createCache<readonly SecurityEvent[]>(KEPT_EVENTS, (events) => events.length + 1);
  let loads: readonly Load[] = [];
  let added: readonly SecurityEvent[] = [];
  const made = (minute: number, hidden: readonly Load[]): readonly SecurityEvent[] => {
    if (minute < floorToMinute(since)) return [];
    if (hidden.some((load) => load.from <= minute && load.until >= minute + MINUTE)) return [];
    const all = minutes.get(String(minute), () =>
      madeUp(seed, minute, minute + MINUTE, countOf(seed, minute, rate(minute))),
    );
    return hidden.length === 0 ? all : all.filter((event) => !hidden.some((load) => covers(load, event)));
  };

  return {
    each: (from, until, visit) => {
      const span = { from, until };
      const visitInside = (event: SecurityEvent): void => void (covers(span, event) && visit(event));
      const touching = loads.filter((load) => overlap(load, span));
      added.forEach(visitInside);
      const first = Math.max(from, Math.min(since, ...touching.map((load) => load.from)));
      for (let minute = floorToMinute(first); minute < until; minute += MINUTE) {
        const here = touching.filter((load) => overlap(load, { from: minute, until: minute + MINUTE }));
        for (const load of here) load.minutes.get(minute)?.forEach(visitInside);
        made(minute, here).forEach(visitInside);
      }
    },
    load: (from, until, events) => {
      const span = { from, until };
      const kept = loads.filter((load) => load.from < from || load.until > until).map((load) => without(load, span));
      loads = [...kept, { ...span, minutes: byMinute(events) }];
      added = added.filter((event) => !covers(span, event));
    },
    add: (events) => void (added = [...added, ...events]),
  };
}

function byMinute(events: readonly SecurityEvent[]): ReadonlyMap<number, readonly SecurityEvent[]> {
  const minutes = new Map<number, SecurityEvent[]>();
  for (const event of events) {
    const minute = floorToMinute(event.time);
    const found = minutes.get(minute);
    if (found === undefined) minutes.set(minute, [event]);
    else found.push(event);
  }
  return minutes;
}

/** What a newer load leaves of an earlier one. */
function without(load: Load, span: Span): Load {
  if (!overlap(load, span)) return load;
  const left = [...load.minutes.values()].flatMap((events) => events.filter((event) => !covers(span, event)));
  return { ...load, minutes: byMinute(left) };
}

function overlap(one: Span, other: Span): boolean {
  return one.from < other.until && one.until > other.from;
}

/** Events spread over `[from, until)` (ms), each a pure function of the seed, the interval and its index. */
export function madeUp(seed: number, from: number, until: number, count: number, salt = ''): readonly SecurityEvent[] {
  const base = hash(seed, from, until, salt);
  const length = Math.max(1, Math.ceil(until - from));
  return Array.from({ length: count }, (_, index) => {
    const key = scramble(scramble(index) + base);
    const time = from + (scramble(key ^ 0x7153) % length);
    return { key, time, visibleAt: time };
  });
}

/** How many events a minute holds: the rate on average, between half of it and half as much again. */
function countOf(seed: number, minute: number, rate: number): number {
  const random = randomFrom(hash(seed, minute, 'count'));
  return Math.floor(rate * (0.5 + fraction(random())) + fraction(random()));
}

function covers({ from, until }: Span, { time }: SecurityEvent): boolean {
  return time >= from && time < until;
}

function floorToMinute(instant: number): number {
  return Math.floor(instant / MINUTE) * MINUTE;
}
