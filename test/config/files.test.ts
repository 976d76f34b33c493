import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, describe } from 'vitest';
import { formatConfigError } from '../../src/config/errors.ts';
import { loadConfig } from '../../src/config/load.ts';
import { BASE, changed, ENV, folder, load, places, refusal, refusalOf, write } from './kit.ts';

describe('a file that cannot be read as a configuration', () => {
  it('is missed by its name, with the one that is there', () => {
    const file = write(BASE, 'sluice.yml');
    const error = refusalOf(() => loadConfig(join(file, '..', 'sluice.yaml')));
    expect(error.findings).toMatchObject([
      { line: 1, column: 1, message: 'there is no such file', suggestion: `Did you mean \`${file}\`?` },
    ]);
  });

  it('is missed with the way to get one', () => {
    const error = refusalOf(() => loadConfig(join(folder(), 'sluice.yaml')));
    expect(error.findings[0]?.suggestion).toBe('sluice.example.yaml is one to begin with; -c names another file.');
  });

  it('may be a folder, then the file in it is named', () => {
    const file = write(BASE);
    const error = refusalOf(() => loadConfig(join(file, '..')));
    expect(error.findings).toMatchObject([
      { message: 'is a folder; expected a file', suggestion: `Did you mean \`${file}\`?` },
    ]);
  });

  it('may not be UTF-8, then the line is named', () => {
    const error = refusal(Buffer.concat([Buffer.from('version: 1\n# caf'), Buffer.from([0xe9, 0x0a])]));
    expect(places(error)).toEqual(['2:1 is not UTF-8']);
  });

  it('may be UTF-16, as some editors save', () => {
    expect(places(refusal(Buffer.from(`\ufeff${BASE}`, 'utf16le')))).toEqual(['1:1 is UTF-16; expected UTF-8']);
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \n\n'],
    ['comments', '# later\n'],
  ])('may hold %s', (_, text) => {
    expect(places(refusal(text))).toEqual([
      '1:1 the file is empty; a configuration begins with `version: 1` and names its `sources:`',
    ]);
  });

  it('may be a list', () => {
    expect(places(refusal('- version: 1\n'))).toEqual([
      '1:1 expected a map that begins with `version: 1`, found a list',
    ]);
  });
});

describe('YAML that is none', () => {
  const broken: readonly [string, string, string][] = [
    ['a tab', 'version: 1\nsources:\n\ta: 1\n', '3:1 a tab at the beginning of a line: YAML is indented with spaces'],
    ['a line too far left', 'a:\n    b: 1\n  c: 2\n', '3:1 the indentation does not fit the lines around it'],
    [
      'an open bracket',
      'version: 1\nsites: [a, b\n',
      '2:8 a bracket is opened here and not closed, or its lines are not indented enough',
    ],
    [
      'an open quote, at its beginning',
      'version: 1\ndata: "x\nsources: {}\n',
      '2:7 a quote is opened here and not closed',
    ],
    [
      'a second colon',
      'version: 1\ndata: a: b\n',
      '2:7 a second `: ` in one line: quote the value, or put the inner map on lines of its own',
    ],
    ['no colon', 'version: 1\ndata ./x\nsources: {}\n', '2:1 expected `key: value`; the `:` is missing'],
    [
      'a character that begins no value',
      'version: 1\ndata: @x\n',
      '2:7 a value cannot begin with this character; quote it',
    ],
    [
      'a second document',
      `${BASE}---\nversion: 1\n`,
      '10:1 a second document begins here (`---`); a configuration is one',
    ],
  ];

  it.each(broken)('%s', (_, text, expected) => {
    expect(places(refusal(text))).toEqual([expected]);
  });

  it('nested without end is refused, not followed', () => {
    const nested = [
      `a: ${'['.repeat(50_000)}`,
      `a:\n ${'- '.repeat(50_000)}`,
      Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    ];
    for (const text of nested) expect(places(refusal(text))[0]).toContain('nested more than 100 levels deep');
  });

  it('with aliases that multiply is refused, not followed', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `  k${i}: &l${i} [${Array.from({ length: 9 }, () => (i === 0 ? 'x' : `*l${i - 1}`)).join(', ')}]`,
    );
    const error = refusal(`version: 1\nsources:\n${levels.join('\n')}\n`);
    expect(error.message).toContain('with its aliases followed this is more than 20000 values');
  });

  it('with aliases that nest without end is refused, not followed', () => {
    const levels = Array.from({ length: 15_000 }, (_, i) => `  k${i}: &l${i} ${i === 0 ? 'x' : `[*l${i - 1}]`}`);
    expect(refusal(`version: 1\nsources:\n${levels.join('\n')}\n`).message).toContain(
      'with its aliases followed this is more than 100 levels deep',
    );
  });

  it('with an anchor that holds itself is refused', () => {
    expect(places(refusal('version: 1\nsources: &s\n  a: *s\n'))).toEqual(['3:6 the anchor `s` holds itself']);
  });

  it.each([
    [
      'a map',
      changed(['    auth:', '    auth: {'], '}').replace('email: ops@example.com', 'email: ops@example.com,'),
      '9:17',
    ],
    ['a map in one line', BASE.replace(/auth:[^]*$/, 'auth: { email: a@b.c, password: ${env:X} }\n'), '7:37'],
    ['a list', changed(['[www.example.com]', '[a, ${env:X}]']), '6:16'],
    ['the end of a text', changed(['[www.example.com]', '[a, b${env:X}]']), '6:17'],
  ])('a reference in flow style is to be quoted: in %s', (_, text, place) => {
    const [finding, ...others] = refusal(text).findings;
    expect(others).toEqual([]);
    expect(`${finding?.line}:${finding?.column}`).toBe(place);
    expect(finding?.message).toBe('a reference inside `{ }` or `[ ]` must be quoted: there its braces are YAML');
    expect(finding?.suggestion).toMatch(/^Quote it: `"\$\{env:(X|SIGSCI_PASSWORD)\}"`, or use block style/);
  });

  it('a reference beside another mistake is not blamed for it', () => {
    expect(places(refusal(changed(['testcorp', '${env:X}: y'])))).toEqual([
      '5:11 a second `: ` in one line: quote the value, or put the inner map on lines of its own',
    ]);
  });
});

describe('YAML that is unusual', () => {
  it('loads with Windows line endings, and mistakes keep their places', () => {
    expect(load(BASE.replaceAll('\n', '\r\n')).sources.size).toBe(1);
    const error = refusal(changed(undefined, 'windw: 1h').replaceAll('\n', '\r\n'));
    expect(places(error)).toEqual(['10:5 there is no key `windw` here']);
    expect(error.findings[0]?.excerpt).toBe('    windw: 1h\n    ^^^^^');
  });

  it('loads with a byte order mark, and mistakes of the first line keep their places', () => {
    expect(load(`\ufeff${BASE}`).sources.size).toBe(1);
    expect(places(refusal(`\ufeffdatta: x\n${BASE}`))).toEqual(['1:1 there is no key `datta` here']);
  });

  const twins = [
    BASE.replace('auth:', 'auth: &auth').replace('acme-waf:', 'acme-waf: &waf'),
    '  acme-eu:',
    '    <<: *waf',
    '    corp: eucorp',
    '  acme-us:',
    '    type: signal-sciences',
    '    corp: uscorp',
    '    sites: [b]',
    '    auth: *auth',
    '',
  ].join('\n');

  it('takes anchors, aliases and merged maps, own keys first', () => {
    const sources = [...load(twins).sources.values()];
    expect(sources.map(({ settings }) => settings['corp'])).toEqual(['testcorp', 'eucorp', 'uscorp']);
    expect(new Set(sources.map(({ settings }) => JSON.stringify(settings['auth']))).size).toBe(1);
  });

  it('points at the anchor for a mistake inside it, where it has to be mended', () => {
    const error = refusal(twins.replace('email: ops@example.com', 'email: nobody'));
    expect([...new Set(places(error))]).toEqual([
      '8:14 expected an email address, found "nobody"',
      '12:5 expected an email address, found "nobody"',
    ]);
  });

  it('finds its way in a very long line', () => {
    const error = refusal(
      changed(['[www.example.com]', `[${Array.from({ length: 60 }, (_, i) => `site-${i}`).join(', ')}, a/b]`]),
    );
    const [line = '', caret = ''] = (error.findings[0]?.excerpt ?? '').split('\n');
    expect(line.length).toBeLessThan(130);
    expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('a/b');
  });
});

describe('an error for people and for programs', () => {
  const text = changed(undefined, 'windw: 1h');

  it('shows the place, the line with a caret and how to mend it', () => {
    const error = refusal(text);
    expect(formatConfigError(error, { color: false })).toBe(
      [
        `${error.file}:10:5 sources.acme-waf.windw: there is no key \`windw\` here`,
        '        windw: 1h',
        '        ^^^^^',
        '  Did you mean `window`?',
        '',
        '1 mistake in the configuration; nothing was started.',
      ].join('\n'),
    );
    expect(formatConfigError(error, { color: true })).toContain('\u001b[31m');
  });

  it('has an exit code of its own, and JSON with every finding', () => {
    const error = refusal(text);
    expect(error.exitCode).toBe(78);
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      error: 'config-invalid',
      file: error.file,
      findings: [
        {
          file: error.file,
          line: 10,
          column: 5,
          path: 'sources.acme-waf.windw',
          message: 'there is no key `windw` here',
          suggestion: 'Did you mean `window`?',
          excerpt: '    windw: 1h\n    ^^^^^',
        },
      ],
    });
  });

  it('obeys no terminal codes that the file holds', () => {
    const error = refusal(changed(['testcorp', '"a\u009b31mb"'])); // a control sequence introducer
    expect(formatConfigError(error, { color: false })).not.toContain('\u009b');
  });
});

it('a folder of configurations keeps each one to its own data', () => {
  const home = folder();
  mkdirSync(join(home, 'eu'));
  write(BASE, 'eu/sluice.yaml', home);
  expect(loadConfig(join(home, 'eu/sluice.yaml'), { env: ENV }).data).toBe(join(home, 'eu', 'data'));
});
