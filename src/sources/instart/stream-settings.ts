import type { z } from 'zod';
import { nearest } from '../../core/nearest.ts';
import { HOUR } from '../../core/time.ts';
import {
  CATEGORIES,
  GRANULARITIES,
  isKind,
  isTopk,
  isTrends,
  KINDS,
  type Granularity,
  type Kind,
  type TopkKind,
  type TrendsKind,
} from './kinds.ts';

/** One stream's query, defaults filled in. */
export type StreamSettings = EventsSettings | TrendsSettings | TopkSettings;

interface Filtered {
  readonly filters?: string | undefined;
}

export interface EventsSettings extends Filtered {
  readonly kind: 'events';
  readonly dimensions: readonly string[];
}

export interface TrendsSettings extends Filtered {
  readonly kind: TrendsKind;
  readonly dimensions: readonly string[];
  readonly metrics: readonly string[];
  readonly granularity: Granularity;
}

export interface TopkSettings extends Filtered {
  readonly kind: TopkKind;
  readonly category: string;
  readonly dimensions: readonly string[];
  readonly metrics: readonly string[];
  /** How much time one list covers, ms. */
  readonly window: number;
}

/** A stream as it is written, each value legal by itself. */
export interface WrittenStream extends Filtered {
  readonly kind?: Kind | undefined;
  readonly dimensions?: readonly string[] | undefined;
  readonly metrics?: readonly string[] | undefined;
  readonly granularity?: Granularity | undefined;
  readonly category?: string | undefined;
  readonly window?: number | undefined;
}

type Context = z.RefinementCtx;
type Key = Exclude<keyof WrittenStream, 'kind'>;

/** The only metric there is (instart.txt:242). */
const METRICS: readonly string[] = ['hits'];
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const TAKES: Readonly<Record<'events' | 'trends' | 'topk', readonly Key[]>> = {
  events: ['dimensions', 'filters'],
  trends: ['dimensions', 'metrics', 'granularity', 'filters'],
  topk: ['category', 'dimensions', 'metrics', 'filters', 'window'],
};

/** The rules that join a stream's keys; every mistake is reported at its place. */
export function readStreams(
  written: Readonly<Record<string, WrittenStream>>,
  context: Context,
): Record<string, StreamSettings> {
  const streams: Record<string, StreamSettings> = {};
  const entries = Object.entries(written);
  if (entries.length === 0)
    context.addIssue({ code: 'custom', message: 'needs at least one stream, such as `events`' });
  for (const [name, stream] of entries) {
    const read = readStream(name, stream, context);
    if (read !== undefined) streams[name] = read;
  }
  return streams;
}

function readStream(name: string, written: WrittenStream, context: Context): StreamSettings | undefined {
  const complain = (message: string, ...path: readonly string[]): undefined => {
    context.addIssue({ code: 'custom', message, path: [name, ...path] });
  };
  if (!NAME.test(name)) {
    return complain(
      `"${name}" cannot be a stream's name: expected letters, digits, dots, dashes and \`_\`, at most 63`,
    );
  }
  const kind = written.kind ?? (isKind(name) ? name : undefined);
  if (kind === undefined) return complain(kindComplaint(name));
  if (isKind(name) && name !== kind)
    return complain(`a stream named \`${name}\` cannot be of kind \`${kind}\``, 'kind');
  const takes = TAKES[isTrends(kind) ? 'trends' : isTopk(kind) ? 'topk' : 'events'];
  const alien = (Object.keys(written) as (keyof WrittenStream)[]).filter(
    (key) => key !== 'kind' && written[key] !== undefined && !takes.includes(key),
  );
  for (const key of alien) complain(`\`${kind}\` has no \`${key}\`; it takes ${listed(takes)}`, key);
  const stream = ofKind(kind, written, name, context);
  return alien.length === 0 ? stream : undefined;
}

function ofKind(kind: Kind, written: WrittenStream, name: string, context: Context): StreamSettings | undefined {
  const { dimensions, metrics = METRICS, granularity, category, filters, window = HOUR } = written;
  // As zod itself complains of what is missing, or of a word that is none of those it knows: then the configuration has words for it.
  const missing = (key: Key): undefined => {
    context.addIssue({ code: 'invalid_type', expected: 'array', input: undefined, path: [name, key] });
  };
  const word = (key: Key, values: readonly string[]): undefined => {
    context.addIssue({ code: 'invalid_value', values: [...values], input: written[key], path: [name, key] });
  };
  const filtered = filters === undefined ? {} : { filters };
  if (isTopk(kind)) {
    if (category === undefined || !CATEGORIES[kind].includes(category)) return word('category', CATEGORIES[kind]);
    if (dimensions === undefined) return missing('dimensions');
    return { kind, category, dimensions, metrics, ...filtered, window };
  }
  if (dimensions === undefined) return missing('dimensions');
  if (!isTrends(kind)) return { kind, dimensions, ...filtered };
  if (granularity === undefined) return word('granularity', GRANULARITIES);
  return { kind, dimensions, metrics, granularity, ...filtered };
}

function kindComplaint(name: string): string {
  const close = nearest(name, KINDS);
  const meant = close === undefined ? '' : `; did you mean \`${close}\`?`;
  return `"${name}" is no kind of stream, so it needs a \`kind\`: one of ${listed(KINDS)}${meant}`;
}

function listed(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}
