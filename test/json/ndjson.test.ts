import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lines, toLine } from '../../src/json/ndjson.ts';

async function read(chunks: readonly (string | Buffer)[], longest?: number): Promise<readonly string[]> {
  async function* stream(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const found: string[] = [];
  for await (const line of lines(stream(), longest)) found.push(line.toString());
  return found;
}

describe('toLine', () => {
  it('gives a record without line breaks back untouched, without a copy', () => {
    const record = Buffer.from('{"a":"\\n b"}');
    expect(toLine(record)).toBe(record);
  });

  it('puts any record on one line of the same length and meaning, and leaves the original alone', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ stringUnit: 'binary' }),
        fc.constantFrom('\n', '\r\n', '\r', '\t'),
        (value, indent) => {
          const record = Buffer.from(JSON.stringify(value, null, indent));
          const before = Buffer.from(record);
          const line = toLine(record);
          expect(line).toHaveLength(record.length);
          expect(Buffer.from(line).toString('latin1')).toBe(before.toString('latin1').replace(/[\r\n]/g, ' '));
          expect(JSON.parse(Buffer.from(line).toString())).toEqual(JSON.parse(before.toString()));
          expect(record).toEqual(before);
        },
      ),
    );
  });
});

describe('lines', () => {
  it('are those that were written, wherever the stream is cut', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '\r', '\u2028', '"', ' '), maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1 }), fc.integer({ min: 1, max: 7 }), async (written, size) => {
        const bytes = Buffer.from(written.map((line) => `${line}\n`).join(''));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        expect(await read(chunks)).toEqual(written);
      }),
    );
  });

  it('include a last one without a line break, and empty ones', async () => {
    expect(await read(['a\n\nb', 'c'])).toEqual(['a', '', 'bc']);
    expect(await read(['', '\n'])).toEqual(['']);
    expect(await read([])).toEqual([]);
  });

  it('may not fill the memory', async () => {
    await expect(read(['short\n', 'x'.repeat(8), 'x'.repeat(8)], 10)).rejects.toThrow(/a line of more than 10 bytes/);
    expect(await read(['x'.repeat(8), '\n', 'x'.repeat(8)], 10)).toHaveLength(2);
  });
});
