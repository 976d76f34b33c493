import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { BASE, changed, load, refusal } from './kit.ts';

const ajv = new Ajv({
  allErrors: true,
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allowUnionTypes: true,
});
const validate = ajv.compile(configJsonSchema());

/** Where an editor would underline, by JSON pointer. */
function complaints(text: string): readonly string[] {
  validate(parse(text));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

describe('the JSON schema for editors', () => {
  it('is draft 7, which is what they read', () => {
    expect(configJsonSchema()['$schema']).toBe('http://json-schema.org/draft-07/schema#');
  });

  it('accepts the example', () => {
    expect(complaints(readFileSync(new URL('../../sluice.example.yaml', import.meta.url), 'utf8'))).toEqual([]);
  });

  it.each([
    ['the least', BASE],
    [
      'all that a source takes',
      changed(
        undefined,
        'window: 30m',
        'start: all',
        'schedule: { every: 5m, offset: 1m }',
        'tags: [SQLI]',
        'limits: { perSource: 1 }',
      ),
    ],
    [
      'references in place of numbers and forms',
      changed(undefined, 'limit: ${env:LIMIT:-5}', 'window: ${env:WINDOW:-1h}'),
    ],
    ['a proxy as it is', changed(undefined, 'proxy: http://proxy.example.com:3128')],
  ])('accepts what loads: %s', (_, text) => {
    expect(load(text).sources.size).toBe(1);
    expect(complaints(text)).toEqual([]);
  });

  const refused: readonly [string, string][] = [
    ['an unknown key of the file', `${BASE}datta: x\n`],
    ['an unknown key of a source', changed(undefined, 'windw: 1h')],
    ['an unknown key further down', changed(undefined, 'schedule: { evry: 1h }')],
    ['an unknown key of the credentials', changed(['password:', 'passwrd:'])],
    ['an unknown limit', changed(undefined, 'limits: { perStrem: 1 }')],
    ['an unknown source type', changed(['signal-sciences', 'signal-science'])],
    ['a missing key', changed(['    corp: testcorp\n', ''])],
    ['half the credentials', changed(['      password: ${env:SIGSCI_PASSWORD}\n', ''])],
    ['a secret in the file', changed(['${env:SIGSCI_PASSWORD}', 'abc'])],
    ['a length without a unit', changed(undefined, 'window: 3600')],
    ['a number that is too large', changed(undefined, 'limit: 5000')],
    ["a source's name with capitals", changed(['acme-waf', 'ACME'])],
    ['another version', changed(['version: 1', 'version: 2'])],
  ];

  it.each(refused)('refuses what does not load: %s', (_, text) => {
    expect(refusal(text).findings.length).toBeGreaterThan(0);
    expect(complaints(text)).not.toEqual([]);
  });

  it('tells an editor what each key of a source is, and its default', () => {
    const schema = JSON.parse(JSON.stringify(configJsonSchema())) as unknown;
    const about = (...keys: readonly string[]): unknown => {
      const steps = [
        'properties',
        'sources',
        'additionalProperties',
        'allOf',
        '0',
        'then',
        ...keys.flatMap((key) => ['properties', key]),
      ];
      return steps.reduce<unknown>((inner, step) => (inner as Record<string, unknown>)[step], schema);
    };
    expect(about('corp')).toMatchObject({
      description: "The corp's short name, as it stands in the dashboard's address.",
    });
    expect(about('window')).toMatchObject({
      description: 'How much time is extracted and committed as one piece.',
      default: '1h',
    });
    expect(about('schedule', 'every')).toMatchObject({ default: '1h' });
    expect(about('schedule', 'offset')).toMatchObject({ default: '6m' });
    expect(about('limits', 'retention')).toMatchObject({ default: '24h5m' });
    expect(about('limits', 'perStream')).toMatchObject({ default: 2 });
  });
});
