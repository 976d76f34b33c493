import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanPage, scanRecord, type ScannedPage, type ScannedRecords } from '../../src/json/records.ts';
import { splitArray } from '../../src/json/split.ts';

const scan = (json: string | Buffer, wanted: readonly string[] = []): ScannedPage | undefined =>
  scanPage(Buffer.from(json), 'data', wanted, 1000);

/** The rows, a record each. */
function rowsOf({ places, width }: ScannedRecords = { places: new Int32Array(), width: 2 }) {
  return Array.from({ length: places.length / width }, (_, i) => {
    const [start = -1, end = -1, ...members] = places.subarray(i * width, (i + 1) * width);
    return { start, end, members };
  });
}

/** What a reader of the same bytes would make of them; `undefined` where it would refuse. */
function parsed(json: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(json.toString('latin1')) as unknown };
  } catch {
    return undefined;
  }
}

function isTaken(json: Buffer): boolean {
  try {
    scan(json);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return false;
  }
}

const indents = fc.constantFrom<string | number | undefined>(undefined, 1, 7, '\t', ' \t\r\n');
const names = fc.constantFrom('id', 'seq', 'data', 'i', '', '__proto__', 'ü', '"\\', 'other');
const records = fc.array(
  fc.oneof(
    fc.dictionary(names, fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), { maxKeys: 6 }),
    fc.jsonValue({ maxDepth: 3 }),
  ),
  { maxLength: 8 },
);

describe('the scanner', () => {
  it('finds what parsing and cutting find, however the body is written', () => {
    fc.assert(
      fc.property(records, fc.jsonValue(), indents, (data, other, indent) => {
        const json = Buffer.from(JSON.stringify({ other, data, 'n\u0061me': 'x"\\\u0000' }, null, indent));
        const wanted = ['id', 'seq', '__proto__', 'ü'];
        const page = scan(json, wanted);
        const rows = rowsOf(page?.records);
        expect(rows.map(({ start, end }) => ({ start, end }))).toEqual(splitArray(json, 'data'));
        rows.forEach(({ start, end, members }) => {
          const value = JSON.parse(json.toString('utf8', start, end)) as unknown;
          wanted.forEach((name, i) => {
            const [from = -1, to = -1] = members.slice(i * 2);
            const isThere = typeof value === 'object' && !Array.isArray(value) && Object.hasOwn(value ?? {}, name);
            expect(from >= 0, name).toBe(isThere);
            if (isThere) {
              const own = (value as Record<string, unknown>)[name];
              expect(JSON.parse(json.toString('utf8', from, to))).toEqual(own);
            }
          });
        });
        const { start = 0, end = 0 } = page?.outer.get('other') ?? {};
        expect(JSON.parse(json.toString('utf8', start, end))).toEqual(JSON.parse(JSON.stringify(other)));
      }),
      { numRuns: 300 },
    );
  });

  it('takes what JSON.parse takes, and nothing else: damage anywhere is noticed', () => {
    const bytes = fc.oneof(
      fc.constantFrom(...Buffer.from('{}[]",:\\0123456789.eE+-tfnu \t\n\r\u0000\u001f')),
      fc.integer({ min: 0, max: 255 }),
    );
    const changes = fc.array(fc.tuple(fc.nat(), fc.constantFrom('insert', 'replace', 'remove'), bytes), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(records, fc.double(), indents, changes, (data, number, indent, list) => {
        let json = Buffer.from(JSON.stringify({ number, data, esc: '\u0001\u2028"\ud800' }, null, indent));
        for (const [where, how, byte] of list) {
          const at = where % json.length;
          const rest = json.subarray(how === 'insert' ? at : at + 1);
          json = Buffer.concat([json.subarray(0, at), Buffer.from(how === 'remove' ? [] : [byte]), rest]);
        }
        expect(isTaken(json), json.toString('latin1')).toBe(parsed(json) !== undefined);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['white space alone', ' \n'],
    ['two values', '{} {}'],
    ['a comma at the end of an object', '{"a":1,}'],
    ['a comma at the end of an array', '{"data":[1,]}'],
    ['a comma at the beginning', '{"data":[,1]}'],
    ['two commas', '{"data":[1,,2]}'],
    ['a missing comma', '{"data":[1 2]}'],
    ['a missing colon', '{"a" 1}'],
    ['a name without quotes', '{a:1}'],
    ['a number as a name', '{1:1}'],
    ['single quotes', "{'a':1}"],
    ['a zero before a number', '{"a":01}'],
    ['a plus before a number', '{"a":+1}'],
    ['a minus alone', '{"a":-}'],
    ['a point without digits', '{"a":1.}'],
    ['a point without digits before it', '{"a":.5}'],
    ['an exponent without digits', '{"a":1e}'],
    ['an exponent with a sign alone', '{"a":1e+}'],
    ['a hexadecimal number', '{"a":0x10}'],
    ['NaN', '{"a":NaN}'],
    ['half a word', '{"a":tru}'],
    ['a word and more', '{"a":nullx}'],
    ['a raw line break in a string', '{"a":"\n"}'],
    ['a raw tab in a name', '{"a\t":1}'],
    ['an escape that is none', '{"a":"\\x"}'],
    ['half of a \\u', '{"a":"\\u12"}'],
    ['a \\u that is not hexadecimal', '{"a":"\\u12g4"}'],
    ['a string without an end', '{"a":"b'],
    ['an escape at the end', '{"a":"\\'],
    ['an object without an end', '{"a":1'],
    ['a bracket of the other kind', '{"data":[1}}'],
    ['a comment', '{"a":1/**/}'],
    ['white space of other scripts', '{"a":\u00a01}'],
    ['a byte order mark', '\ufeff{}'],
  ])('refuses %s', (_, json) => {
    expect(parsed(Buffer.from(json))).toBeUndefined();
    expect(() => scan(json)).toThrow(SyntaxError);
  });

  it('notices wherever a body breaks off', () => {
    const body = Buffer.from('{"count":-1.5e+3,"data":[{"id":"a\\u00fc\\"","n":[true,false,null,{}]}],"seq":"1"} ');
    for (let length = 0; length < body.length - 1; length += 1) {
      expect(() => scan(body.subarray(0, length)), `after ${length} bytes`).toThrow(SyntaxError);
    }
    expect(rowsOf(scan(body)?.records)).toHaveLength(1);
  });

  it('keeps to the last of several members with one name, as JSON.parse does', () => {
    const json = Buffer.from('{"data":[1,2],"count":1,"data":[{"id":1,"i\\u0064":2}],"count":2}');
    const { outer, records: found } = scan(json, ['id']) ?? {};
    const text = ([start, end]: readonly (number | undefined)[]): string => json.toString('utf8', start, end);
    expect(rowsOf(found).map(({ members }) => text(members))).toEqual(['2']);
    const count = outer?.get('count');
    expect(text([count?.start, count?.end])).toBe('2');
    expect(scan('{"data":[1],"data":null}')?.records).toBeUndefined();
  });

  it('takes bytes that are no text inside strings, and nowhere else', () => {
    const bad = Buffer.of(0xff, 0xc0, 0x80);
    const around = (before: string, after: string): Buffer =>
      Buffer.concat([Buffer.from(before), bad, Buffer.from(after)]);
    expect(rowsOf(scan(around('{"data":["', '"]}'))?.records)).toHaveLength(1);
    expect(() => scan(around('{"data":[', ']}'))).toThrow(SyntaxError);
  });

  it('tells JSON that is no object from what is no JSON', () => {
    for (const json of ['[]', '1', ' "a" ', 'null']) expect(scan(json)).toBeUndefined();
    expect(() => scan('[')).toThrow(SyntaxError);
  });

  it('refuses what nests deeper than it is told, wherever it stands', () => {
    const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    for (const around of [
      (deep: string) => `{"data":[${deep}]}`,
      (deep: string) => `{"x":${deep},"data":[]}`,
      (deep: string) => deep,
    ]) {
      expect(() => scan(around(nested(1000)))).not.toThrow();
      expect(() => scan(around(nested(1001)))).toThrow(RangeError);
      expect(() => scan(around(nested(100_000)))).toThrow(RangeError);
    }
  });

  it('reads a record that stands alone', () => {
    const json = Buffer.from(' {"a":{"id":1},"id":"x"}\n');
    const text = ([start, end]: readonly (number | undefined)[]): string => json.toString('utf8', start, end);
    const { places } = scanRecord(json, ['id'], 1000);
    expect(text([...places.subarray(0, 2)])).toBe('{"a":{"id":1},"id":"x"}');
    expect(text([...places.subarray(2)])).toBe('"x"');
    expect(() => scanRecord(Buffer.from('{"id":1}}'), ['id'], 1000)).toThrow(SyntaxError);
  });
});
