import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnexpectedAnswer } from '../../src/core/failures.ts';
import { parseGroups } from '../../src/json/groups.ts';

const read = (body: Buffer | string): ReturnType<typeof parseGroups> =>
  parseGroups(Buffer.from(body), 'data', 'attacks');

const members = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }));
const group = fc.record({
  name: fc.string({ unit: 'binary' }),
  attacks: fc.array(fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), { maxLength: 5 }),
});

describe('parseGroups', () => {
  it('pairs each record with its value and its group, for every answer there is', () => {
    const indents = fc.constantFrom(undefined, 2, '\t', '\r\n');
    fc.assert(
      fc.property(fc.array(group, { maxLength: 5 }), members, indents, fc.boolean(), (data, rest, indent, bom) => {
        const text = JSON.stringify({ ...rest, data }, null, indent);
        const { groups, badUtf8 } = read(`${bom ? '\ufeff' : ''}${text}`);
        const found = groups.map(({ outer, records }) => ({
          name: outer.member('name'),
          attacks: records.map(({ value }) => value),
        }));
        expect(found).toEqual(JSON.parse(JSON.stringify(data)));
        expect(badUtf8).toBe(false);
        for (const { records } of groups) {
          for (const { bytes, value } of records) expect(JSON.parse(bytes.toString('utf8'))).toEqual(value);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keeps what JSON.parse would change, and does not look for groups further down', () => {
    const { groups } = read(
      '{"x":{"data":[{"attacks":[1]}]},"data":[{"attacks":[ {"n":1.0,"e":1E400} ,12345678901234567890],"attack":{"attacks":[5]}}]}',
    );
    expect(groups.map(({ records }) => records.map(({ bytes }) => bytes.toString()))).toEqual([
      ['{"n":1.0,"e":1E400}', '12345678901234567890'],
    ]);
  });

  it.each(['{}', '{"data":null}', '{"data":[]}'])('finds no groups in %s', (body) => {
    expect(read(body).groups).toEqual([]);
  });

  it.each(['{"data":[{}]}', '{"data":[{"attacks":null}]}', '{"data":[{"attacks":[]}]}'])(
    'finds a group without records in %s',
    (body) => {
      expect(read(body).groups.map(({ records }) => records)).toEqual([[]]);
    },
  );

  it('takes the last of several members with one name, as JSON.parse does', () => {
    const { groups } = read('{"data":[{"attacks":[9]}],"data":[{"attacks":[1],"attacks":[2,3]}]}');
    expect(groups.map(({ records }) => records.map(({ value }) => value))).toEqual([[2, 3]]);
  });

  it.each([
    '',
    'null',
    '[]',
    '{"data":{}}',
    '{"data":"x"}',
    '{"data":[1]}',
    '{"data":[null]}',
    '{"data":[{"attacks":{}}]}',
    '{"data":[{"attacks":0}]}',
    '{"data":[{"attacks":[1]}',
    `{"data":[{"attacks":[${'['.repeat(2_000)}${']'.repeat(2_000)}]}]}`,
    `{"data":[{"attacks":["${'x'.repeat(9 * 1024 * 1024)}"]}]}`,
  ])('refuses an answer that is built otherwise, and keeps it for quarantine', (body) => {
    try {
      read(body);
    } catch (error) {
      expect(error).toBeInstanceOf(UnexpectedAnswer);
      expect((error as UnexpectedAnswer).body?.length).toBe(Buffer.byteLength(body));
      return;
    }
    throw new Error('the answer was taken');
  });

  it('takes a group that is larger than a record may be', () => {
    const record = JSON.stringify('x'.repeat(1024 * 1024));
    const { groups } = read(`{"data":[{"attacks":[${Array.from({ length: 9 }, () => record).join()}]}]}`);
    expect(groups[0]?.records).toHaveLength(9);
  });

  it('keeps bytes that are not UTF-8, and says so', () => {
    const { groups, badUtf8 } = read(Buffer.from('{"data":[{"attacks":["\u00ff"]}]}', 'latin1'));
    expect(badUtf8).toBe(true);
    expect([...(groups[0]?.records[0]?.bytes ?? [])]).toEqual([0x22, 0xff, 0x22]);
  });
});
