import { onTestFinished } from 'vitest';
import type { Secret, Source, SourceContext, WindowStream } from '../../src/core/contract.ts';
import { HOUR, MINUTE, floorTo, type Interval } from '../../src/core/time.ts';
import { signalSciences } from '../../src/sources/signal-sciences/index.ts';
import type { SignalSciencesSettings } from '../../src/sources/signal-sciences/settings.ts';
import { startScriptedVendor, type Reply, type ScriptedVendor, type Seen } from './scripted-vendor.ts';

// Signal Sciences as far as a test needs it when it writes the answers down itself.

export const PASSWORD = 'correct horse battery staple';
export const TOKEN = 'tok-0123456789abcdef';
export const FEED = '/api/v0/corps/testcorp/sites/www.example.com/feed/requests';
export const END = { data: [], next: { uri: '' } };

export interface Options {
  readonly settings?: Partial<SignalSciencesSettings>;
  readonly clock?: () => number;
  readonly login?: (request: Seen) => Reply | Promise<Reply>;
}

export interface Scripted {
  readonly vendor: ScriptedVendor;
  readonly source: Source;
  readonly stream: WindowStream;
}

/** A vendor that answers the feed as told, and a source that is open on it; both are closed when the test is over. */
export async function start(feed: (request: Seen) => Reply | Promise<Reply>, options: Options = {}): Promise<Scripted> {
  let tokens = 0;
  const login = options.login ?? (() => ({ body: { token: `${TOKEN}-${(tokens += 1)}` } }));
  const vendor = await startScriptedVendor((request) =>
    request.url === '/api/v0/auth' ? login(request) : feed(request),
  );
  onTestFinished(() => vendor.close());
  const source = openSource(vendor.url, options);
  onTestFinished(() => source.close());
  return { vendor, source, stream: windowStream(source) };
}

/** A source of corp `testcorp`, site `www.example.com`, with the vendor's own limits unless told otherwise. */
export function openSource(
  baseUrl: string,
  { settings, clock = Date.now }: Pick<Options, 'settings' | 'clock'> = {},
  common: Partial<SourceContext<SignalSciencesSettings>['settings']> = {},
): Source {
  return signalSciences.open({
    id: 'acme-waf',
    clock,
    settings: {
      corp: 'testcorp',
      sites: ['www.example.com'],
      limit: 1000,
      auth: { email: 'ops@example.com', password: secretOf(() => PASSWORD) },
      ...settings,
      baseUrl,
      schedule: { every: HOUR, offset: 6 * MINUTE },
      window: HOUR,
      limits: signalSciences.limits,
      ...common,
    },
  });
}

/** The first stream of a source, or the one of that name. */
export function windowStream(source: Source, name?: string): WindowStream {
  const stream = source.streams.find((each) => name === undefined || each.name === name);
  if (stream?.shape !== 'window') throw new Error('a stream of windows was expected');
  return stream;
}

export function secretOf(reveal: () => string): Secret {
  return { place: '${env:SIGSCI_PASSWORD}', reveal };
}

/** A minute that settled long ago. */
export function hourAgo(): Interval {
  const until = floorTo(Date.now(), MINUTE) - HOUR;
  return { from: until - MINUTE, until };
}

export function logins(vendor: ScriptedVendor): number {
  return vendor.seen.filter((request) => request.url === '/api/v0/auth').length;
}
