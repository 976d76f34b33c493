import { describe, expect, it } from 'vitest';
import { BASE, changed, NOW, places, refusal } from './kit.ts';
import { sourceTypes } from '../../src/sources/index.ts';

const TYPES = Object.keys(sourceTypes)
  .map((type) => `\`${type}\``)
  .join(', ');

const AUTH = '    auth:\n      email: ops@example.com\n      password: ${env:SIGSCI_PASSWORD}\n';
const withAuth = (...lines: readonly string[]): string =>
  changed([AUTH, lines.map((line) => `    ${line}\n`).join('')]);

/** What somebody wrote, and all that must be said about it: line, column and words. */
const mistakes: readonly [what: string, text: string, ...expected: string[]][] = [
  ['a mistyped key of the file', `${BASE}datta: ./x\n`, '10:1 there is no key `datta` here'],
  ['a mistyped key of a source', changed(undefined, 'windw: 1h'), '10:5 there is no key `windw` here'],
  [
    'a mistyped key that is thereby missing, named once',
    changed(['corp:', 'crop:']),
    '5:5 there is no key `crop` here',
  ],
  ['a mistyped half of a pair, named once', changed(['password:', 'passwrd:']), '9:7 there is no key `passwrd` here'],
  ['no version', BASE.slice('version: 1\n'.length), '1:1 `version` is missing: the version of the configuration: 1'],
  [
    'another version',
    changed(['version: 1', 'version: 2']),
    '1:10 this sluice reads version 1 of the configuration: `version: 1`',
  ],
  ['no sources', 'version: 1\n', '1:1 `sources` is missing: the accounts to pull from, each under a name of its own'],
  ['an empty map of sources', 'version: 1\nsources: {}\n', '2:10 needs at least one source'],
  [
    'a source that is nothing',
    'version: 1\nsources:\n  a:\n',
    '3:3 expected a map with `type:` and the settings of the source, found nothing',
  ],
  [
    "a source's name with capitals",
    changed(['acme-waf', 'Acme_WAF']),
    '3:3 "Acme_WAF" cannot be a source\'s name: expected small letters, digits and dashes, a letter or digit first, at most 63',
  ],
  [
    'an unknown source type',
    changed(['signal-sciences', 'signal-science']),
    `4:11 there is no source type \`signal-science\`: expected one of ${TYPES}`,
  ],
  ['no source type', changed(['    type: signal-sciences\n', '']), `3:3 \`type\` is missing: one of ${TYPES}`],
  [
    'a key of the design that this version has not',
    `${BASE}destinations:\n  lake: { type: files, path: ./out }\n`,
    '10:1 `destinations` is not a key of this version: everything of one deployment is below its `data:` folder',
  ],
  [
    'a length of time without a unit',
    changed(undefined, 'window: 3600'),
    '10:13 a length of time needs a unit: `3600s`, `3600m` or `3600h`?',
  ],
  [
    'a length of time in unknown units',
    changed(undefined, 'window: 1hour'),
    '10:13 expected a length of time such as `90s`, `5m`, `1h` or `24h5m` (units d, h, m, s; the largest first), found "1hour"',
  ],
  [
    'a window that does not divide the day',
    changed(undefined, 'window: 5h'),
    '10:13 expected a length that divides the day, such as 4h48m, found 5h',
  ],
  [
    'a window that is no multiple of the grain',
    changed(undefined, 'window: 90s'),
    '10:13 expected a multiple of 1m, which bounds fall on, found 1m30s',
  ],
  [
    'a window longer than the vendor takes',
    changed(undefined, 'window: 48h'),
    '10:13 expected at most 24h, the longest window, found 48h',
  ],
  [
    'an empty window',
    changed(undefined, 'window: 0s'),
    '10:13 expected a multiple of 1m, which bounds fall on, found 0s',
  ],
  ['pulls every few seconds', changed(undefined, 'schedule: { every: 30s }'), '10:24 expected at least 1m, found 30s'],
  [
    'an offset that is not shorter than the interval',
    changed(undefined, 'schedule:', '  every: 5m', '  offset: 5m'),
    '12:15 must be shorter than `every` (5m), found 5m',
  ],
  [
    'pulls so rare that the vendor forgets in between',
    changed(undefined, 'schedule:', '  every: 24h'),
    '11:14 the vendor keeps 24h5m: with windows of 1h, events would be forgotten between two pulls; expected at most 22h58m, found 24h',
  ],
  [
    'limits looser than the vendor, each by its name',
    changed(
      undefined,
      'limits:',
      '  longest: 48h',
      '  settling: 1m',
      '  retention: 48h',
      '  safety: 10s',
      '  perSource: 6',
    ),
    "11:16 48h is looser than the vendor's limit: at most 24h",
    "12:17 1m is looser than the vendor's limit: at least 5m",
    "13:18 48h is looser than the vendor's limit: at most 24h5m",
    "14:15 10s is looser than the vendor's limit: at least 1m",
    "15:18 6 is looser than the vendor's limit: at most 5",
  ],
  [
    'a grain that the vendor would refuse',
    changed(undefined, 'limits: { grain: 90s }'),
    "10:22 expected a multiple of the vendor's 1m that divides the day, found 1m30s",
  ],
  [
    'a longest window shorter than the default window',
    changed(undefined, 'limits: { longest: 30m }'),
    '3:3 expected at most 30m, the longest window, found 1h',
  ],
  [
    'more connections for a stream than for its source',
    changed(undefined, 'limits: { perSource: 1, perStream: 2 }'),
    '10:40 2 is more than `perSource`, 1: a stream cannot have more connections than its source',
  ],
  [
    'a retention too short to pull anything',
    changed(undefined, 'limits: { retention: 1h }'),
    '3:3 the vendor keeps 1h, too little for windows of 1h: they would be forgotten before they are due',
  ],
  [
    'a start without a zone',
    changed(undefined, 'start: 2026-11-01T09:00:00'),
    '10:12 the time "2026-11-01T09:00:00" needs a zone, such as `2026-11-01T09:00:00Z`',
  ],
  ['a start in the future', changed(undefined, 'start: 2026-11-22'), '10:12 2026-11-22T00:00:00Z is in the future'],
  [
    'a day that no calendar has',
    changed(undefined, 'start: 2026-02-31'),
    '10:12 "2026-02-31" is no date or time of the calendar',
  ],
  [
    'a start in words',
    changed(undefined, 'start: yesterday'),
    '10:12 expected a date (`2026-11-01`), a time with its zone (`2026-11-01T09:00:00Z`) or `all`, found "yesterday"',
  ],
  [
    'an address without a scheme',
    changed(undefined, 'baseUrl: dashboard.example.com'),
    '10:14 expected an address that begins with https:// or http://, such as https://api.example.com',
  ],
  [
    'a password in an address',
    changed(undefined, 'baseUrl: https://me:pass@example.com'),
    '10:14 must not hold a user name or password: they belong into `auth`',
  ],
  [
    'a proxy without a scheme',
    changed(undefined, 'proxy: proxy.example.com:3128'),
    '10:12 expected the address of an HTTP proxy, such as http://proxy.example.com:3128',
  ],
  [
    'a certificate file that is not there',
    changed(undefined, 'ca: ./nope.pem'),
    '10:9 ./nope.pem: there is no such file',
  ],
  [
    'a certificate that is none',
    changed(undefined, 'ca: |', '  -----BEGIN CERTIFICATE-----', '  AAAA', '  -----END CERTIFICATE-----'),
    '10:9 certificate 1 of 1 is damaged',
  ],
  [
    'a private key in place of a certificate',
    changed(undefined, 'ca: |', '  -----BEGIN PRIVATE KEY-----', '  AAAA', '  -----END PRIVATE KEY-----'),
    '10:9 holds a private key; expected certificates only',
  ],
  [
    'no corp',
    changed(['    corp: testcorp\n', '']),
    "3:3 `corp` is missing: the corp's short name, as it stands in the dashboard's address",
  ],
  ['a corp that YAML reads as a number', changed(['testcorp', '0123']), '5:11 expected text, found the number 0123'],
  ['nothing where a name belongs', changed([' testcorp', '']), '5:5 expected text, found nothing'],
  [
    'one site that is no list',
    changed(['[www.example.com]', 'www.example.com']),
    '6:12 expected a list, found "www.example.com"',
  ],
  ['no sites', changed(['[www.example.com]', '[]']), '6:12 needs at least one site'],
  [
    'sites that are no short names',
    changed(['[www.example.com]', '[https://a.example, "a b", a/b]']),
    '6:13 "https://a.example" is an address; expected the site\'s short name, as it stands in the dashboard\'s address: without http:// or https://',
    '6:32 "a b" holds a space; expected the site\'s short name, as it stands in the dashboard\'s address',
    '6:39 "a/b" holds a slash; expected the site\'s short name, as it stands in the dashboard\'s address',
  ],
  ['a site twice', changed(['[www.example.com]', '[a, b, a]']), '6:19 "a" is in the list twice'],
  [
    'no credentials',
    changed([AUTH, '']),
    '3:3 `auth` is missing: either `email` and `password` (a login), or `user` and `token` (an API token)',
  ],
  [
    'credentials of neither kind',
    withAuth('auth: {}'),
    '7:11 is empty; expected `email` and `password` (a login), or `user` and `token` (an API token)',
  ],
  [
    'credentials of both kinds',
    withAuth(
      'auth:',
      '  email: ops@example.com',
      '  password: ${env:SIGSCI_PASSWORD}',
      '  token: ${env:SIGSCI_PASSWORD}',
    ),
    '7:5 has keys of a login (`email`, `password`) and of an API token (`user`, `token`); keep one of the two pairs',
  ],
  ['half a login', withAuth('auth:', '  email: ops@example.com'), '7:5 has `email` without `password`'],
  ['half an API token', withAuth('auth:', '  token: ${env:SIGSCI_PASSWORD}'), '7:5 has `token` without `user`'],
  ['an email that is none', changed(['ops@example.com', 'ops']), '8:14 expected an email address, found "ops"'],
  [
    'a page larger than the vendor gives',
    changed(undefined, 'limit: 5000'),
    "10:12 expected at most 1000, which is what the vendor's pages hold, found 5000",
  ],
  ['a number in quotes', changed(undefined, 'limit: "500"'), '10:12 expected a number, found "500"'],
  [
    'a signal in small letters',
    changed(undefined, 'tags: [sqli]'),
    '10:12 "sqli" is not a signal: expected capitals, digits and dashes, such as `SQLI`; did you mean `SQLI`?',
  ],
  [
    'an empty list of signals',
    changed(undefined, 'tags: []'),
    '10:11 needs at least one signal; leave `tags` out to get all requests',
  ],
  [
    'a Temporal address with a scheme',
    `${BASE}temporal:\n  address: https://temporal.example.com:7233\n`,
    '11:12 expected `host:port` without a scheme, such as `temporal.example.com:7233`, found "https://temporal.example.com:7233"',
  ],
  [
    'a port that does not exist',
    `${BASE}temporal: { port: 70000 }\n`,
    '10:19 expected at most 65535, found the number 70000',
  ],
  [
    'a place for the metrics without a port',
    `${BASE}metrics: { listen: 127.0.0.1 }\n`,
    '10:20 expected `host:port`, such as `127.0.0.1:9464`, found "127.0.0.1"',
  ],
  ['one port for two', `${BASE}temporal: { uiPort: 7233 }\n`, '10:21 must differ from `port`, 7233'],
  [
    'a yes that YAML does not read as true',
    `${BASE}temporal: { address: "a:1", tls: yes }\n`,
    '10:34 expected `true` or `false`, found "yes"',
  ],
  [
    'settings of a cluster without its address',
    `${BASE}temporal:\n  namespace: waf\n`,
    '11:3 `namespace` is for a cluster, which needs its `address`; the server that `sluice up` brings takes none',
  ],
  [
    'an API key that would be sent in the clear',
    `${BASE}temporal:\n  address: a:1\n  tls: false\n  apiKey: \${env:SIGSCI_PASSWORD}\n`,
    '12:8 with `tls: false` the API key would be sent in the clear',
  ],
  [
    'a home folder that nobody expands',
    `${BASE}data: ~/sluice\n`,
    '10:7 `~` means nothing here: it would be a folder of that name',
  ],
  [
    'one key twice',
    changed(undefined, 'window: 1h', 'window: 2h'),
    '11:5 `window` is there twice in one map; the first is on line 10',
  ],
  ['an alias of nothing', changed(undefined, 'window: *w'), '10:13 there is no anchor `w` above'],
  ['a tag', changed(undefined, 'window: !hours 1h'), '10:13 YAML tags (`!name`) mean nothing here'],
];

describe('a configuration with a mistake is refused at its line and column, in words', () => {
  it.each(mistakes)('%s', (_, text, ...expected) => {
    expect(places(refusal(text, { now: () => NOW }))).toEqual(expected);
  });

  it.each(mistakes)('%s: the caret stands below the place', (_, text) => {
    for (const finding of refusal(text).findings) {
      const [line = '', caret = ''] = (finding.excerpt ?? '').split('\n');
      expect(caret).toMatch(/^\s*\^+$/);
      expect(caret.indexOf('^')).toBe(finding.column - 1);
      expect(caret.length).toBeLessThanOrEqual(line.length);
    }
  });
});

describe('a finding says how to mend it', () => {
  const suggestions: readonly [string, string, string][] = [
    ['a mistyped key', changed(undefined, 'windw: 1h'), 'Did you mean `window`?'],
    ['a key of the type itself', changed(undefined, 'site: [a]'), 'Did you mean `sites`?'],
    ['a mistyped type', changed(['signal-sciences', 'signalsciences']), 'Did you mean `signal-sciences`?'],
    ['a number for text', changed(['testcorp', '0123']), 'Quote it: `"0123"`.'],
    ['text for a number', changed(undefined, 'limit: "500"'), 'Write it without quotes: `500`.'],
    ['text for a list', changed(['[www.example.com]', 'a']), 'Write it as a list: `[a]`.'],
    ['a version in quotes', changed(['version: 1', 'version: "1"']), 'Write it without quotes: `1`.'],
    ['a yes', `${BASE}temporal: { address: "a:1", tls: yes }\n`, 'Write `true`, without quotes.'],
    ['a name with capitals', changed(['acme-waf', 'Acme WAF']), 'Perhaps `acme-waf`?'],
    ['a home folder', `${BASE}data: ~/sluice\n`, 'Write `${env:HOME}/sluice`.'],
    [
      'a default that does not fit',
      changed(undefined, 'limits: { longest: 30m }'),
      'That is the default; set `window`.',
    ],
    [
      'a key that resembles none',
      `${BASE}temporal: { colour: red }\n`,
      'Known here: `address`, `namespace`, `tls`, `apiKey`, `ui`, `port`, `uiPort`.',
    ],
  ];

  it.each(suggestions)('%s', (_, text, suggestion) => {
    expect(refusal(text).findings.map((finding) => finding.suggestion)).toEqual([suggestion]);
  });
});

it('names all mistakes of a file at once, in the order of the file', () => {
  const text = changed(['testcorp', '12'], 'windw: 1h', 'start: tomorrow', 'limit: 0') + 'datta: x\n';
  const { findings } = refusal(text);
  expect(findings.map(({ line, path }) => [line, path])).toEqual([
    [5, 'sources.acme-waf.corp'],
    [10, 'sources.acme-waf.windw'],
    [11, 'sources.acme-waf.start'],
    [12, 'sources.acme-waf.limit'],
    [13, 'datta'],
  ]);
});
