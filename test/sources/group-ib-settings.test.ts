import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { showConfig } from '../../src/config/show.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { groupIb } from '../../src/sources/group-ib/index.ts';
import { settingsKit } from './settings-kit.ts';

const registry = { 'group-ib': groupIb };
const validate = new Ajv({ strict: false }).compile(configJsonSchema(registry));

const HEAD = [
  'version: 1',
  'sources:',
  '  acme-gib:',
  '    type: group-ib',
  '    auth: { username: ops@example.com, apiKey: "${env:GIB_API_KEY}" }',
];

const written = (...lines: readonly string[]): string =>
  [...HEAD, ...lines.map((line) => `    ${line}`), ''].join('\n');

const { loaded, settings: load, mistakes } = settingsKit(registry, 'acme-gib', 'GIB_API_KEY');

describe('the settings', () => {
  it('name collections, or say what is wanted of them', () => {
    const text = written(
      'collections:',
      '  - apt/threat',
      '  - name: compromised/account_group',
      '    parameters: { unique: true, combolist: false }',
      '    limit: 50',
      '    keys: { login: login, service: { host: service.host }, type: "*account" }',
      '    iocs: { ips: events.client.ipv4.ip }',
      '  - drp/violation',
      'drp: { section: web, brandIds: ["17"], approveState: [approved], subtypes: [phishing], typoSquatting: true }',
      'requestsPerSecond: 0.5',
    );
    expect(load(text)).toMatchObject({
      auth: { username: 'ops@example.com' },
      collections: [
        { name: 'apt/threat' },
        {
          name: 'compromised/account_group',
          parameters: { unique: true, combolist: false },
          limit: 50,
          keys: { login: 'login', service: { host: 'service.host' }, type: '*account' },
          iocs: { ips: 'events.client.ipv4.ip' },
        },
        { name: 'drp/violation' },
      ],
      drp: { section: 'web', brandIds: ['17'], typoSquatting: true },
      ignoreValidation: false,
      requestsPerSecond: 0.5,
    });
    validate(parse(text));
    expect(validate.errors).toBeNull();
    const shown = showConfig(loaded(text), 'yaml');
    expect(shown).not.toContain('canary');
    expect(load(shown)['collections']).toEqual(load(text)['collections']);
  });

  it('ask once a second unless told otherwise, and go back ten years', () => {
    const settings = load(written('collections: [compromised/breached]', 'limits: { settling: 6h }'));
    expect(settings).toMatchObject({ requestsPerSecond: 1, window: DAY, limits: { settling: 6 * HOUR } });
    expect(groupIb.limits.retention).toBe(3650 * DAY);
  });

  it('take what is not known, or no longer wanted, when told to', () => {
    const text = written('ignoreValidation: true', 'collections: [darkweb/market, compromised/imei]');
    expect(load(text)).toMatchObject({ collections: [{ name: 'darkweb/market' }, { name: 'compromised/imei' }] });
    expect(mistakes(written('ignoreValidation: true', 'collections: [market]')).join()).toContain('"market" cannot be');
  });

  const refused: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['no collection', ['collections: []'], ['6:18 needs at least one collection']],
    ['no collections', [], ['`collections` is missing']],
    [
      'a slip in a name',
      ['collections: [apt/threat, compromised/account_grup]'],
      ['6:31 ', 'Did you mean `compromised/account_group`?'],
    ],
    [
      'a slip in the name of an entry',
      ['collections:', '  - name: hi/threats'],
      ['7:15 ', 'Did you mean `hi/threat`?'],
    ],
    [
      'a deprecated collection',
      ['collections: [compromised/account]'],
      ['6:19 "compromised/account" is deprecated by the vendor; `compromised/account_group` took its place'],
    ],
    ['a deprecated group', ['collections: [bp/anything]'], ['"bp/anything" is deprecated by the vendor']],
    ['what is no name', ['collections: [threats]'], ['6:19 "threats" cannot be a collection\'s name']],
    ['a path', ['collections: ["../user"]'], ['cannot be a collection']],
    ["the vendor's path of the violations", ['collections: [violation/list]'], ['is written `drp/violation` here']],
    ['a collection twice', ['collections: [apt/threat, name, apt/threat]'], ['6:37 "apt/threat" is in the list twice']],
    [
      'a parameter of another collection',
      ['collections:', '  - { name: hi/threat, parameters: { unique: true } }'],
      ['7:50 ', '`hi/threat` has no parameter `unique`; it takes `apply_hunting_rules`, `is_tailored`'],
    ],
    [
      'a parameter where there is none',
      ['collections:', '  - { name: attacks/deface, parameters: { is_tailored: true } }'],
      ['`attacks/deface` has no parameter `is_tailored`; it takes none'],
    ],
    [
      'a parameter that there is not',
      ['collections:', '  - { name: hi/threat, parameters: { q: x } }'],
      ['7:42 there is no key `q` here'],
    ],
    [
      'a parameter that is no switch',
      ['collections:', '  - { name: hi/threat, parameters: { is_tailored: often } }'],
      ['expected `true` or `false`'],
    ],
    [
      'an unknown key',
      ['collections:', '  - { name: hi/threat, paramters: { is_tailored: true } }'],
      ['there is no key `paramters` here', 'Did you mean `parameters`?'],
    ],
    ['a collection that is a number', ['collections: [7]'], ['6:19 expected text']],
    ['a limit of none', ['collections:', '  - { name: hi/threat, limit: 0 }'], ['expected at least 1']],
    ['a limit beyond 500', ['collections:', '  - { name: hi/threat, limit: 501 }'], ['expected at most 500']],
    [
      'a template with a number',
      ['collections:', '  - { name: hi/threat, keys: { a: { b: 3 } } }'],
      ['expected a path such as `indicators.params.ip`', 'or a map of such'],
    ],
    [
      'nested indicators',
      ['collections:', '  - { name: hi/threat, iocs: { a: { b: c } } }'],
      ['7:39 expected a path such as `indicators.params.ip`'],
    ],
    [
      'settings of DRP without it',
      ['collections: [apt/threat]', 'drp: { section: web }'],
      ['is about the collection `drp/violation`'],
    ],
    [
      'an address that is none',
      ['collections: [drp/violation]', 'drp: { baseUrl: drp.example.com }'],
      ['7:21 expected an address that begins with https:// or http://'],
    ],
    ['no requests at all', ['collections: [apt/threat]', 'requestsPerSecond: 0'], ['expected more than 0']],
    ['a flood', ['collections: [apt/threat]', 'requestsPerSecond: 1001'], ['expected at most 1000']],
  ];
  it.each(refused)('refuse %s, at its place and with what would be right', (_, lines, words) => {
    const found = mistakes(written(...lines)).join('\n');
    for (const word of words) expect(found).toContain(word);
  });

  it('refuse a key in the file, and a user name with a colon', () => {
    const text = written('collections: [apt/threat]');
    expect(mistakes(text.replace('"${env:GIB_API_KEY}"', 'canary')).join()).toContain(
      'a secret must not be written into the file',
    );
    expect(mistakes(text.replace('ops@example.com', '"a:b"')).join()).toContain('expected the user name');
  });
});
