import { createHmac } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';
import type { ReportRef, ReportStream, Secret, Source, SourceContext, WindowStream } from '../../src/core/contract.ts';
import { HOUR, MINUTE, DAY as A_DAY } from '../../src/core/time.ts';
import { openShadowserver, shadowserver, type Patience } from '../../src/sources/shadowserver/index.ts';
import type { ShadowserverSettings } from '../../src/sources/shadowserver/settings.ts';
import { web } from '../http/servers.ts';
import { startScriptedVendor, type Reply, type ScriptedVendor, type Seen } from './scripted-vendor.ts';

export const KEY = 'canary-key-4711';
export const SECRET = 'canary-secret-0815';
/** What time it is for vendor and source, and a day that is long complete. */
export const NOW = Date.UTC(2026, 10, 22, 12, 0, 30);
export const DAY = '2026-11-20';
export const FILE = `${DAY}-scan_ssl-united_states_of_america-geo.csv`;

/** A call as the vendor saw it, its signature checked. */
export interface Called {
  readonly method: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Options {
  readonly settings?: Partial<ShadowserverSettings>;
  readonly patience?: Patience;
  readonly clock?: () => number;
  /** The download host; by default it knows no file. */
  readonly dl?: RequestListener;
}

export interface Scripted {
  readonly vendor: ScriptedVendor;
  readonly source: Source;
  readonly calls: (method?: string) => readonly Called[];
  /** What the download host was asked for. */
  readonly downloads: readonly { readonly url: string; readonly headers: Readonly<Record<string, unknown>> }[];
}

type Answer = (called: Called, seen: Seen) => Reply | Promise<Reply> | undefined;

/** A vendor that answers calls as told, else as one with a list and no files, and a source that is open on it. */
export async function start(answer: Answer = () => undefined, options: Options = {}): Promise<Scripted> {
  const vendor = await startScriptedVendor((seen) => answered(seen, answer));
  onTestFinished(() => vendor.close());
  const downloads: { url: string; headers: Readonly<Record<string, unknown>> }[] = [];
  const { dl = (_, response) => void response.writeHead(404).end() } = options;
  const host = await web((request, response) => {
    downloads.push({ url: request.url ?? '', headers: request.headers });
    dl(request, response);
  });
  onTestFinished(() => host.close());
  const source = openSource(`${vendor.url}/api2`, `http://127.0.0.1:${host.port}`, options);
  onTestFinished(() => source.close());
  return {
    vendor,
    source,
    downloads,
    calls: (method) => vendor.seen.map(calledIn).filter((one) => method === undefined || one.method === method),
  };
}

function answered(seen: Seen, answer: Answer): Reply | Promise<Reply> {
  const signature = createHmac('sha256', SECRET).update(seen.body).digest('hex');
  if (seen.method !== 'POST' || seen.headers['hmac2'] !== signature) return { status: 401, body: { error: 'no' } };
  const called = calledIn(seen);
  return answer(called, seen) ?? USUAL[called.method] ?? { status: 404, body: { error: 'no such method' } };
}

const USUAL: Readonly<Record<string, Reply>> = {
  'test/ping': { body: { pong: '2026-11-22' } },
  'reports/subscribed': { body: ['united-states@shadowserver.org', 'california'] },
  'reports/types': { body: ['scan_ssl', 'scan_http'] },
  'reports/list': { body: [] },
  'reports/stats': { body: [['date', 'type', 'events']] },
};

function calledIn({ url, body }: Seen): Called {
  const { apikey, ...fields } = JSON.parse(body) as Record<string, unknown>;
  return { method: url.replace('/api2/', ''), fields: apikey === KEY ? fields : { ...fields, apikey } };
}

export function openSource(baseUrl: string, downloadUrl: string, { settings, patience, clock }: Options = {}): Source {
  const context = {
    id: 'acme-shadow',
    clock: clock ?? (() => NOW),
    settings: {
      auth: { apiKey: secretOf('SHADOW_KEY', () => KEY), secret: secretOf('SHADOW_SECRET', () => SECRET) },
      reports: { lists: ['united-states'], types: 'all' },
      queries: {},
      stats: false,
      download: 'dl',
      ...settings,
      baseUrl,
      downloadUrl,
      schedule: { every: HOUR, offset: 20 * MINUTE },
      window: A_DAY,
      limits: shadowserver.limits,
    },
  } satisfies SourceContext<ShadowserverSettings>;
  return openShadowserver(context, patience);
}

export function secretOf(name: string, reveal: () => string): Secret {
  return { place: `\${env:${name}}`, reveal };
}

export function reportStream(source: Source, name = 'united-states'): ReportStream {
  const stream = source.streams.find((each) => each.name === name);
  if (stream?.shape !== 'report') throw new Error('a stream of reports was expected');
  return stream;
}

export function windowStream(source: Source, name: string): WindowStream {
  const stream = source.streams.find((each) => each.name === name);
  if (stream?.shape !== 'window') throw new Error('a stream of windows was expected');
  return stream;
}

export const ref: ReportRef = { id: 'an?id/of+47', day: DAY, file: FILE };

/** An item of `reports/list`. */
export function item(file: string, more: object = {}): object {
  return {
    id: `id-of-${file.length}-${file.slice(11, 20)}`,
    file,
    timestamp: file.slice(0, 10),
    report: 'united-states@shadowserver.org',
    ...more,
  };
}
