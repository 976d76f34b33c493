import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { catalogue, type Described } from './catalogue.ts';

export type Labels = Readonly<Record<string, string>>;

/** A gauge or counter whose series are written anew as a whole, so that those of a removed stream do not live on. */
export interface Series {
  set(labels: Labels, value: number): void;
  reset(): void;
}

function described(name: string): Described {
  const found = catalogue[name];
  if (found === undefined) throw new TypeError(`${name} is not in the catalogue of metrics`);
  return found;
}

const configurationOf = (name: string, registry: Registry) => {
  const { help, labels } = described(name);
  return { name, help, labelNames: [...labels], registers: [registry] };
};

/** A gauge, or a counter that somebody else counts. */
export function makeSeries(name: string, registry: Registry): Series {
  if (described(name).type === 'gauge') return new Gauge(configurationOf(name, registry));
  const counter = new Counter(configurationOf(name, registry));
  return { set: (labels, value) => counter.inc(labels, value), reset: () => counter.reset() };
}

export const makeCounter = (name: string, registry: Registry): Counter => new Counter(configurationOf(name, registry));

export const makeGauge = (name: string, registry: Registry): Gauge => new Gauge(configurationOf(name, registry));

/** @param buckets upper bounds, seconds */
export const makeHistogram = (name: string, registry: Registry, buckets: readonly number[]): Histogram =>
  new Histogram({ ...configurationOf(name, registry), buckets: [...buckets] });
