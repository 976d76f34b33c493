import { onTestFinished } from 'vitest';
import type { Secret, Source, SourceContext, WindowStream } from '../../src/core/contract.ts';
import { HOUR, MINUTE, SECOND, floorTo, type Interval } from '../../src/core/time.ts';
import { instart, openInstart } from '../../src/sources/instart/index.ts';
import type { InstartSettings } from '../../src/sources/instart/settings.ts';
import { startScriptedVendor, type Reply, type ScriptedVendor, type Seen } from './scripted-vendor.ts';

// Instart as far as a test needs it when it decides on the answers itself.

export const PASSWORD = 'pä55:canary-71c0';
export const BASE = '/acme/v1/stats/security';
export const COLUMNS = ['event_timestamp_ms', 'client_ip', 'rule_id', 'client_asn'];

export type Cells = readonly (string | number | boolean | null)[];

/** The values of a data query as the vendor decodes them. */
export interface Asked {
  readonly path: string;
  readonly starttime: string;
  readonly endtime: string;
  readonly limit: number;
  readonly start: number;
  readonly query: URLSearchParams;
}

export interface Answer {
  query: Record<string, unknown>;
  columns: { name: string }[];
  rows: Cells[];
  total_results: number;
}

export interface Options {
  readonly settings?: Partial<InstartSettings>;
  readonly clock?: () => number;
  readonly patience?: number;
  readonly common?: Partial<SourceContext<InstartSettings>['settings']>;
  /** What is no data query: a HEAD, a list. By default a HEAD is answered and there are no lists. */
  readonly other?: (request: Seen) => Reply | Promise<Reply>;
}

export interface Scripted {
  readonly vendor: ScriptedVendor;
  readonly source: Source;
  readonly stream: WindowStream;
  /** The data queries that were asked. */
  readonly asked: () => readonly Asked[];
}

/** A vendor that answers data queries as told, and a source that is open on it; both are closed when the test is over. */
export async function start(data: (asked: Asked) => Reply | Promise<Reply>, options: Options = {}): Promise<Scripted> {
  const { other = ({ method }: Seen): Reply => ({ status: method === 'HEAD' ? 200 : 404 }) } = options;
  const vendor = await startScriptedVendor((request) => {
    const asked = askedOf(request);
    return asked === undefined ? other(request) : data(asked);
  });
  onTestFinished(() => vendor.close());
  const source = openSource(vendor.url, options);
  onTestFinished(() => source.close());
  const asked = (): readonly Asked[] => vendor.seen.flatMap((request) => askedOf(request) ?? []);
  return { vendor, source, stream: windowStream(source), asked };
}

export function openSource(baseUrl: string, { settings, clock = Date.now, patience, common }: Options = {}): Source {
  const context = {
    id: 'acme-instart',
    clock,
    settings: {
      customer: 'acme',
      auth: { username: 'ops', password: secretOf(() => PASSWORD) },
      streams: { events: { kind: 'events', dimensions: ['client_ip', 'rule_id', 'client_asn'] } },
      rowsPerPage: 10_000,
      ...settings,
      baseUrl,
      schedule: { every: HOUR, offset: 17 * MINUTE },
      window: HOUR,
      limits: instart.limits,
      ...common,
    },
  } satisfies SourceContext<InstartSettings>;
  return patience === undefined ? instart.open(context) : openInstart(context, patience);
}

export function windowStream(source: Source, name?: string): WindowStream {
  const stream = source.streams.find((each) => name === undefined || each.name === name);
  if (stream?.shape !== 'window') throw new Error('a stream of windows was expected');
  return stream;
}

export function secretOf(reveal: () => string): Secret {
  return { place: '${env:INSTART_PASSWORD}', reveal };
}

/** An hour that settled long ago, inside of a day that the vendor still has. */
export function anHour(): Interval {
  const until = floorTo(Date.now(), HOUR) - HOUR;
  return { from: until - HOUR, until };
}

export function askedOf({ method, url }: Seen): Asked | undefined {
  const { pathname, searchParams: query } = new URL(url, 'http://vendor');
  if (method !== 'GET' || !pathname.endsWith('/data')) return undefined;
  const text = (key: string): string => query.get(key) ?? '';
  return {
    path: pathname,
    starttime: text('starttime'),
    endtime: text('endtime'),
    limit: Number(query.get('limit') ?? 10),
    start: Number(query.get('start') ?? 0),
    query,
  };
}

/** An answer with these rows and nothing wrong with it. */
export function answer(asked: Asked, rows: readonly Cells[], columns: readonly string[] = COLUMNS): Answer {
  const filters = asked.query.get('filters');
  return {
    query: {
      starttime: asked.starttime,
      endtime: asked.endtime,
      start: asked.start,
      limit: asked.limit,
      dimensions: asked.query.get('dimensions')?.split(','),
      filters: filters === null ? 'customer==acme' : `${filters};customer==acme`,
    },
    columns: columns.map((name) => ({ name })),
    rows: rows.slice(asked.start, asked.start + asked.limit),
    total_results: rows.length,
  };
}

export type Bounds = readonly ['[' | '(', ']' | ')'];

/** The rows of the span that was asked for, their first cell being their time; sorted when that was asked for, else as they come. */
export function within(rows: readonly Cells[], asked: Asked, [open, close]: Bounds = ['[', ']']): readonly Cells[] {
  const [from, until] = [millis(asked.starttime), millis(asked.endtime)];
  const inside = rows.filter(([time]) => {
    const t = millis(String(time));
    return (open === '[' ? t >= from : t > from) && (close === ']' ? t <= until : t < until);
  });
  if (!asked.query.has('sortby')) return inside;
  return inside.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

const millis = (text: string): number => Date.parse(`${text}Z`);

/** `count` rows spread evenly over `[from, until)`, every hundredth of them twice; the texts are as the vendor sends them. */
export function hits({ from, until }: Interval, count: number): readonly Cells[] {
  return Array.from({ length: count }, (_, i) => {
    const n = i % 100 === 1 ? i - 1 : i;
    const time = from + floorTo(((until - from) * n) / count, SECOND);
    return [at(time), `10.0.${n % 7}.${n % 251}`, `D${n % 13}`, 16_000 + (n % 5)];
  });
}

export function at(instant: number): string {
  return new Date(instant).toISOString().slice(0, 19);
}

export const texts = (rows: readonly Cells[]): readonly string[] => rows.map((row) => JSON.stringify(row)).toSorted();
