import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadConfig, type Config } from '../../src/config/load.ts';
import { nearest } from '../../src/core/nearest.ts';
import type { Secret, SourceType } from '../../src/core/contract.ts';
import { HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import { duration, parseLength, secret, writeLength } from '../../src/sources/fields.ts';
import { signalSciences } from '../../src/sources/signal-sciences/index.ts';
import { BASE, CANARY, changed, ENV, load, places, refusal, write } from './kit.ts';

const settingsOf = (config: Config) => {
  const settings = config.sources.get('acme-waf')?.settings;
  if (settings === undefined) throw new Error('the source was expected');
  return settings;
};

describe('a configuration that loads', () => {
  it('has every default of the file and of the source type', () => {
    const file = write(BASE);
    const config = loadConfig(file, { env: ENV });
    expect(config).toMatchObject({
      file,
      data: join(dirname(file), 'data'),
      temporal: { namespace: 'default', port: 7233, uiPort: 8233 },
    });
    expect(config.temporal.address).toBeUndefined();
    expect(settingsOf(config)).toMatchObject({
      corp: 'testcorp',
      sites: ['www.example.com'],
      limit: 1000,
      schedule: { every: HOUR, offset: 6 * MINUTE },
      window: HOUR,
      limits: signalSciences.limits,
    });
    expect(settingsOf(config).start).toBeUndefined();
  });

  it('is ready for its source type to open', async () => {
    const { id, type, settings } = load(BASE).sources.get('acme-waf') ?? {};
    const source = type?.open({ id: id ?? '', settings: settings as never, clock: Date.now });
    expect(source?.streams.map(({ name }) => name)).toEqual(['www.example.com']);
    await source?.close();
  });

  it('knows the vendor of the document: its limits', () => {
    expect(signalSciences.limits).toEqual({
      longest: 24 * HOUR,
      grain: MINUTE,
      settling: 5 * MINUTE,
      retention: 24 * HOUR + 5 * MINUTE,
      safety: MINUTE,
      cursorValidity: MINUTE,
      reconcile: { after: [HOUR], beforeDeadline: 2 * HOUR },
      perSource: 5,
      perStream: 2,
    });
  });

  it.each([
    ['all', 'all'],
    ['2026-11-01', Date.UTC(2026, 10, 1)],
    ['"2026-11-01T09:00:00+02:00"', Date.UTC(2026, 10, 1, 7)],
    ['2026-11-21T09:30:00Z', Date.UTC(2026, 10, 21, 9, 30)],
  ])('begins where it says: %s', (written, expected) => {
    expect(settingsOf(load(changed(undefined, `start: ${written}`))).start).toBe(expected);
  });

  it('tightens limits, and keeps the others', () => {
    const { limits } = settingsOf(load(changed(undefined, 'limits: { settling: 10m, perSource: 1, grain: 5m }')));
    expect(limits).toEqual({
      ...signalSciences.limits,
      settling: 10 * MINUTE,
      perSource: 1,
      perStream: 1,
      grain: 5 * MINUTE,
    });
  });

  it('keeps the phase of the clock when pulls are more frequent than the default offset is long', () => {
    expect(settingsOf(load(changed(undefined, 'schedule: { every: 5m }', 'window: 5m'))).schedule).toEqual({
      every: 5 * MINUTE,
      offset: MINUTE,
    });
  });

  it('takes an API token in place of a login', () => {
    const text = BASE.replace('email:', 'user:').replace('password:', 'token:');
    expect(settingsOf(load(text))['auth']).toMatchObject({
      user: 'ops@example.com',
      token: { place: '${env:SIGSCI_PASSWORD}' },
    });
  });

  it("takes the vendor's signals and the customer's own", () => {
    const { tags } = settingsOf(load(changed(undefined, 'tags: [SQLI, LOG4J-JNDI, site.my-signal]'))) as {
      tags?: unknown;
    };
    expect(tags).toEqual(['SQLI', 'LOG4J-JNDI', 'site.my-signal']);
  });

  it('speaks TLS when there is an API key to protect', () => {
    const config = load(`${BASE}temporal:\n  address: t.example.com:7233\n  apiKey: \${env:SIGSCI_PASSWORD}\n`);
    expect(config.temporal).toMatchObject({ address: 't.example.com:7233', tls: true });
    expect(config.temporal.apiKey?.reveal()).toBe(CANARY);
  });

  it('keeps the order of its sources', () => {
    const source = BASE.slice(BASE.indexOf('  acme-waf'));
    const text =
      BASE + source.replace('acme-waf', 'b') + source.replace('acme-waf', '10') + source.replace('acme-waf', 'a');
    expect([...load(text).sources.keys()].filter((id) => id !== '10')).toEqual(['acme-waf', 'b', 'a']);
  });

  it('is the example that a user begins with', () => {
    const example = fileURLToPath(new URL('../../sluice.example.yaml', import.meta.url));
    expect([...loadConfig(example, { env: ENV }).sources.keys()]).toEqual(['acme-waf']);
  });

  it('is the example with all that stands in it as a comment', () => {
    const example = readFileSync(new URL('../../sluice.example.yaml', import.meta.url), 'utf8');
    const whole = example
      .replace(
        /^( *)# (?=temporal:|metrics:|acme-[\w-]+:| {2,6}[\w-]+:|tags:|limit:|start:|baseUrl:|proxy:|limits:)/gm,
        '$1',
      )
      .replace('    # ca:', '    # ca:');
    const names = [
      'TEMPORAL_API_KEY',
      'APPTRANA_KEY',
      'INSTART_PASSWORD',
      'SHADOW_KEY',
      'SHADOW_SECRET',
      'GIB_API_KEY',
    ];
    const secrets = Object.fromEntries(names.map((name) => [name, CANARY]));
    const config = load(whole, { env: { ...ENV, ...secrets } });
    const sources = ['acme-waf', 'acme-apptrana', 'acme-cdn', 'acme-shadow', 'acme-gib'];
    expect([...config.sources.keys()]).toEqual(sources);
    expect(config.temporal.tls).toBe(true);
    expect(config.metrics).toEqual({ listen: '127.0.0.1:9464' });
    expect(settingsOf(config)).toMatchObject({
      tags: ['SQLI', 'XSS'],
      start: Date.UTC(2026, 10, 1),
      limits: { perSource: 3 },
    });
  });
});

interface CdnSettings {
  readonly zones: Readonly<Record<string, { readonly depth: number }>>;
  readonly pause: number;
  readonly keys: readonly Secret[];
  readonly mode: 'fast' | 'careful';
}

/** A vendor that nobody has heard of. */
const cdn: SourceType<CdnSettings> = {
  name: 'acme-cdn',
  settings: z.strictObject({
    zones: z.record(z.string(), z.strictObject({ depth: z.int().max(9).default(3) })),
    pause: duration('How long to pause.').prefault('90s'),
    keys: z.array(secret('A key: a reference.')).default([]),
    mode: z.enum(['fast', 'careful']).default('fast'),
  }),
  limits: { ...signalSciences.limits, cursorValidity: Infinity, longest: HOUR },
  defaults: { every: 10 * MINUTE, offset: 0, window: 10 * MINUTE },
  open() {
    throw new Error('not opened here');
  },
};

describe('a source type that nobody has heard of', () => {
  const registry = { 'acme-cdn': cdn as SourceType };
  const base = 'version: 1\nsources:\n  edge:\n    type: acme-cdn\n    zones: { a: {} }\n';
  const edge = (text: string) => load(text, { registry }).sources.get('edge')?.settings;

  it('brings its own settings and defaults', () => {
    expect(edge(base)).toMatchObject({
      zones: { a: { depth: 3 } },
      pause: 90 * SECOND,
      mode: 'fast',
      schedule: { every: 10 * MINUTE, offset: 0 },
      window: 10 * MINUTE,
    });
  });

  it('may have secrets anywhere', () => {
    const keys = edge(`${base}    keys: ["\${env:SIGSCI_PASSWORD}"]\n`)?.['keys'] as readonly Secret[];
    expect(keys.map((key) => key.reveal())).toEqual([CANARY]);
    const error = refusal(`${base}    keys: [hunter2]\n`, { registry });
    expect(places(error)).toEqual(['6:12 a secret must not be written into the file']);
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  it('has its mistakes told in the same words', () => {
    const text = `${base.replace('{ a: {} }', '{ a: { dept: 1 }, b: { depth: 10 } }')}    mode: carefull\n    pause: 5\n`;
    const error = refusal(text, { registry });
    expect(places(error)).toEqual([
      '5:19 there is no key `dept` here',
      '5:42 expected at most 9, found the number 10',
      '6:11 expected one of `fast`, `careful`, found "carefull"',
      '7:12 a length of time needs a unit: `5s`, `5m` or `5h`?',
    ]);
    expect(error.findings.map(({ suggestion }) => suggestion)).toEqual([
      'Did you mean `depth`?',
      undefined,
      'Did you mean `careful`?',
      undefined,
    ]);
  });

  it('does not know the settings of another one', () => {
    expect(places(refusal(`${base}    corp: x\n`, { registry }))).toEqual(['6:5 there is no key `corp` here']);
  });
});

describe('words that were probably meant', () => {
  const keys = ['window', 'schedule', 'start', 'sites', 'signal-sciences'];

  it.each([
    ['windw', 'window'],
    ['wnidow', 'window'],
    ['Schedule', 'schedule'],
    ['SignalSciences', 'signal-sciences'],
    ['site', 'sites'],
  ])('%s is %s', (word, expected) => {
    expect(nearest(word, keys)).toBe(expected);
  });

  it.each(['colour', 'x', ''])('"%s" is none of them', (word) => {
    expect(nearest(word, keys)).toBeUndefined();
  });
});

describe('a length of time', () => {
  it.each([
    ['1h', HOUR],
    ['24h5m', 24 * HOUR + 5 * MINUTE],
    ['1d', 24 * HOUR],
    ['90s', 90 * SECOND],
    ['0s', 0],
  ])('%s is read', (text, expected) => {
    expect(parseLength(text)).toBe(expected);
  });

  it.each(['', '1', '1x', '5m1h', '1 h', '-1h', '1.5h', 'h', '1h1h', '99999999h'])('"%s" is refused', (text) => {
    expect(parseLength(text)).toBeUndefined();
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 10_000_000 }),
        (seconds) => parseLength(writeLength(seconds * SECOND)) === seconds * SECOND,
      ),
    );
  });
});
