import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { changed, ENV, folder, load, places, refusal, write } from './kit.ts';

function corp(written: string, env: NodeJS.ProcessEnv): unknown {
  return load(changed(['testcorp', written]), { env: { ...ENV, ...env } }).sources.get('acme-waf')?.settings['corp'];
}

describe('a reference in a field that is no secret', () => {
  it.each([
    ['a whole value', '${env:CORP}', { CORP: 'acme' }, 'acme'],
    ['a part of a value', 'a-${env:CORP}.x', { CORP: 'acme' }, 'a-acme.x'],
    ['several', '${env:A}-${env:B}', { A: 'x', B: 'y' }, 'x-y'],
    ['a default where it is not set', '${env:CORP:-acme}', {}, 'acme'],
    ['a default where it is empty', '${env:CORP:-acme}', { CORP: '' }, 'acme'],
    ['no default where it is set', '${env:CORP:-acme}', { CORP: 'other' }, 'other'],
    ['in quotes', '"${env:CORP}"', { CORP: 'acme' }, 'acme'],
    ['in a value with a comment', '${env:CORP} # which one', { CORP: 'acme' }, 'acme'],
  ])('may be %s', (_, written, env: NodeJS.ProcessEnv, expected) => {
    expect(corp(written, env)).toBe(expected);
  });

  it('may be a file beside the configuration', () => {
    const home = folder();
    writeFileSync(join(home, 'corp.txt'), 'acme\n');
    const file = write(changed(['testcorp', '${file:corp.txt}']), 'sluice.yaml', home);
    expect(loadConfig(file, { env: ENV }).sources.get('acme-waf')?.settings['corp']).toBe('acme');
  });

  it('may be a number or a yes-or-no where one is expected', () => {
    const text =
      changed(undefined, 'limit: ${env:LIMIT}') + 'temporal:\n  address: ${env:ADDRESS}\n  tls: ${env:TLS}\n';
    const config = load(text, { env: { ...ENV, LIMIT: '500', ADDRESS: 'temporal:7233', TLS: 'true' } });
    expect(config.sources.get('acme-waf')?.settings['limit']).toBe(500);
    expect(config.temporal).toMatchObject({ address: 'temporal:7233', tls: true });
  });

  it('stays text where text is expected, though it looks like a number', () => {
    expect(corp('${env:CORP}', { CORP: '0123' })).toBe('0123');
  });

  it('cannot become YAML: its value is one scalar', () => {
    const env = { ...ENV, SITE: 'a]\n    corp: evil\n    x: [b' };
    const error = refusal(changed(['[www.example.com]', '["${env:SITE}"]']), { env });
    expect(error.findings.map(({ path }) => path)).toEqual(['sources.acme-waf.sites[0]']);
  });

  it('is not read again in what it stood for', () => {
    expect(() => corp('${env:A}', { A: '${env:B}', B: 'x' })).toThrow('is not a name');
  });

  it('shifts no columns', () => {
    const error = refusal(changed(undefined, 'start: ${env:DAY}', 'windw: 1h'), { env: { ...ENV, DAY: '2026-11-01' } });
    expect(places(error)).toEqual(['11:5 there is no key `windw` here']);
  });

  it('may be written literally', () => {
    const text = changed(['ops@example.com', '"$${env:X}@example.com"']);
    expect(JSON.stringify(load(text).sources.get('acme-waf')?.settings['auth'])).toContain('${env:X}@example.com');
  });
});

describe('a reference that is wrong', () => {
  it.each([
    ['not set', '${env:NOPE}', 'the environment variable `NOPE` is not set'],
    ['a bare name', '${CORP}', '`${CORP}` is no reference: write `${env:CORP}`'],
    [
      'of an unknown kind',
      '${vault:corp}',
      'a `${` that begins no reference: expected `${env:NAME}` or `${file:/path}`; a literal `${` is written `$${`',
    ],
    ['without a name', '${env:}', '`${env:…}` needs the name of a variable: `${env:NAME}` or `${env:NAME:-default}`'],
    ['without a path', '${file:}', '`${file:}` needs a path: `${file:/run/secrets/name}`'],
    ['that is not closed', '${env:CORP', '`${` without its `}`; a value with ` #` or `}` in it must be quoted'],
    ['cut by a comment', '${env:CORP:-a # b}', '`${` without its `}`; a value with ` #` or `}` in it must be quoted'],
  ])('%s', (_, written, message) => {
    expect(places(refusal(changed(['testcorp', written])))).toEqual([`5:11 ${message}`]);
  });

  it('hides no other mistake', () => {
    expect(places(refusal(changed(['testcorp', '${env:NOPE}'], 'windw: 1h')))).toHaveLength(2);
  });
});
