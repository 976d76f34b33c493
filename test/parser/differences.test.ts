import { describe, expect, it } from 'vitest';
import {
  createParser,
  createPortion,
  find,
  toJson,
  type Filter,
  type JsonValue,
  type Keys,
  type Mode,
} from '../../src/parser/index.ts';
import { casesOf, outcomeOf, runBulk, runParse, textOf } from './fixtures.ts';

// The intended differences from the original, in the order of src/parser/README.md.

const modes: readonly Mode[] = ['strict', 'lenient'];
const page = (...items: readonly JsonValue[]) => createPortion({ count: items.length, items });
const parse = (mode: Mode, keys: Keys, ...items: readonly JsonValue[]) =>
  outcomeOf(() => createParser({ mode }).parsePortion(page(...items), { keys }));

describe('1. a template is never changed', () => {
  it('where the original, having changed it, expands only the first list', () => {
    const parses = casesOf('parse').filter(([, each]) => each.unmutated !== undefined);
    const bulks = casesOf('bulk').filter(([, each]) => each.unmutated !== undefined);
    expect(parses.length + bulks.length).toBeGreaterThan(50);
    for (const [name, each] of parses) {
      const ours = textOf(outcomeOf(() => runParse('strict')(each)));
      expect(ours, name).toBe(textOf(each.unmutated ?? {}));
      expect(ours, name).not.toBe(textOf(each));
    }
    for (const [name, each] of bulks) {
      const ours = textOf(outcomeOf(() => runBulk('strict')(each)));
      expect(ours, name).not.toBe(textOf(each));
    }
  });

  it.each(modes)('nor by lists in lists, nor from portion to portion, in %s mode', (mode) => {
    const inner = { __nested_dot_path_to_list: 'b', c: 'c' };
    const keys = { rows: { __nested_dot_path_to_list: 'a', inner } };
    const parser = createParser({ mode, keys });
    const expected = [{ rows: [{ inner: [{ c: 1 }] }, { inner: [{ c: 2 }] }] }];
    const portion = page({ a: [{ b: [{ c: 1 }] }, { b: [{ c: 2 }] }] });
    expect(parser.parsePortion(portion)).toEqual(expected);
    expect(parser.parsePortion(portion)).toEqual(expected);
    expect(keys.rows.inner).toEqual({ __nested_dot_path_to_list: 'b', c: 'c' });
  });

  it.each(modes)('and what is stored is a copy: changing it afterwards changes nothing, in %s mode', (mode) => {
    const keys = { a: 'a' };
    const parser = createParser({ mode, keys, iocKeys: keys });
    keys.a = 'b';
    expect(parser.parsePortion(page({ a: 1, b: 2 }))).toEqual([{ a: 1 }]);
    expect(parser.getIocs(page({ a: 1, b: 2 }))).toEqual({ a: [1] });
  });
});

describe('2. indicators keep the order of the data', () => {
  it.each(modes)('and each is the first of its equals, in %s mode', (mode) => {
    const found = createParser({ mode }).getIocs(page({ x: ['z', 'a', ['z', 'm']] }), { keys: { x: 'x' } });
    expect(found).toEqual({ x: ['z', 'a', 'm'] });
  });
});

describe('3. lenient mode tells true from 1 among indicators, and keeps objects', () => {
  const iocs = (mode: Mode, ...items: readonly JsonValue[]) =>
    outcomeOf(() => createParser({ mode }).getIocs(page(...items), { keys: { x: 'x' } }));

  it('where a set of Python merges them', () => {
    expect(iocs('lenient', { x: [0, false, 1, true, '1'] })).toEqual({ result: { x: [0, false, 1, true, '1'] } });
    expect(iocs('strict', { x: [0, false, 1, true, '1'] })).toEqual({ result: { x: [0, 1, '1'] } });
  });

  it('where a set of Python cannot hold objects; equal ones count once', () => {
    const items = { x: [{ a: 1, b: [2] }, { b: [2], a: 1 }, { a: 1 }] };
    expect(iocs('lenient', items)).toEqual({ result: { x: [{ a: 1, b: [2] }, { a: 1 }] } });
    expect(iocs('strict', items)).toEqual({ error: 'TypeError' });
  });
});

describe('4. lenient mode has null where the original fails on a feed', () => {
  it.each<readonly [string, Keys, JsonValue, JsonValue, string]>([
    ['an element that is no object', { x: 'a.b' }, { a: [1, { b: 2 }] }, { x: [null, 2] }, 'AttributeError'],
    ['an index before the start', { x: '#a[-2]' }, { a: [1] }, { x: null }, 'IndexError'],
  ])('%s', (_, keys, feed, lenient, strict) => {
    expect(parse('lenient', keys, feed)).toEqual({ result: [lenient] });
    expect(parse('strict', keys, feed)).toEqual({ error: strict });
  });

  it('and the text of a number or a list, where the alternative parser can concatenate texts only', () => {
    const keys = { x: { __concatenate: { static: 's', dynamic: 'a' } } };
    const run = (mode: Mode, a: JsonValue) =>
      outcomeOf(() => createParser({ mode, keys }).parsePortion(page({ a }), { alternative: true }));
    expect(run('lenient', 1.5)).toEqual({ result: [{ x: { __: '', static: 's', dynamic: 1.5, result: 's1.5' } }] });
    expect(run('strict', 1.5)).toEqual({ error: 'AttributeError' });
  });
});

describe('5. lenient filters look into lists', () => {
  const keep = (mode: Mode, filter: Filter, filterMode: 'accept' | 'exists', ...items: readonly JsonValue[]) =>
    outcomeOf(() =>
      createParser({ mode, keys: { id: 'id' } })
        .parsePortion(page(...items), { filters: [filter], filterMode })
        .map(({ id }) => id ?? null),
    );

  it('an item passes when one of the elements does', () => {
    const filter = { path: 'm.name', values: ['a'] };
    const items = [
      { id: 1, m: [{ name: 'b' }, { name: 'a' }] },
      { id: 2, m: [{ name: ['a'] }] },
      { id: 3, m: [] },
    ];
    expect(keep('lenient', filter, 'accept', ...items)).toEqual({ result: [1, 2] });
    expect(keep('strict', filter, 'accept', ...items)).toEqual({ error: 'AttributeError' });
    expect(keep('strict', filter, 'accept', { m: { name: ['a'] } })).toEqual({ error: 'ValueError' });
    expect(keep('lenient', { path: 'm.name' }, 'exists', ...items)).toEqual({ result: [1, 2] });
  });

  it('what is no object on the way holds nothing, not even null', () => {
    const filter = { path: 'm.name', values: ['a', null] };
    expect(
      keep('lenient', filter, 'accept', { id: 1, m: null }, { id: 2, m: 'a' }, { id: 3, m: { name: null } }),
    ).toEqual({
      result: [3],
    });
    expect(keep('strict', filter, 'accept', { id: 1, m: null })).toEqual({ error: 'AttributeError' });
  });
});

describe('6. lenient mode refuses a template when it is set, where the original fails at a feed, or writes nonsense', () => {
  it.each<readonly [string, unknown, string]>([
    ['a lone text', 'a.b', 'keys must be an object of names and paths'],
    ['a malformed index', { a: { b: '#x[y]' } }, 'keys.a.b must be "#path[number]", not "#x[y]"'],
    [
      'a list without a path',
      { a: { __nested_dot_path_to_list: '' } },
      'keys.a.__nested_dot_path_to_list must be the path of a list',
    ],
    [
      'half a concatenation',
      { a: { __concatenate: { dynamic: 'x' } } },
      'keys.a.__concatenate.static must be there, and be a text',
    ],
    [
      'no concatenation',
      { a: { __concatenate: 'x' } },
      'keys.a.__concatenate.static must be there, and be a text; keys.a.__concatenate.dynamic must be there, and be a text',
    ],
  ])('%s', (_, keys, message) => {
    expect(() => createParser({ keys: keys as Keys })).toThrow(message);
    expect(() => createParser({ keys: keys as Keys, mode: 'strict' })).not.toThrow();
  });
});

describe('7. lenient mode does not take a text or an object for a list', () => {
  it.each<readonly [JsonValue, number]>([
    ['ab', 2],
    [{ x: 1 }, 1],
  ])('items of %j, which Python iterates over, are refused', (items, size) => {
    expect(createPortion({ count: 1, items }, { mode: 'strict' }).size).toBe(size);
    expect(() => createPortion({ count: 1, items })).toThrow('"items" is not a list');
  });

  it.each(modes)('null for items is no empty page in %s mode', (mode) => {
    expect(outcomeOf(() => createPortion({ count: 1, items: null }, { mode }).size)).toEqual({ error: 'TypeError' });
  });

  it('events that are no list stay as they are, and so does the total', () => {
    const options = { parseEvents: true, collection: 'attacks/phishing_group' };
    const items = [{ id: 1, events: { x: 1 } }, { id: 2, events: [1, 2] }, 'text'];
    const portion = createPortion({ total: 9, items, resultId: 'r' }, options);
    expect(portion).toMatchObject({ count: 9, size: 4, raw: { resultId: 'r' } });
    expect(portion.items).toEqual([items[0], { id: 2, events: [1] }, { id: 2, events: [2] }, 'text']);
    const strict = createPortion({ total: 9, items: items.slice(0, 2) }, { ...options, mode: 'strict' });
    expect(strict).toMatchObject({ count: null, size: 1 });
    expect(createPortion({ id: 1 }, options).size).toBe(1);
  });
});

describe('8. count is a number, seqUpdate decimal text', () => {
  it.each(modes)('whatever the answer writes, in %s mode', (mode) => {
    const portion = createPortion({ count: '12', items: [], seqUpdate: 7 }, { mode });
    expect(portion).toMatchObject({ count: 12, seqUpdate: '7' });
    expect(createPortion({ count: 'many', items: [{}] }, { mode })).toMatchObject({ count: null, size: 1 });
  });

  it.each(modes)('a seqUpdate that is no number is refused, in %s mode', (mode) => {
    for (const seqUpdate of ['abc', -1, 1.5, true, [], {}, Number.MAX_SAFE_INTEGER + 1, '1'.repeat(41)]) {
      const answer = { count: 0, items: [], seqUpdate };
      expect(outcomeOf(() => createPortion(answer, { mode }).seqUpdate)).toEqual({ error: 'InputException' });
    }
    for (const seqUpdate of [null, '']) {
      expect(createPortion({ count: 0, items: [], seqUpdate }, { mode }).seqUpdate).toBeNull();
    }
  });
});

describe('9. filters are { path, values }', () => {
  it.each(modes)('and values is a list, not a text to look into, in %s mode', (mode) => {
    const parser = createParser({ mode, keys: { a: 'a' }, iocKeys: { a: 'a' } });
    for (const filter of [{ path: 'a', values: 'abc' }, { path: 1 }, ['a', ['b']], 'a']) {
      const options = { filters: [filter] as never };
      expect(() => parser.parsePortion(page({ a: 'b' }), options)).toThrow('filters.0 must be { path, values }');
      expect(() => parser.getIocs(page({ a: 'b' }), options)).toThrow('filters.0 must be { path, values }');
    }
  });
});

describe('10. depths are limited', () => {
  const nest = (depth: number, inner: JsonValue): JsonValue => {
    let value = inner;
    for (let i = 0; i < depth; i += 1) value = { a: value };
    return value;
  };

  it.each(modes)('paths to 100 names and templates to 50 levels, in %s mode', (mode) => {
    const path = (names: number) => Array(names).fill('a').join('.');
    expect(createParser({ mode, keys: { x: path(100) } }).parsePortion(page(nest(100, 7)))).toEqual([{ x: 7 }]);
    expect(() => createParser({ mode, keys: { x: path(101) } })).toThrow('keys.x is a path of more than 100 names');
    expect(() => createParser({ mode, iocKeys: { x: path(101) } })).toThrow(
      'iocKeys.x is a path of more than 100 names',
    );
    expect(() => createParser({ mode, keys: nest(50, 'a') as Keys })).not.toThrow();
    expect(() => createParser({ mode, keys: nest(51, 'a') as Keys })).toThrow('keys nests deeper than 50 templates');
    const longer = 'a path of 101 names; at most 100 are read';
    expect(() => find({}, path(101), mode)).toThrow(longer);
    const filters = [{ path: path(101), values: [] }];
    expect(() => createParser({ mode, keys: { x: 'a' } }).parsePortion(page(), { filters })).toThrow(longer);
  });

  it.each(modes)('feeds to 1,000 levels, with a clear error beyond, in %s mode', (mode) => {
    const answer = (depth: number) => ({ count: 1, items: [nest(depth, 'x')] });
    const portion = createPortion(answer(1_000), { mode });
    expect(createParser({ mode, keys: { a: 'a' } }).parsePortion(portion)).toHaveLength(1);
    expect(toJson(portion.raw)).toContain('"x"');
    for (const depth of [1_001, 100_000]) {
      expect(() => createPortion(answer(depth), { mode })).toThrow('feeds nested deeper than 1000 levels');
    }
  });

  it('lists in lists too: indicators 990 lists deep are found', () => {
    let deep: JsonValue = '1.1.1.1';
    for (let i = 0; i < 990; i += 1) deep = [deep];
    expect(createParser().getIocs(page({ x: deep }), { keys: { x: 'x' } })).toEqual({ x: ['1.1.1.1'] });
  });
});

describe('11. numbers and names are those of JavaScript', () => {
  it('a float without a fraction is a whole number', () => {
    const keys = { x: { __concatenate: { static: '', dynamic: 'a' } } };
    expect(parse('strict', keys, JSON.parse('{"a":1.0}') as JsonValue)).toEqual({ result: [{ x: '1' }] });
    expect(parse('strict', keys, { a: 9007199254740993n })).toEqual({ result: [{ x: '9007199254740993' }] });
  });

  it('names of digits come first', () => {
    const { result } = parse('strict', { b: 'b', '2': '*two', '1': '*one' }, { b: 0 });
    expect(JSON.stringify(result)).toBe('[{"1":"one","2":"two","b":0}]');
  });
});
