import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { showConfig } from '../../src/config/show.ts';
import { MINUTE } from '../../src/core/time.ts';
import { apptrana } from '../../src/sources/apptrana/index.ts';
import { settingsKit } from './settings-kit.ts';

const registry = { apptrana };
const validate = new Ajv({ strict: false }).compile(configJsonSchema(registry));

const LEAST = 'auth: { clientId: abc, clientSecret: "${env:APPTRANA_KEY}" }';
const BY_CODE = (more: string): string =>
  `auth: { clientId: abc, clientSecret: "\${env:APPTRANA_KEY}", grant: authorization_code${more} }`;

const written = (...lines: readonly string[]): string =>
  ['version: 1', 'sources:', '  acme:', '    type: apptrana', ...lines.map((line) => `    ${line}`), ''].join('\n');

const { loaded: load, settings, mistakes } = settingsKit(registry, 'acme', 'APPTRANA_KEY');

describe('the settings', () => {
  it('need only the connector', () => {
    expect(settings(written(LEAST))).toMatchObject({
      auth: { clientId: 'abc', grant: 'client_credentials' },
      header: 'Authorization',
      schedule: { every: 5 * MINUTE, offset: MINUTE },
      window: 5 * MINUTE,
      limits: apptrana.limits,
    });
  });

  it('take all there is', () => {
    const text = written(
      'websites: [www.example.com, "*.example.org", münchen.example]',
      'eventType: Block',
      'header: both',
      BY_CODE(', redirectUrl: "https://siem.example.com/callback?tenant=7"'),
      'limits: { settling: 20m }',
    );
    expect(settings(text)).toMatchObject({
      websites: ['www.example.com', '*.example.org', 'münchen.example'],
      eventType: 'Block',
      header: 'both',
      auth: { grant: 'authorization_code', redirectUrl: 'https://siem.example.com/callback?tenant=7' },
      limits: { settling: 20 * MINUTE },
    });
    validate(parse(text));
    expect(validate.errors).toBeNull();
  });

  it('take an empty list of websites for all of them', () => {
    expect(settings(written('websites: []', LEAST))).toMatchObject({ websites: [] });
  });

  it('are shown without the Key', () => {
    const shown = showConfig(load(written(LEAST)), 'json');
    expect(shown).toContain('client_credentials');
    expect(shown).not.toContain('canary');
  });

  const wrong: [string, readonly string[], string][] = [
    ['no connector', [], 'auth'],
    [
      'a Key that is written down',
      ['auth: { clientId: abc, clientSecret: canary-key }'],
      'must not be written into the file',
    ],
    ['an API ID with a space', ['auth: { clientId: a b, clientSecret: "${env:APPTRANA_KEY}" }'], 'API ID'],
    ['an address for a website', ['websites: [https://www.example.com]', LEAST], 'without http:// or https://'],
    ['a path for a website', ['websites: [www.example.com/shop]', LEAST], 'holds a slash'],
    ['a website with spaces', ['websites: [" www.example.com "]', LEAST], 'holds a space'],
    ['an empty website', ['websites: [""]', LEAST], 'must not be empty'],
    ['a website twice', ['websites: [a.example.com, A.example.com]', LEAST], 'in the list twice'],
    ['a type in small letters', ['eventType: block', LEAST], 'Block'],
    [
      'a misspelt grant',
      ['auth: { clientId: a, clientSecret: "${env:APPTRANA_KEY}", grant: client_credential }'],
      'client_credentials',
    ],
    ['a misspelt header', ['header: Authorization2', LEAST], 'Authorization'],
    ['a misspelt key', ['website: [www.example.com]', LEAST], 'websites'],
    ['a code without a redirection', [BY_CODE('')], 'has no `redirectUrl`'],
    ['a redirection that is no address', [BY_CODE(', redirectUrl: siem.example.com')], 'is not an address'],
    [
      'a redirection without a code',
      ['auth: { clientId: a, clientSecret: "${env:APPTRANA_KEY}", redirectUrl: "https://siem.example.com" }'],
      'only `grant: authorization_code` has a redirection URL',
    ],
    ['a window of ten minutes', [LEAST, 'window: 10m'], 'at most 5m'],
    ['less patience than the vendor needs', [LEAST, 'limits: { settling: 1m }'], '10m'],
  ];
  it.each(wrong)('that have %s are refused, with what is expected', (_, lines, expected) => {
    const found = mistakes(written(...lines));
    expect(found.join('\n')).toContain(expected);
    expect(found[0]).toMatch(/^\d+:\d+ /);
  });

  it.each([
    [written('websites: [1]', LEAST)],
    [written('eventType: block', LEAST)],
    [written('header: X', LEAST)],
    [written('auth: { clientId: abc }')],
  ])('that an editor can tell to be wrong are in its schema', (text) => {
    expect(validate(parse(text))).toBe(false);
  });
});
