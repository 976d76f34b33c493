import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { showConfig } from '../../src/config/show.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { instart } from '../../src/sources/instart/index.ts';
import { settingsKit } from './settings-kit.ts';

const registry = { instart };
const validate = new Ajv({ strict: false }).compile(configJsonSchema(registry));

const HEAD = [
  'version: 1',
  'sources:',
  '  acme-instart:',
  '    type: instart',
  '    customer: acme',
  '    auth: { username: ops, password: "${env:INSTART_PASSWORD}" }',
];

const written = (...lines: readonly string[]): string =>
  [...HEAD, ...lines.map((line) => `    ${line}`), ''].join('\n');

const { loaded, settings: load, mistakes } = settingsKit(registry, 'acme-instart', 'INSTART_PASSWORD');

describe('the settings', () => {
  it('name each stream by its kind, or by a name of its own', () => {
    const text = written(
      'streams:',
      '  events: { dimensions: [client_ip, rule_id] }',
      '  blocked: { kind: events, dimensions: [client_ip], filters: event_action==BLOCK }',
      '  waf-trends: { dimensions: [waf_action], granularity: hour }',
      '  countries: { kind: waf-topk, category: country, dimensions: [client_country_code] }',
      '  trafficshaping-topk: { category: ratelimitclientip, dimensions: [client_ip], window: 30m }',
    );
    expect(load(text)).toMatchObject({
      customer: 'acme',
      rowsPerPage: 10_000,
      streams: {
        events: { kind: 'events', dimensions: ['client_ip', 'rule_id'] },
        blocked: { kind: 'events', dimensions: ['client_ip'], filters: 'event_action==BLOCK' },
        'waf-trends': { kind: 'waf-trends', dimensions: ['waf_action'], metrics: ['hits'], granularity: 'hour' },
        countries: {
          kind: 'waf-topk',
          category: 'country',
          dimensions: ['client_country_code'],
          metrics: ['hits'],
          window: HOUR,
        },
        'trafficshaping-topk': {
          kind: 'trafficshaping-topk',
          category: 'ratelimitclientip',
          dimensions: ['client_ip'],
          window: 30 * MINUTE,
        },
      },
    });
    validate(parse(text));
    expect(validate.errors).toBeNull();
    const shown = showConfig(loaded(text), 'yaml');
    expect(shown).not.toContain('canary');
    expect(load(shown)['streams']).toEqual(load(text)['streams']);
  });

  it('promise what the document does, and are kept inside of it', () => {
    expect(instart.limits).toMatchObject({ retention: 3 * DAY, retentionStep: DAY, settling: 15 * MINUTE });
    const text = written('streams: { events: { dimensions: [domain] } }', 'limits: { settling: 1h, perStream: 1 }');
    expect(load(text)['limits']).toMatchObject({ settling: HOUR, perStream: 1, perSource: 4 });
    expect(
      mistakes(written('streams: { events: { dimensions: [domain] } }', 'limits: { settling: 5m }')).join(),
    ).toContain('looser');
  });

  const refused: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['no stream', ['streams: {}'], ['7:14 needs at least one stream']],
    ['no streams', [], ['`streams` is missing']],
    [
      'a key that is no kind',
      ['streams:', '  evnts: { dimensions: [domain] }'],
      ['8:14 ', 'did you mean `events`?', '`trafficshaping-topk`'],
    ],
    [
      'a name that is no kind',
      ['streams:', '  my-stream: { dimensions: [domain] }'],
      ['needs a `kind`: one of `events`'],
    ],
    [
      'an unknown kind',
      ['streams:', '  x: { kind: waf-trend, dimensions: [domain] }'],
      ['8:18 expected one of `events`', 'Did you mean `waf-trends`?'],
    ],
    [
      'a kind under the name of another',
      ['streams:', '  events: { kind: waf-topk, category: country, dimensions: [client_country_code] }'],
      ['a stream named `events` cannot be of kind `waf-topk`'],
    ],
    [
      'an unknown key',
      ['streams:', '  events: { dimensons: [domain] }'],
      ['8:17 there is no key `dimensons` here', 'Did you mean `dimensions`?'],
    ],
    [
      'a key of another kind',
      ['streams:', '  events: { dimensions: [domain], granularity: hour }'],
      ['`events` has no `granularity`; it takes `dimensions`, `filters`'],
    ],
    ['no dimensions', ['streams:', '  events: {}'], ['`dimensions` is missing: the columns to ask for']],
    ['an empty list', ['streams:', '  events: { dimensions: [] }'], ['needs at least 1 entry']],
    [
      'a dimension twice',
      ['streams:', '  events: { dimensions: [domain, domain] }'],
      ['8:38 "domain" is in the list twice'],
    ],
    ['a dimension with a comma', ['streams:', '  events: { dimensions: ["a,b"] }'], ['"a,b" cannot be a dimension']],
    ['no granularity', ['streams:', '  waf-trends: { dimensions: [domain] }'], ['`granularity` is missing']],
    [
      'the other spelling of a granularity',
      ['streams:', '  waf-trends: { dimensions: [domain], granularity: 5min }'],
      ['8:56 the vendor spells it `5minute`'],
    ],
    ['no category', ['streams:', '  waf-topk: {}'], ['`category` is missing']],
    [
      'an unknown category',
      ['streams:', '  waf-topk: { category: contry, dimensions: [client_ip] }'],
      ['Did you mean `country`?'],
    ],
    [
      'a category of the other list',
      ['streams:', '  waf-topk: { category: ratelimitcountry, dimensions: [client_ip] }'],
      ['8:29 expected one of `browser`, `clientip`, `country`, `requestpath`, `ruleid`, `severity`'],
    ],
    [
      'a list of seven minutes',
      ['streams:', '  waf-topk: { category: country, window: 7m }'],
      ['whole five minutes that divide the day'],
    ],
    [
      'a filter of both joints',
      ['streams:', '  events: { dimensions: [domain], filters: "a==1,b==2;c==3" }'],
      ['8:48 joins filters by `,` (or) and by `;` (and)'],
    ],
    [
      'a filter with another operator',
      ['streams:', '  events: { dimensions: [domain], filters: "a>=1" }'],
      ['"a>=1" is no filter; expected `<dimension>==<value>`'],
    ],
    [
      'too many rows',
      ['rowsPerPage: 1000000', 'streams: { events: { dimensions: [domain] } }'],
      ['expected at most 100000'],
    ],
    [
      'a name that is a path',
      ['streams:', '  a/b: { kind: events, dimensions: [domain] }'],
      ["cannot be a stream's name"],
    ],
  ];
  it.each(refused)('refuse %s, at its place and with what would be right', (_, lines, words) => {
    const found = mistakes(written(...lines)).join('\n');
    for (const word of words) expect(found).toContain(word);
  });

  it('refuse a customer that is no part of a path, and a user name with a colon', () => {
    const streams = 'streams: { events: { dimensions: [domain] } }';
    expect(mistakes(written(streams).replace('customer: acme', 'customer: acme/v1')).join()).toContain(
      '"acme/v1" is no customer name',
    );
    expect(mistakes(written(streams).replace('username: ops', 'username: "a:b"')).join()).toContain(
      'expected a user name',
    );
    expect(mistakes(written(streams).replace('"${env:INSTART_PASSWORD}"', 'canary')).join()).toContain(
      'a secret must not be written into the file',
    );
  });
});
