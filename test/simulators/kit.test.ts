import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCache } from '../../simulators/kit/cache.ts';
import { insertMember, prettyPrint, replaceMember } from '../../simulators/kit/json-bytes.ts';
import { scramble, shuffled } from '../../simulators/kit/random.ts';

const object = fc.dictionary(fc.string(), fc.jsonValue());

describe('JSON bytes', () => {
  it('mean the same when they are spread over lines', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const compact = JSON.stringify(value);
        const pretty = prettyPrint(Buffer.from(compact), 1).toString('utf8');
        expect(JSON.stringify(JSON.parse(pretty))).toBe(JSON.stringify(JSON.parse(compact)));
      }),
    );
  });

  it('keep literals and escapes when they are spread over lines', () => {
    const pretty = prettyPrint(
      Buffer.from(String.raw`{"a":[1.0,1E3,12345678901234567890],"b":{},"c":[],"d":"\u003c,:[\"\\"}`),
      0,
    );
    expect(pretty.toString()).toBe(
      String.raw`{
  "a": [
    1.0,
    1E3,
    12345678901234567890
  ],
  "b": {},
  "c": [],
  "d": "\u003c,:[\"\\"
}`,
    );
  });

  it('take a member more, and nothing else changes', () => {
    fc.assert(
      fc.property(object, (value) => {
        const bytes = Buffer.from(JSON.stringify(value));
        const more = insertMember(bytes, '"sluice test":[1.0]');
        expect(JSON.parse(more.toString('utf8'))).toEqual(JSON.parse(JSON.stringify({ ...value, 'sluice test': [1] })));
        expect(more.toString('utf8').replace(/"sluice test":\[1\.0\],?/, '')).toBe(bytes.toString('utf8'));
      }),
    );
  });

  it('take another value for a member, whatever it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), object, (old, after) => {
        const before = JSON.stringify({ first: 1, 'sluice test': old, after });
        const changed = replaceMember(Buffer.from(before), 'sluice test', 'null').toString('utf8');
        expect(changed).toBe(JSON.stringify({ first: 1, 'sluice test': null, after }));
      }),
    );
    expect(replaceMember(Buffer.from('{"a":1}'), 'b', 'null').toString()).toBe('{"a":1}');
  });
});

describe('random numbers', () => {
  it('shuffle so that nothing is lost and the seed decides', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.integer(), (count, seed) => {
        const order = shuffled(count, seed);
        expect([...order].sort((one, other) => one - other)).toEqual(
          Array.from({ length: count }, (_, index) => index),
        );
        expect(shuffled(count, seed)).toEqual(order);
      }),
    );
    expect(shuffled(100, 1)).not.toEqual(shuffled(100, 2));
  });

  it('never meet when their inputs differ', () => {
    const seen = new Set(Array.from({ length: 200_000 }, (_, index) => scramble(index)));
    expect(seen.size).toBe(200_000);
  });
});

describe('the cache', () => {
  it('drops what was used longest ago when its budget is spent, and never what is pinned', () => {
    const made: string[] = [];
    const cache = createCache<string>(3, (value) => value.length);
    const use = (key: string): string => cache.get(key, () => (made.push(key), key));
    cache.pin('pinned', () => 'pinned');
    for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) use(key);
    expect(made).toEqual(['a', 'b', 'c', 'd', 'b']);
    expect(use('pinned')).toBe('pinned');
    expect(made).not.toContain('pinned');
    expect(use('larger than all')).toBe('larger than all');
  });
});
