import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageRecord } from '../../src/json/page.ts';
import { instart } from '../../src/sources/instart/index.ts';
import { canonicalNumber, ordinals, rowHasher } from '../../src/sources/instart/canonical.ts';
import { echoes, parseFilters } from '../../src/sources/instart/filters.ts';
import { readTime, writeTime } from '../../src/sources/instart/times.ts';

// A worker may run anywhere; the vendor's times have no zone.
process.env['TZ'] = 'America/New_York';

const instant = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2100, 0) });

describe('a time of the vendor', () => {
  it('is read as UTC, also in the hour that New York has twice and in the one that it skips', () => {
    expect(new Date('2026-11-01T01:30:00').getTimezoneOffset()).not.toBe(0);
    expect(readTime('2026-11-01T05:30:00')).toBe(Date.UTC(2026, 10, 1, 5, 30));
    expect(readTime('2026-11-01T01:30:00')).toBe(Date.UTC(2026, 10, 1, 1, 30));
    expect(readTime('2026-03-08T02:30:00')).toBe(Date.UTC(2026, 2, 8, 2, 30));
  });

  it('comes back as it was written, in whole seconds and without a zone', () => {
    fc.assert(
      fc.property(instant, (time) => {
        const second = Math.floor(time / 1000) * 1000;
        expect(readTime(writeTime(time))).toBe(second);
        expect(writeTime(time)).toMatch(/^\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d$/);
      }),
    );
  });

  it('may have a fraction or a zone, and does not leave its second for it', () => {
    fc.assert(
      fc.property(instant, fc.stringMatching(/^\d{1,9}$/), (time, fraction) => {
        const base = writeTime(time);
        const read = readTime(`${base}.${fraction}`) ?? NaN;
        expect(Math.floor(read / 1000)).toBe(Math.floor(time / 1000));
        expect(readTime(`${base}Z`)).toBe(readTime(base));
      }),
    );
    expect(readTime('2026-11-21T10:00:00.1239')).toBe(Date.UTC(2026, 10, 21, 10, 0, 0, 123));
    expect(readTime('2026-11-21T10:00:00.5')).toBe(Date.UTC(2026, 10, 21, 10, 0, 0, 500));
    expect(readTime('2026-11-21T10:00:00+01:30')).toBe(Date.UTC(2026, 10, 21, 8, 30));
    expect(readTime('2026-11-21T10:00:00-0500')).toBe(Date.UTC(2026, 10, 21, 15));
  });

  it('may be the end of a day', () => {
    expect(readTime('2017-11-14T24:00:00')).toBe(Date.UTC(2017, 10, 15));
    expect(readTime('2016-12-31T24:00:00')).toBe(Date.UTC(2017, 0, 1));
  });

  it.each([
    '',
    '2026-11-21',
    '2026-11-21 09:00:00',
    '2026-02-29T09:00:00',
    '2026-13-01T00:00:00',
    '0026-11-21T09:00:00Q',
    '2026-11-21T24:00:01',
    '2026-11-21T25:00:00',
    '2026-11-21T09:60:00',
    '2026-11-21T09:00:60',
    '2026-11-21T09:00:00.',
    '2026-11-21T09:00:00+19:00',
    '1795254000000',
  ])('is none: %s', (text) => {
    expect(readTime(text)).toBeUndefined();
  });
});

const cell = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const table = fc
  .uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 })
  .chain((columns) => fc.tuple(fc.constant(columns), fc.tuple(...columns.map(() => cell))));

const row = (text: string): { record: PageRecord; cells: readonly unknown[] } => {
  const cells = JSON.parse(text) as unknown[];
  return { record: new PageRecord(Buffer.from(text), cells), cells };
};
const hash = (columns: readonly string[], text: string, since?: number): string =>
  rowHasher(columns, 'events', since)(row(text));

describe('rows are told apart by their values', () => {
  it('whatever order the columns are in, and however the values are spelt', () => {
    fc.assert(
      fc.property(table, fc.integer(), ([columns, cells], turn) => {
        const rotate = <T>(list: readonly T[]): T[] => {
          const by = Math.abs(turn) % list.length;
          return [...list.slice(by), ...list.slice(0, by)];
        };
        const plain = JSON.stringify(cells);
        const escaped = plain.replace(
          /[\u0080-\uffff]/g,
          (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
        expect(hash(rotate(columns), JSON.stringify(rotate(cells)))).toBe(hash(columns, plain));
        expect(hash(columns, escaped)).toBe(hash(columns, plain));
        expect(hash(columns, JSON.stringify(cells, null, 2))).toBe(hash(columns, plain));
      }),
    );
  });

  it('and one other value, column or kind makes another row', () => {
    fc.assert(
      fc.property(table, cell, fc.nat(), ([columns, cells], other, place) => {
        const i = place % cells.length;
        fc.pre(JSON.stringify(other) !== JSON.stringify(cells[i]) && !(other === 0 && cells[i] === 0));
        const changed = cells.map((one, j) => (j === i ? other : one));
        expect(hash(columns, JSON.stringify(changed))).not.toBe(hash(columns, JSON.stringify(cells)));
      }),
    );
    const one = '["a"]';
    const all = [
      hash(['x'], one),
      hash(['y'], one),
      hash(['x'], one, 0),
      rowHasher(['x'], 'waf/trends/hour')(row(one)),
    ];
    expect(new Set(all).size).toBe(4);
  });

  it('also where a double is too short for them', () => {
    const hashes = [
      '9007199254740993',
      '9007199254740992',
      '0.12345678901234567890',
      '0.12345678901234567891',
      '1e400',
    ];
    expect(new Set(hashes.map((text) => hash(['n'], `[${text}]`))).size).toBe(5);
    expect(hash(['n'], '[16509.0]')).toBe(hash(['n'], '[16509]'));
    expect(hash(['n'], '[-0]')).toBe(hash(['n'], '[0]'));
  });

  it('numbers by their digits, whatever the exponent', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: 0, max: 30 }), (digits, places) => {
        const same = [`${digits}`, `${digits}e0`, `${digits}.000`, `${digits}${'0'.repeat(places)}e-${places}`];
        expect(new Set(same.map(canonicalNumber)).size).toBe(1);
        expect(canonicalNumber(`${digits}`)).not.toBe(canonicalNumber(`${digits + 1n}`));
      }),
    );
    expect(canonicalNumber('-1.50e3')).toBe('-15e2');
    expect(canonicalNumber('0.0e7')).toBe('0');
  });

  it('equal ones by their number, which goes on from the answer before', () => {
    const first = ordinals();
    expect(['a', 'b', 'a', 'a'].map(first)).toEqual([1, 1, 2, 3]);
    const second = ordinals({ hash: 'a', ordinal: 3 });
    expect(['a', 'b'].map(second)).toEqual([4, 1]);
  });
});

describe('a filter', () => {
  it.each([
    ['property==public', ['property']],
    ['property==public;client_browser!=Chrome', ['property', 'client_browser']],
    ['a==1,b==2,c!=3', ['a', 'b', 'c']],
    ['client_country_name==Korea\\, Republic of;rule_id==a\\;b', ['client_country_name', 'rule_id']],
    ['request_path==/a==b=c', ['request_path']],
  ])('of the vendor is taken apart: %s', (text, dimensions) => {
    const parsed = parseFilters(text);
    expect(typeof parsed === 'string' ? parsed : parsed.terms.map(({ dimension }) => dimension)).toEqual(dimensions);
  });

  it.each([
    ['a==1,b==2;c==3', 'one of the two'],
    ['a=1', 'is no filter'],
    ['a>1', 'is no filter'],
    ['a=~b', 'is no filter'],
    ['==1', 'is no filter'],
    ['a==', 'no value'],
    ['a==1;', 'empty filter'],
    ['', 'empty filter'],
    ['a==1, b==2', 'is no filter'],
    ['a==\\x', 'escapes neither'],
    ['a==b\\', 'escapes neither'],
  ])('is refused with the reason: %s', (text, reason) => {
    expect(parseFilters(text)).toEqual(expect.stringContaining(reason));
  });

  it('survives whatever its values are, once they are escaped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(',', ';'),
        (values, joint) => {
          const escaped = values.map((value) => value.replaceAll('\\', '').replace(/[,;]/g, '\\$&') || 'x');
          const parsed = parseFilters(escaped.map((value) => `d==${value}`).join(joint));
          expect(typeof parsed === 'string' ? parsed : parsed.terms.map(({ text }) => text)).toEqual(
            escaped.map((value) => `d==${value}`),
          );
        },
      ),
    );
  });

  it('is found in the vendor’s echo, with the account’s own after it', () => {
    const filters = parseFilters('country==Korea\\, Republic of;a!=1');
    if (typeof filters === 'string') throw new Error(filters);
    expect(echoes('country==Korea\\, Republic of;a!=1;customer==acme', filters)).toBe(true);
    expect(echoes('customer==acme;country==Korea, Republic of;a!=1', filters)).toBe(true);
    expect(echoes('country==Korea\\, Republic of;customer==acme', filters)).toBe(false);
    expect(echoes(undefined, filters)).toBe(false);
  });
});

describe('a row as an object', () => {
  const present = (text: string, columns: readonly string[]): string | undefined =>
    instart.present?.({ bytes: Buffer.from(text), context: { columns } });

  it('has its values as the vendor wrote them', () => {
    expect(
      present(
        '["2017-11-12T00:02:46", "\\u00e9,\\"]", 9007199254740993 ,1.0,null,true,[1, {"a":[]}]]',
        'abcdefg'.split(''),
      ),
    ).toBe(
      '{"a":"2017-11-12T00:02:46","b":"\\u00e9,\\"]","c":9007199254740993,"d":1.0,"e":null,"f":true,"g":[1, {"a":[]}]}',
    );
    expect(present('[16509]', ['a "name"'])).toBe('{"a \\"name\\"":16509}');
    expect(present('[]', [])).toBe('{}');
  });

  it('gives back what a reader sees in the row', () => {
    fc.assert(
      fc.property(table, ([columns, cells]) => {
        const text = present(JSON.stringify(cells), columns) ?? '';
        const back = JSON.parse(text) as Record<string, unknown>;
        const own = columns.filter((name) => name !== '__proto__');
        expect(own.map((name) => back[name])).toEqual(
          own.map((name) => JSON.parse(JSON.stringify(cells[columns.indexOf(name)])) as unknown),
        );
      }),
    );
  });

  it.each([
    ['["a","b"]', ['a']],
    ['{"a":1}', ['a']],
    ['["a"', ['a']],
  ])('is refused when its columns are not those of the row: %s', (text, columns) => {
    expect(() => present(text, columns)).toThrow(expect.objectContaining({ name: 'archive-damaged' }));
    expect(() => instart.present?.({ bytes: Buffer.from(text), context: undefined })).toThrow('columns');
  });
});
