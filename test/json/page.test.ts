import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnexpectedAnswer } from '../../src/core/failures.ts';
import { registerSecret } from '../../src/http/redaction.ts';
import { parsePage } from '../../src/json/page.ts';

function refusal(body: Buffer | string, key = 'data'): UnexpectedAnswer {
  try {
    parsePage(Buffer.from(body), key);
  } catch (error) {
    if (error instanceof UnexpectedAnswer) return error;
    throw error;
  }
  throw new Error('the page was taken');
}

const texts = (body: Buffer | string): readonly string[] =>
  parsePage(Buffer.from(body), 'data').records.map(({ bytes }) => Buffer.from(bytes).toString('utf8'));

const deep = (depth: number): string => `{"data":[${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}]}`;

describe('parsePage', () => {
  it('pairs each record with its value, for every array there is', () => {
    const values = fc.array(fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }));
    const indents = fc.constantFrom(undefined, 2, '\t', '\r\n');
    fc.assert(
      fc.property(values, indents, fc.boolean(), (data, indent, bom) => {
        const body = Buffer.from(`${bom ? '\ufeff' : ''}${JSON.stringify({ data, next: null }, null, indent)}`);
        const { records, value, badUtf8 } = parsePage(body, 'data');
        expect(badUtf8).toBe(false);
        expect(records.map((record) => record.value)).toEqual(value['data']);
        expect(records.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as unknown)).toEqual(value['data']);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps what JSON.parse would change', () => {
    const records = [
      '{"n":1.0,"z":-0,"e":1E400}',
      '{"id":12345678901234567890}',
      '{"2":0,"1":0,"a":1,"a":2}',
      '"\\ud83d\\u0041"',
    ];
    expect(texts(`{"data":[${records.join(', ')}]}`)).toEqual(records);
  });

  it('does not copy the records', () => {
    const body = Buffer.from('{"data":[{"a":1}]}');
    const [record] = parsePage(body, 'data').records;
    body.write('7', 14);
    expect(Buffer.from(record?.bytes ?? []).toString()).toBe('{"a":7}');
  });

  it('makes no prototype out of __proto__', () => {
    const { records } = parsePage(Buffer.from('{"data":[{"__proto__":{"admin":true}}]}'), 'data');
    const value = records[0]?.value as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(value['admin']).toBeUndefined();
  });

  it('keeps bytes that are not UTF-8 in the record, and says so', () => {
    const body = Buffer.concat([
      Buffer.from('{"data":[{"path":"/'),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('"},{"path":"é"}]}'),
    ]);
    const { records, badUtf8 } = parsePage(body, 'data');
    expect(badUtf8).toBe(true);
    expect(records[0]?.bytes).toEqual(body.subarray(9, 9 + 14));
    expect(records.map(({ value }) => value)).toEqual([{ path: '/\ufffd\ufffd' }, { path: 'é' }]);
  });

  it.each([
    ['a web page', '<!DOCTYPE html><title>Sign in</title>', /not JSON: <!DOCTYPE html>/],
    ['nothing', '', /0 bytes that are not JSON/],
    ['half a page', '{"data":[{"id":1},{"i', /not JSON/],
    ['something after the page', '{"data":[]}{"data":[1]}', /not JSON/],
    ['a comma too many', '{"data":[1,]}', /not JSON/],
    ['brackets that do not match', '{"data":[{"a":[1}]]}', /not JSON/],
    ['a page without records', '{"message":"site not found"}', /no array "data" in \{"message":"site not found"\}/],
    ['records that are no array', '{"data":{"0":1}}', /no array "data"/],
    ['null', 'null', /no array "data" in null/],
    ['an array', '[1]', /no array "data"/],
    ['UTF-16', Buffer.from('{"data":[]}', 'utf16le'), /not JSON/],
    ['two byte order marks', '\ufeff\ufeff{"data":[]}', /not JSON/],
  ])('refuses %s, with the bytes for quarantine', (_, body, message) => {
    const failure = refusal(body);
    expect(failure.message).toMatch(message);
    expect(failure.body).toEqual(Buffer.from(body));
  });

  it('does not take a member that every object inherits for the records', () => {
    expect(refusal('{"data":[]}', 'constructor').message).toMatch(/no array "constructor"/);
  });

  it('refuses a record that nests too deep, before anything walks over it', () => {
    expect(parsePage(Buffer.from(deep(1000)), 'data').records).toHaveLength(1);
    expect(refusal(deep(1001)).message).toMatch(/deeper than 1000/);
    expect(refusal(deep(100_000)).message).toMatch(/deeper than 1000/);
  });

  it('refuses a record above 8 MiB', () => {
    expect(refusal(`{"data":[1,"${'x'.repeat(8 * 1024 * 1024)}"]}`).message).toMatch(/record 2 has 8388610 bytes/);
  });

  it('shows nothing of a terminal sequence, a line break or a secret in the message', () => {
    registerSecret('hunter22-page');
    const { message } = refusal('<p>\u001b[2J\r\nERROR all is lost hunter22-page');
    expect(message).toMatch(/<p>\\x1b\[2J\\r\\nERROR all is lost \[redacted\]$/);
  });
});
