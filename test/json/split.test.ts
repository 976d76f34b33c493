import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitArray } from '../../src/json/split.ts';

/** The elements as text, or undefined when there is no array. */
function cut(body: string | Buffer, key: string | null = 'data'): readonly string[] | undefined {
  const bytes = Buffer.from(body);
  return splitArray(bytes, key)?.map(({ start, end }) => bytes.toString('utf8', start, end));
}

const indents = fc.constantFrom<string | number | undefined>(undefined, 1, 2, 7, '\t', '\n', '\r\n', ' \t\r\n');
const values = fc.array(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }), { maxLength: 12 });

/** Every character above ASCII as an escape, as many serialisers write it. */
function escaped(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const nested = (depth: number): Buffer => Buffer.from(`{"data":[${'['.repeat(depth)}${']'.repeat(depth)}]}`);

describe('splitArray', () => {
  it('cuts exactly the elements, however the body is written', () => {
    fc.assert(
      fc.property(values, fc.jsonValue(), indents, fc.boolean(), (data, other, indent, ascii) => {
        const text = JSON.stringify({ before: other, data, next: { uri: '', data: [1, 2] } }, null, indent);
        const parts = cut(ascii ? escaped(text) : text);
        expect(parts?.map((part) => JSON.parse(part) as unknown)).toEqual(JSON.parse(JSON.stringify(data)));
      }),
      { numRuns: 300 },
    );
  });

  it('gives back each element as it was written, whatever white space stands between them', () => {
    const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.jsonValue({ stringUnit: 'binary' }), space, indents)), (elements) => {
        const written = elements.map(([value, , indent]) => JSON.stringify(value, null, indent));
        const body = `{"data":[${elements.map(([, space], i) => `${space}${written[i]}${space}`).join(',')}]}`;
        expect(cut(body)).toEqual(written);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [
      'numbers as they stand',
      '{"data":[1.0,-0,1E400,12345678901234567890]}',
      ['1.0', '-0', '1E400', '12345678901234567890'],
    ],
    ['repeated and numeric keys', '{"data":[{"b":1,"b":2,"10":0,"9":0}]}', ['{"b":1,"b":2,"10":0,"9":0}']],
    [
      '__proto__ as a key like any other',
      '{"__proto__":[1],"data":[{"__proto__":{"x":1}}]}',
      ['{"__proto__":{"x":1}}'],
    ],
    ['half a surrogate pair, escaped', '{"data":["\\ud83d"]}', ['"\\ud83d"']],
    ['a string that ends in a backslash', '{"data":["a\\\\","b"]}', ['"a\\\\"', '"b"']],
    ['a string that ends in a quote', '{"data":["a\\"","]"]}', ['"a\\""', '"]"']],
    ['three backslashes and a quote', '{"data":["\\\\\\"]",1]}', ['"\\\\\\"]"', '1']],
    ['brackets in strings', '{"x":"]}[{","data":["[",{"k":"}"}]}', ['"["', '{"k":"}"}']],
    ['nothing', '{"data":[ \n ]}', []],
    ['only the top-level member', '{"a":{"data":[1]},"b":[{"data":[2]}],"data":[3]}', ['3']],
    ['the last of two members with one name', '{"data":[1,2],"data":[3]}', ['3']],
    ['a name written with escapes', '{"d\\u0061ta":[1]}', ['1']],
    ['scalars and nested arrays', '{"data":[true,null,[[]],[1,[2]]]}', ['true', 'null', '[[]]', '[1,[2]]']],
    ['what stands between white space', ' \n{ "data" :\t[ 1 ,\r\n "x" ] } ', ['1', '"x"']],
  ])('cuts %s', (_, body, elements) => {
    expect(cut(body)).toEqual(elements);
  });

  it('takes the body itself as the array without a key', () => {
    expect(cut(' [1, {"data":[2]}]\n', null)).toEqual(['1', '{"data":[2]}']);
    expect(cut('{"data":[1]}', null)).toBeUndefined();
  });

  it.each([
    ['has another member', '{"other":[1]}'],
    ['has something else there', '{"data":{"a":[1]}}'],
    ['has an array there first, and something else later', '{"data":[1],"data":null}'],
    ['is empty', '{}'],
    ['is an array', '[{"data":[1]}]'],
  ])('finds no array where the body %s', (_, body) => {
    expect(cut(body)).toBeUndefined();
  });

  it('keeps bytes that are not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('{"data":["a'), Buffer.from([0xff, 0xe2]), Buffer.from('",2]}')]);
    const spans = splitArray(bytes, 'data') ?? [];
    expect(spans.map(({ start, end }) => bytes.toString('latin1', start, end))).toEqual(['"a\xff\xe2"', '2']);
  });

  it('refuses a body that was cut anywhere', () => {
    const body = Buffer.from('{"a":[{"b":"\\\\"}],"data":[{"x":"y]"},[1,"\\""],true],"next":{"uri":""}}');
    for (let length = 1; length < body.length; length += 1) {
      expect(() => splitArray(body.subarray(0, length), 'data'), `after ${length} bytes`).toThrow(SyntaxError);
    }
    expect(splitArray(body, 'data')).toHaveLength(3);
  });

  it('refuses what nests deeper than it is told', () => {
    expect(splitArray(nested(1000), 'data', 1000)).toHaveLength(1);
    expect(() => splitArray(nested(1001), 'data', 1000)).toThrow(/deeper than 1000/);
  });

  it('is not slowed down by long runs of backslashes', () => {
    const body = Buffer.from(`{"data":[${Array.from({ length: 200 }, () => `"${'\\\\'.repeat(5000)}"`).join(',')}]}`);
    const start = performance.now();
    expect(splitArray(body, 'data')).toHaveLength(200);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
