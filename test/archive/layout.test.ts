import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  escapeName,
  isManifestKey,
  keyBeside,
  manifestKey,
  partName,
  quarantineKey,
  segmentKey,
} from '../../src/archive/layout.ts';
import type { SliceHeader } from '../../src/core/manifest.ts';

const slice: SliceHeader = {
  source: 'acme-waf',
  type: 'signal-sciences',
  stream: 'www.example.com',
  kind: 'window',
  from: '2026-11-21T23:00:00Z',
  until: '2026-11-22T00:00:00Z',
  revision: 1,
};

describe('keys of the archive', () => {
  it('a slice lies under its source, its stream and the day it begins on', () => {
    const key = manifestKey(slice);
    expect(key).toBe(
      'source=acme-waf/stream=www.example.com/dt=2026-11-21/20261121T230000Z-20261122T000000Z/manifest.json',
    );
    expect(manifestKey({ ...slice, revision: 2 })).toBe(key.replace('.json', '-r2.json'));
    expect(keyBeside(key, partName(7, 'ab'.repeat(32)))).toBe(
      key.replace('manifest.json', `part-00007-${'ab'.repeat(16)}.ndjson.gz`),
    );
    expect(isManifestKey(key)).toBe(true);
    expect(isManifestKey(manifestKey({ ...slice, revision: 12 }))).toBe(true);
    expect(isManifestKey(key.replace('manifest', 'part'))).toBe(false);
  });

  it('a window written in another zone is the same slice; one of another millisecond is not', () => {
    expect(manifestKey({ ...slice, from: '2026-11-22T00:00:00+01:00' })).toBe(manifestKey(slice));
    expect(manifestKey({ ...slice, from: '2026-11-21T23:00:00.001Z' })).not.toBe(manifestKey(slice));
    expect(() => manifestKey({ ...slice, from: 'yesterday' })).toThrow(RangeError);
  });

  it('what is staged or in quarantine lies where globs do not look', () => {
    expect(segmentKey(slice, 'u-1')).toBe('.staging/source=acme-waf/stream=www.example.com/u-1.segment');
    expect(quarantineKey(slice, Date.UTC(2026, 10, 21), 'ab'.repeat(32))).toBe(
      '.quarantine/source=acme-waf/stream=www.example.com/20261121T000000Z-abababababababab',
    );
  });

  it.each([
    ['.', '%2E'],
    ['..', '%2E.'],
    ['', ''],
    ['../../etc/passwd', '%2E.%2F..%2Fetc%2Fpasswd'],
    ['a/b', 'a%2Fb'],
    ['a\0\n\\b', 'a%00%0A%5Cb'],
    ['100%', '100%25'],
    ['a@b?c', 'a%40b%3Fc'],
    ['ü', '%C3%BC'],
    ['\ud800', '%ED%A0%80'],
  ])('the name %j becomes %j', (name, escaped) => {
    expect(escapeName(name)).toBe(escaped);
  });
});

/** Names as hostile people would choose them. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom('.', '/', '\\', '%', '2', 'E', '\0', '\n', 'a', 'A', '\ud800', '\udfff', '\ufffd', 'ü'),
    maxLength: 12,
  }),
  fc.string({ unit: 'grapheme-ascii', minLength: 100, maxLength: 140 }),
);

describe('a name of 10,000 hostile ones', () => {
  it('never leads out of the root, uses only the closed alphabet, and stays short', () => {
    fc.assert(
      fc.property(hostile, hostile, (source, stream) => {
        const key = manifestKey({ ...slice, source, stream });
        expect(resolve('/root', key).startsWith('/root/source=')).toBe(true);
        expect(key.split('/')).toHaveLength(5);
        expect(key).toMatch(/^source=[A-Za-z0-9._%-]*\/stream=[A-Za-z0-9._%-]*\/dt=/);
        expect(Math.max(...key.split('/').map((name) => name.length))).toBeLessThan(200);
      }),
      { numRuns: 10_000 },
    );
  });

  it('is like no other', () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(hostile, (name) => {
        const escaped = escapeName(name);
        expect(seen.get(escaped) ?? name).toBe(name);
        seen.set(escaped, name);
      }),
      { numRuns: 10_000 },
    );
    const long = 'x'.repeat(200);
    expect(escapeName(escapeName(long))).not.toBe(escapeName(long));
    expect(escapeName(`${long}a`)).not.toBe(escapeName(`${long}b`));
  });
});
