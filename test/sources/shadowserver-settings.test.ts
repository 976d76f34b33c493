import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { showConfig } from '../../src/config/show.ts';
import { DAY } from '../../src/core/time.ts';
import { shadowserver } from '../../src/sources/shadowserver/index.ts';
import { settingsKit } from './settings-kit.ts';

const registry = { shadowserver };
const validate = new Ajv({ strict: false }).compile(configJsonSchema(registry));

const HEAD = [
  'version: 1',
  'sources:',
  '  acme-shadow:',
  '    type: shadowserver',
  '    auth: { apiKey: "${env:SHADOW_KEY}", secret: "${env:SHADOW_KEY}" }',
];

const written = (...lines: readonly string[]): string =>
  [...HEAD, ...lines.map((line) => `    ${line}`), ''].join('\n');

const { loaded, settings, mistakes } = settingsKit(registry, 'acme-shadow', 'SHADOW_KEY');

describe('the settings', () => {
  it('name lists, queries and counts, each a stream', () => {
    const text = written(
      'reports: { lists: [united-states, california], types: [scan_ssl, blocklist] }',
      'queries:',
      '  ssl: { query: { geo: US, tag: ssl, port: 443 }, sort: descending }',
      '  by-port: { query: { geo: US }, facet: port }',
      'stats: true',
    );
    expect(settings(text)).toMatchObject({
      reports: { lists: ['united-states', 'california'], types: ['scan_ssl', 'blocklist'] },
      queries: {
        ssl: { query: { geo: 'US', tag: 'ssl', port: 443 }, sort: 'descending' },
        'by-port': { query: { geo: 'US' }, facet: 'port', sort: 'ascending' },
      },
      stats: true,
      download: 'dl',
      downloadUrl: 'https://dl.shadowserver.org',
    });
    validate(parse(text));
    expect(validate.errors).toBeNull();
    const shown = showConfig(loaded(text), 'yaml');
    expect(shown).not.toContain('canary');
    expect(settings(shown)['queries']).toEqual(settings(text)['queries']);
    const { type, settings: own } = loaded(text).sources.get('acme-shadow') ?? {};
    const streams = type?.open({ id: 'acme-shadow', settings: own as never, clock: Date.now }).streams ?? [];
    expect(streams.map(({ name, shape }) => `${name} ${shape}`)).toEqual([
      'united-states report',
      'california report',
      'ssl window',
      'by-port window',
      'stats window',
    ]);
  });

  it('take all types, and a day for a window, where nothing is said', () => {
    expect(settings(written('reports: { lists: [united-states] }'))).toMatchObject({
      reports: { types: 'all' },
      stats: false,
      window: DAY,
      limits: { retention: 30 * DAY, perSource: 4 },
    });
  });

  const refused: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['nothing to pull', [], ['3:3 needs something to pull: `reports`, `queries` or `stats: true`']],
    ['no list', ['reports: { lists: [] }'], ['6:23 ']],
    [
      'a list as the vendor answers it',
      ['reports: { lists: [united-states@shadowserver.org] }'],
      ['6:24 the vendor asks for the bare name of a list: `united-states`'],
    ],
    ['a list twice', ['reports: { lists: [a, a] }'], ['6:27 "a" is in the list twice']],
    [
      'a query by the name of a list',
      ['reports: { lists: [us] }', 'queries: { us: { query: { geo: US } } }'],
      ['"us" is the name of another stream'],
    ],
    [
      'a query of nothing',
      ['queries: { us: { query: {} } }'],
      ['needs an attribute that matches your own report filters'],
    ],
    ['a sort that there is not', ['queries: { us: { query: { geo: US }, sort: up } }'], ['ascending']],
    ['a mistyped key', ['stats: true', 'reprots: { lists: [a] }'], ['7:5 there is no key `reprots` here']],
    ['a download host that is none', ['stats: true', 'downloadUrl: dl.shadowserver.org'], ['7:18 expected an address']],
    ['a secret in the file', ['stats: true', 'download: dl', 'limits: { perSource: 40 }'], ['looser than the vendor']],
  ];
  it.each(refused)('refuse %s, with its place', (_, lines, messages) => {
    const found = mistakes(written(...lines));
    for (const message of messages) expect(found.join('\n')).toContain(message);
    expect(found).toHaveLength(1);
  });

  it('refuse a key that is written into the file', () => {
    const text = written('stats: true').replace('"${env:SHADOW_KEY}", secret', 'canary-plain, secret');
    expect(mistakes(text).join()).toContain('a secret must not be written into the file');
  });
});
