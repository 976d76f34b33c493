import { describe, expect, it } from 'vitest';
import { showConfig } from '../../src/config/show.ts';
import { changed, load, places, refusal } from './kit.ts';

/** Its first line says which file it is. */
const withoutHead = (text: string) => text.slice(text.indexOf('\n'));
const settingOf = (text: string) => load(text).sources.get('acme-waf')?.settings.redaction;

describe('the setting for secrets inside the data', () => {
  it('is a word, or a map with a policy for some streams, further fields and a key', () => {
    expect(settingOf(changed(undefined))).toEqual({ policy: 'mask', streams: {}, fields: [] });
    expect(settingOf(changed(undefined, 'redaction: keep'))).toEqual({ policy: 'keep', streams: {}, fields: [] });
    const map = settingOf(
      changed(
        undefined,
        'redaction:',
        '  policy: hash',
        '  key: ${env:SIGSCI_PASSWORD}',
        '  streams: { www.example.com: keep }',
        '  fields: [headersIn, "**.cookie"]',
      ),
    );
    expect(map).toMatchObject({
      policy: 'hash',
      streams: { 'www.example.com': 'keep' },
      fields: ['headersIn', '**.cookie'],
    });
    expect(map?.key?.reveal()).toContain('canary');
  });

  it('is shown as it is written, the key by its place, and loads again to the same', () => {
    const text = changed(undefined, 'redaction: { policy: hash, key: "${env:SIGSCI_PASSWORD}" }');
    const shown = showConfig(load(text), 'yaml');
    expect(shown).toContain('key: ${env:SIGSCI_PASSWORD}');
    expect(shown).not.toContain('canary');
    expect(withoutHead(showConfig(load(shown), 'yaml'))).toBe(withoutHead(shown));
  });

  it.each<[string, string[], string, string | undefined]>([
    ['no policy', ['redaction: hide'], '10:16', undefined],
    [
      'a mistyped stream',
      ['redaction:', '  streams: { www.exmple.com: keep }'],
      '11:18 the source has no stream `www.exmple.com`',
      'Did you mean `www.example.com`?',
    ],
    ['no path', ['redaction:', '  fields: [a..b]'], '11:16 expected names with dots between them', undefined],
    ['a hash without a key', ['redaction: hash'], '10:16 `hash` needs a `key`', undefined],
  ])('is refused with %s', (_, lines, message, suggestion) => {
    const error = refusal(changed(undefined, ...lines));
    expect(places(error)).toEqual([expect.stringContaining(message)]);
    if (suggestion !== undefined) expect(error.findings[0]?.suggestion).toBe(suggestion);
  });
});
