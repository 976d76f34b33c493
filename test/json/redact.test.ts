import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leavesAt } from '../../src/json/leaves.ts';
import { redactor } from '../../src/json/redact.ts';

const paths = (...texts: string[]): readonly (readonly string[])[] => texts.map((text) => text.split('.'));
const masked = (json: string, ...texts: string[]): string => redactor(paths(...texts))(Buffer.from(json)).toString();

describe('redacting a record', () => {
  it('replaces what a path leads to, and leaves every other byte as the vendor sent it', () => {
    const json = '{ "login":"a" ,\t"password" : "p\\"w" , "n":1.0, "big":12345678901234567890,"ü":"\\u00fc" }';
    expect(masked(json, 'password')).toBe(json.replace('"p\\"w"', '"***"'));
  });

  it('finds secrets through lists, in lists, and at any depth', () => {
    const json = '{"a":[{"password":"x"},{"b":[[{"password":["y",{"z":7}]}]]}],"password":null}';
    expect(masked(json, 'a.password')).toBe(json.replace('"x"', '"***"'));
    expect(masked(json, '**.password')).toBe(
      '{"a":[{"password":"***"},{"b":[[{"password":["***",{"z":"***"}]}]]}],"password":null}',
    );
  });

  it('finds a member whose name is written with escapes, and each of several with one name', () => {
    expect(masked('{"pass\\u0077ord":"x","password":"y"}', 'password')).toBe(
      '{"pass\\u0077ord":"***","password":"***"}',
    );
  });

  it('replaces numbers and truth values as well, and leaves what says nothing', () => {
    expect(masked('{"pin":1234,"cvv":true,"a":"","b":null,"c":[],"d":{}}', 'pin', 'cvv', 'a', 'b', 'c', 'd')).toBe(
      '{"pin":"***","cvv":"***","a":"","b":null,"c":[],"d":{}}',
    );
  });

  it('hashes equal secrets to equal texts, whether written as text or number, and only under one key', () => {
    const hashed = (json: string, key: string) =>
      JSON.parse(redactor(paths('n'), key)(Buffer.from(json)).toString()) as { n: string };
    expect(hashed('{"n":"4111"}', 'k').n).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
    expect(hashed('{"n":4111}', 'k')).toEqual(hashed('{"n":"4111"}', 'k'));
    expect(hashed('{"n":4111}', 'other')).not.toEqual(hashed('{"n":4111}', 'k'));
    expect(hashed('{"n":12345678901234567891}', 'k')).not.toEqual(hashed('{"n":12345678901234567890}', 'k'));
  });

  it('replaces in any JSON just the values under the name, however it is written', () => {
    const name = fc.constantFrom('password', 'a', 'b');
    const value = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(name, tie('any'), { maxKeys: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.constantFrom(0, 2), (record, indent) => {
        const result = masked(JSON.stringify(record, null, indent), '**.password');
        expect(JSON.parse(result)).toEqual(model(JSON.parse(JSON.stringify(record)), false));
      }),
    );
  });

  it('finds nothing where there is nothing to find', () => {
    expect(leavesAt(Buffer.from('[1,2]'), paths('a'))).toEqual([]);
    expect(leavesAt(Buffer.from('"text"'), paths('a'))).toEqual([]);
    expect(leavesAt(Buffer.from('{"a":1}'), [])).toEqual([]);
  });
});

function model(value: unknown, secret: boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => model(one, secret));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, model(inner, secret || key === 'password')]),
    );
  }
  return secret && value !== null && value !== '' ? '***' : value;
}
