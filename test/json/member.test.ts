import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memberBytes } from '../../src/json/member.ts';

const at = (text: string, ...path: readonly string[]): string | undefined =>
  memberBytes(Buffer.from(text), path)?.toString('utf8');

describe('memberBytes', () => {
  it('finds what JSON.parse finds, at any depth, as it was written', () => {
    const names = fc.string({ unit: 'binary', maxLength: 4 }).filter((name) => name !== '__proto__');
    const objects = fc.dictionary(names, fc.dictionary(names, fc.jsonValue()));
    fc.assert(
      fc.property(objects, fc.constantFrom(undefined, 1, '\t'), (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        const parsed = JSON.parse(text) as Record<string, Record<string, unknown>>;
        for (const [outer, inner] of Object.entries(parsed)) {
          for (const [name, value] of Object.entries(inner)) {
            expect(JSON.parse(at(text, outer, name) ?? 'nothing')).toEqual(value);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keeps every digit', () => {
    expect(at('{"a":{"n" : 9007199254740993 }}', 'a', 'n')).toBe('9007199254740993');
    expect(at('{"n":1.0}', 'n')).toBe('1.0');
  });

  it('takes the last of several members with one name, and reads escapes in names', () => {
    expect(at('{"n":1,"\\u006e":2,"m":3}', 'n')).toBe('2');
  });

  it('is not misled by braces, quotes and names inside of texts', () => {
    expect(at('{"x":"{\\"n\\":1}","y":{"n":2},"z":["n",3],"n":4}', 'n')).toBe('4');
  });

  it.each(['{}', '[]', '[{"n":1}]', '"n"', '3', 'null', '{"m":{"n":1}}', ''])('finds nothing in %s', (text) => {
    expect(at(text, 'n')).toBeUndefined();
    expect(at(`{"n":${text === '' ? 'null' : text}}`, 'n', 'o')).toBeUndefined();
  });
});
