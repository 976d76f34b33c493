import { onTestFinished } from 'vitest';
import type { Secret, SequenceStream, Source, SourceContext, WindowStream } from '../../src/core/contract.ts';
import { DAY, MINUTE } from '../../src/core/time.ts';
import { groupIb, openGroupIb } from '../../src/sources/group-ib/index.ts';
import type { GroupIbSettings } from '../../src/sources/group-ib/settings.ts';
import { startScriptedVendor, type Reply, type ScriptedVendor, type Seen } from './scripted-vendor.ts';

// Group-IB as far as a test needs it when it decides on the answers itself.

export const API_KEY = 'kéy:canary-71c0';
export const COLLECTION = 'attacks/ddos';

/** An item as it lies in a collection; its text is the whole of it, sequence number included. */
export interface Held {
  readonly id: string;
  readonly seq: bigint;
  readonly text: string;
}

/** @param more further members, as they stand in the text */
export function held(id: string, seq: bigint, more = '"dateReg":"2026-11-20T10:00:00+00:00"'): Held {
  return { id, seq, text: `{"id":"${id}",${more},"seqUpdate":${seq}}` };
}

export interface Rules {
  /** Whether answers begin after the number asked for, or with it. */
  mode?: '>' | '>=';
  /** However many are asked for, no more are served. */
  clamp?: number;
  /** Answers say nothing of how many are left. */
  countless?: boolean;
  /** More than so many at once is too much: 504. */
  heaviest?: number;
}

/** What the vendor decodes of a request. */
export function queryOf({ url }: Seen): { readonly path: string; readonly query: URLSearchParams } {
  const { pathname, searchParams } = new URL(url, 'http://vendor');
  return { path: pathname, query: searchParams };
}

/** The answer to `<collection>/updated`, as the document describes it. */
export function updated(items: readonly Held[], query: URLSearchParams, rules: Rules = {}): Reply {
  const { mode = '>', clamp = Infinity, countless = false, heaviest = Infinity } = rules;
  const limit = Number(query.get('limit') ?? 100);
  if (limit > heaviest) return { status: 504, body: 'upstream timed out', headers: { 'content-type': 'text/html' } };
  const from = BigInt(query.get('seqUpdate') ?? 0);
  const left = items
    .filter(({ seq }) => (mode === '>' ? seq > from : seq >= from))
    .toSorted((a, b) => (a.seq < b.seq ? -1 : a.seq > b.seq ? 1 : 0));
  const page = left.slice(0, Math.min(limit, clamp));
  const last = page.at(-1)?.seq;
  const parts = [
    countless ? undefined : `"count":${left.length}`,
    `"items":[${page.map(({ text }) => text).join(',')}]`,
    last === undefined ? undefined : `"seqUpdate":${last}`,
  ];
  return { body: `{${parts.filter((part) => part !== undefined).join(',')}}` };
}

export interface Options {
  readonly settings?: Partial<GroupIbSettings>;
  readonly clock?: () => number;
  readonly patience?: number;
  readonly common?: Partial<SourceContext<GroupIbSettings>['settings']>;
}

export interface Scripted {
  readonly vendor: ScriptedVendor;
  readonly source: Source;
  /** The first stream, where it is a sequence. */
  readonly stream: SequenceStream;
}

/** A vendor that answers as told, and a source that is open on it; both are closed when the test is over. */
export async function start(
  answer: (request: Seen) => Reply | Promise<Reply>,
  options: Options = {},
): Promise<Scripted> {
  const vendor = await startScriptedVendor(answer);
  onTestFinished(() => vendor.close());
  const source = openSource(vendor.url, options);
  onTestFinished(() => source.close());
  return {
    vendor,
    source,
    get stream() {
      return sequenceStream(source);
    },
  };
}

/** A vendor that holds these items in one collection, and a source that follows it. */
export function holding(items: readonly Held[], rules: Rules = {}, options: Options = {}): Promise<Scripted> {
  return start((request) => {
    const { path, query } = queryOf(request);
    return path === `/api/v2/${COLLECTION}/updated` ? updated(items, query, rules) : { status: 404 };
  }, options);
}

export function contextOf(url: string, { settings, clock = Date.now, common }: Options = {}) {
  return {
    id: 'acme-gib',
    clock,
    settings: {
      auth: { username: 'ops@example.com', apiKey: secretOf(() => API_KEY) },
      collections: [{ name: COLLECTION }],
      ignoreValidation: false,
      requestsPerSecond: 1_000_000,
      drp: { baseUrl: `${url}/client_api` },
      ...settings,
      baseUrl: `${url}/api/v2`,
      schedule: { every: 15 * MINUTE, offset: 2 * MINUTE },
      window: DAY,
      limits: groupIb.limits,
      ...common,
    },
  } satisfies SourceContext<GroupIbSettings>;
}

export function openSource(url: string, options: Options = {}): Source {
  const context = contextOf(url, options);
  return options.patience === undefined ? groupIb.open(context) : openGroupIb(context, options.patience);
}

export function sequenceStream(source: Source, name?: string): SequenceStream {
  const stream = source.streams.find((each) => name === undefined || each.name === name);
  if (stream?.shape !== 'sequence') throw new Error('a sequence was expected');
  return stream;
}

export function windowStream(source: Source): WindowStream {
  const [stream] = source.streams;
  if (stream?.shape !== 'window') throw new Error('a stream of windows was expected');
  return stream;
}

export function secretOf(reveal: () => string): Secret {
  return { place: '${env:GIB_API_KEY}', reveal };
}
