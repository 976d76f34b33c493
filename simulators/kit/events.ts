/** What happened at the vendor's customers: events that are made when asked for, so that millions cost no memory. */
export interface SimulatedEvent {
  readonly id: string;
  /** ms since the epoch. */
  readonly time: number;
  /** What the vendor lets a client filter by. */
  readonly tags: readonly string[];
  /** The record as the vendor holds it: these bytes are the truth. */
  readonly bytes: Buffer;
}

/** A run of events inside `[from, until)`, in no order; each is a pure function of its index. */
export interface Segment {
  readonly from: number;
  readonly until: number;
  readonly count: number;
  timeAt(index: number): number;
  eventAt(index: number): SimulatedEvent;
}

/** The events of an interval. The position is stable as long as {@link EventStore.version} of the interval is. */
export interface Selection {
  readonly count: number;
  at(position: number): { readonly event: SimulatedEvent; readonly index: number };
}

export interface EventStore {
  /** The events of `[from, until)` (ms) whose time has come at `now`. */
  select(stream: string, from: number, until: number, now: number): Selection;
  /** Puts a segment in place of everything that was in its interval, also of earlier loads. */
  load(stream: string, segment: Segment): void;
  /** Grows when a load changes what an interval holds. */
  version(stream: string, from: number, until: number): number;
}

/**
 * @param generate what a minute of a stream holds where nothing was loaded; `minute` is its first instant, ms.
 */
export function createEventStore(generate: (stream: string, minute: number) => Segment): EventStore {
  const loads = new Map<string, Segment[]>();
  const loaded = (stream: string): readonly Segment[] => loads.get(stream) ?? [];
  return {
    select: (stream, from, until, now) => collect(layers(stream, from, until), from, Math.min(until, now + 1)),
    load: (stream, segment) => {
      const layersOfStream = loads.get(stream) ?? [];
      layersOfStream.push(segment);
      loads.set(stream, layersOfStream);
    },
    version: (stream, from, until) => loaded(stream).filter((segment) => overlaps(segment, from, until)).length,
  };

  /** Each segment that touches the interval, with the newer ones that hide parts of it. */
  function layers(stream: string, from: number, until: number): Layer[] {
    const touching = loaded(stream).filter((segment) => overlaps(segment, from, until));
    const found: Layer[] = [];
    for (let minute = Math.floor(from / MINUTE) * MINUTE; minute < until; minute += MINUTE) {
      const above = touching.filter((segment) => overlaps(segment, minute, minute + MINUTE));
      if (above.some((segment) => segment.from <= minute && segment.until >= minute + MINUTE)) continue;
      found.push({ segment: generate(stream, minute), above });
    }
    touching.forEach((segment, place) => found.push({ segment, above: touching.slice(place + 1) }));
    return found;
  }
}

/** A segment that a test or the bench gave as a list. */
export function listSegment(from: number, until: number, events: readonly SimulatedEvent[]): Segment {
  const at = (index: number): SimulatedEvent => {
    const event = events[index];
    if (event === undefined) throw new RangeError(`no event ${index}`);
    return event;
  };
  return { from, until, count: events.length, timeAt: (index) => at(index).time, eventAt: at };
}

interface Layer {
  readonly segment: Segment;
  readonly above: readonly Segment[];
}

const MINUTE = 60_000;

function overlaps(segment: Segment, from: number, until: number): boolean {
  return segment.from < until && segment.until > from;
}

function collect(found: readonly Layer[], from: number, until: number): Selection {
  const room = found.reduce((sum, { segment }) => sum + segment.count, 0);
  const segments = new Uint32Array(room);
  const indexes = new Uint32Array(room);
  let count = 0;
  found.forEach(({ segment, above }, place) => {
    const hidden = above.filter((newer) => overlaps(newer, segment.from, segment.until));
    const whole = hidden.length === 0 && segment.from >= from && segment.until <= until;
    for (let index = 0; index < segment.count; index++) {
      if (!whole && !shows(segment.timeAt(index), from, until, hidden)) continue;
      segments[count] = place;
      indexes[count] = index;
      count++;
    }
  });
  const at: Selection['at'] = (position) => {
    const layer = position < count ? found[segments[position] ?? 0] : undefined;
    if (layer === undefined) throw new RangeError(`no event at ${position}`);
    const index = indexes[position] ?? 0;
    return { event: layer.segment.eventAt(index), index };
  };
  return { count, at };
}

function shows(time: number, from: number, until: number, hidden: readonly Segment[]): boolean {
  return time >= from && time < until && !hidden.some((newer) => time >= newer.from && time < newer.until);
}
