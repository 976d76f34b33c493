import { hash as digest } from 'node:crypto';
import { createEventStore, listSegment } from '../kit/events.ts';
import type { Faults } from './faults.ts';
import { PAGE } from './feed-request.ts';
import { countOf, givenEvent, madeUpSegment, type Recipe } from './record.ts';
import type { SignalSciencesSimulator, SimulatorOptions, TruthEvent } from './simulator.ts';
import { createWindows, type Window, type Windows } from './windows.ts';

/** What the vendor holds, and how it is cut into pages. */
export interface World extends Pick<SignalSciencesSimulator, 'truth' | 'load' | 'preload'> {
  readonly windows: Windows;
  readonly version: (window: Window) => number;
}

const MINUTE = 60_000;

export function createWorld(options: SimulatorOptions, faults: Faults, now: () => number): World {
  const { seed = 1, rate = 30, recordBytes = 1200, cacheBytes = 64 * 1024 * 1024 } = options;
  const recipe: Recipe = { seed, recordBytes };
  const store = createEventStore((site, minute) => {
    const average = typeof rate === 'number' ? rate : rate(site, minute);
    return madeUpSegment(recipe, site, [minute, minute + MINUTE], countOf(recipe, site, minute, average));
  });
  const windows = createWindows({ seed, budget: cacheBytes }, store, faults);
  const load: World['load'] = (site, from, until, events) => {
    if (typeof events === 'number') {
      store.load(site, madeUpSegment(recipe, site, [from, until], events));
      return;
    }
    const given = events.map(givenEvent);
    const astray = given.find(({ time }) => time < from || time >= until);
    if (astray !== undefined) throw new RangeError(`${astray.id} is not in the interval`);
    store.load(site, listSegment(from, until, given));
  };
  const truth = (site: string, from: number, until: number): TruthEvent[] => {
    const selection = store.select(site, from, until, now());
    const events = Array.from({ length: selection.count }, (_, position) => {
      const { event, index } = selection.at(position);
      const bytes = windows.served(event, index);
      return { id: event.id, time: event.time, sha256: digest('sha256', bytes), bytes };
    });
    return events.sort((one, other) => one.time - other.time || (one.id < other.id ? -1 : 1));
  };
  return {
    windows,
    truth,
    load,
    version: ({ site, from, until }) => store.version(site, from, until),
    preload: (site, from, until, limit = PAGE) => windows.preload({ site, from, until, tags: null }, limit),
  };
}
