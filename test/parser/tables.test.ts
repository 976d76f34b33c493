import { describe, expect, it } from 'vitest';
import {
  createParser,
  createPortion,
  find,
  ParserError,
  toJson,
  type JsonValue,
  type Keys,
  type Mode,
} from '../../src/parser/index.ts';
import { outcomeOf } from './fixtures.ts';

const modes: readonly Mode[] = ['strict', 'lenient'];
const page = (...items: readonly JsonValue[]) => createPortion({ count: items.length, items, seqUpdate: 7 });
const parse = (feed: JsonValue, keys: Keys, mode: Mode = 'strict') =>
  createParser({ mode, keys }).parsePortion(page(feed))[0];

describe('a path finds', () => {
  const rows: readonly (readonly [JsonValue, string, JsonValue])[] = [
    [{ a: { b: 7 } }, 'a.b', 7],
    [{ a: { b: 7 } }, 'a.c', null],
    [{}, 'a.b', null],
    [{ a: null }, 'a.b.c', null],
    [{ a: 'txt' }, 'a.b.c', 'txt'],
    [{ a: 5 }, 'a.b', 5],
    [{ a: [] }, 'a.b', []],
    [{ a: [{ b: 1 }, {}] }, 'a.b', [1, null]],
    [{ a: [{ b: null }, { b: { c: 2 } }] }, 'a.b.c', [null, 2]],
    [{ a: [{ b: [{ c: 1 }, { c: 2 }] }, { b: [] }] }, 'a.b.c', [[1, 2], []]],
    [{ a: { b: [10, 20] } }, 'a.b', [10, 20]],
    [{ 'a.b': 1 }, 'a.b', null],
    [{ a: { '': 3 } }, 'a.', 3],
    [{ A: 1 }, 'a', null],
    [[{ a: 1 }, { a: 2 }], 'a', [1, 2]],
    ['text', 'a', 'text'],
    [null, 'a', null],
    [false, 'a.b', false],
  ];

  it.each(modes.flatMap((mode) => rows.map((row) => [mode, ...row] as const)))(
    'in %s mode in %j at %s: %j',
    (mode, feed, path, expected) => {
      expect(find(feed, path, mode)).toEqual(expected);
    },
  );

  it('a bigint, of a parser that keeps long numbers, as it is', () => {
    expect(find({ a: 9007199254740993n }, 'a.b')).toBe(9007199254740993n);
  });

  it.each<readonly [JsonValue, string, JsonValue]>([
    [{ a: { b: [10, 20] } }, 'a.b.c', [null, null]],
    [{ a: [null] }, 'a.b', [null]],
    [{ a: [1] }, 'a.b', [null]],
    [{ a: [[{ b: 1 }]] }, 'a.b', [null]],
    [{ a: [{ b: 1 }, 'x'] }, 'a.b', [1, null]],
    [{ a: [null] }, 'a.b.c', [null]],
  ])(
    'nothing in %j at %s: an error in strict mode, null for each such element in lenient mode',
    (feed, path, lenient) => {
      expect(outcomeOf(() => find(feed, path, 'strict'))).toEqual({ error: 'AttributeError' });
      expect(find(feed, path)).toEqual(lenient);
    },
  );
});

describe('a template leaf', () => {
  const feed = { hash: ['m', 's1'], a: { b: 1 }, none: null };
  const rows: readonly (readonly [string, JsonValue])[] = [
    ['*net', 'net'],
    ['**x', '*x'],
    ['*', ''],
    ['*a.b', 'a.b'],
    ['*  as it is ', '  as it is '],
    ['#hash[0]', 'm'],
    ['#hash[2]', null],
    ['#hash[-1]', 's1'],
    ['#a.b[0]', null],
    ['#none[0]', null],
    ['a.b', 1],
    ['missing', null],
  ];

  it.each(modes.flatMap((mode) => rows.map((row) => [mode, ...row] as const)))(
    'in %s mode %s gives %j',
    (mode, leaf, expected) => {
      expect(parse(feed, { x: leaf }, mode)).toEqual({ x: expected });
    },
  );

  it('is an error when its index is malformed: at the feed in strict mode, when it is set in lenient mode', () => {
    for (const leaf of ['#', '#hash', '#hash[x]', '#hash[]', '#hash[0][1]']) {
      expect(outcomeOf(() => parse(feed, { x: leaf }) ?? null)).toEqual({ error: 'ValueError' });
      expect(() => createParser({ keys: { x: leaf } })).toThrow(`keys.x must be "#path[number]", not "${leaf}"`);
    }
  });

  it.each<readonly [string, JsonValue]>([
    ['#long[ 1 ]', 1],
    ['#long[+2]', 2],
    ['#long[1_0]', 10],
    ['#long[3)', 3],
    ['#long[4😀', 4],
    ['#a.b[x]', null],
  ])('in strict mode is read as Python reads it: %s', (leaf, expected) => {
    expect(parse({ long: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], ...feed }, { x: leaf })).toEqual({ x: expected });
  });

  it('counts from the end no further than the list is long', () => {
    expect(outcomeOf(() => parse(feed, { x: '#hash[-3]' }) ?? null)).toEqual({ error: 'IndexError' });
    expect(parse(feed, { x: '#hash[-3]' }, 'lenient')).toEqual({ x: null });
  });
});

describe.each(modes)('a nested template, in %s mode', (mode) => {
  it('keeps the order of its names, and starts its paths at the root of the feed', () => {
    const keys = { z: 'a.b', nested: { y: 'a.b', deeper: { x: 'a' } }, empty: {}, a: '*l' };
    const result = parse({ a: { b: 1 } }, keys, mode) ?? {};
    expect(toJson(result)).toBe('{"z": 1, "nested": {"y": 1, "deeper": {"x": {"b": 1}}}, "empty": {}, "a": "l"}');
  });

  it('is applied to each element of a list, in every feed', () => {
    const keys = { rows: { __nested_dot_path_to_list: 'events', ip: 'client.ip', k: '*ev' } };
    const portion = page(
      { events: [{ client: { ip: '1.1.1.1' } }, { client: null }] },
      { events: [{ client: { ip: '2.2.2.2' } }] },
    );
    expect(createParser({ mode, keys }).parsePortion(portion)).toEqual([
      {
        rows: [
          { ip: '1.1.1.1', k: 'ev' },
          { ip: null, k: 'ev' },
        ],
      },
      { rows: [{ ip: '2.2.2.2', k: 'ev' }] },
    ]);
  });

  it('is left out where there is no list; the alternative parser takes an object for a list of one', () => {
    const keys = { rows: { __nested_dot_path_to_list: 'one', ip: 'ip' }, id: 'id' };
    const portion = page({ one: { ip: '1.1.1.1' }, id: 1 }, { id: 2 });
    const parser = createParser({ mode, keys });
    expect(parser.parsePortion(portion)).toEqual([{ id: 1 }, { id: 2 }]);
    expect(parser.parsePortion(portion, { alternative: true })).toEqual([
      { rows: [{ ip: '1.1.1.1' }], id: 1 },
      { id: 2 },
    ]);
  });

  it('needs a name: at the root the list is a member like others, and none for the alternative parser', () => {
    const parser = createParser({ mode, keys: { __nested_dot_path_to_list: 'l', id: 'id' } });
    const portion = page({ l: [{ id: 1 }], id: 2 });
    expect(parser.parsePortion(portion)).toEqual([{ __nested_dot_path_to_list: [{ id: 1 }], id: 2 }]);
    expect(parser.parsePortion(portion, { alternative: true })).toEqual([{ id: 2 }]);
  });

  it('concatenates a text with what was found, as Python writes it', () => {
    const keys = { link: { __concatenate: { static: 'https://p/', dynamic: 'id' } } };
    const link = (id: JsonValue) => parse({ id }, keys, mode)?.['link'];
    expect(link('x.1')).toBe('https://p/x.1');
    expect(link(5)).toBe('https://p/5');
    expect(link(true)).toBe('https://p/True');
    expect(link(null)).toBe('https://p/None');
    expect(link(["it's", 1, null, { a: 0.00001 }])).toBe("https://p/[\"it's\", 1, None, {'a': 1e-05}]");
    expect(parse({}, keys, mode)).toEqual({ link: 'https://p/None' });
  });

  it('concatenates to an object with the alternative parser', () => {
    const keys = { link: { __concatenate: { __: 'a link', static: 'https://p/', dynamic: 'id' } } };
    const parser = createParser({ mode, keys });
    const links = parser.parsePortion(page({ id: 'x.1.2' }, { id: null }, {}), { alternative: true });
    expect(links).toEqual([
      { link: { __: 'a link', static: 'https://p/', dynamic: 'x.1.2', result: 'https://p/x/1/2' } },
      { link: {} },
      { link: {} },
    ]);
  });
});

describe.each(modes)("the vendor document's example, in %s mode", (mode) => {
  const feeds = [
    {
      iocs: {
        network: [
          { ip: [1, 2], url: 'url.com' },
          { ip: [3], url: '' },
        ],
      },
    },
    { iocs: { network: [{ ip: [4, 5], url: 'new_url.com' }] } },
  ];
  const keys = { network: { ips: 'iocs.network.ip' }, url: 'iocs.network.url', type: '*custom_network' };
  const parsed = [
    { network: { ips: [[1, 2], [3]] }, url: ['url.com', ''], type: 'custom_network' },
    { network: { ips: [[4, 5]] }, url: ['new_url.com'], type: 'custom_network' },
  ];
  const portion = page(...feeds);
  const parser = createParser({ mode, keys, iocKeys: { ips: 'iocs.network.ip', url: 'iocs.network.url' } });

  it('parses (group-ib.txt:170-190)', () => {
    expect(parser.parsePortion(portion)).toEqual(parsed);
    expect(createParser({ mode }).parsePortion(portion, { keys })).toEqual(parsed);
  });

  it('parses in bulk (group-ib.txt:191-206)', () => {
    expect(parser.bulkParsePortion(portion, [keys])).toEqual(parsed.map((each) => [each]));
    expect(
      parser.bulkParsePortion(portion, [{ ips: 'iocs.network.ip' }, { url: 'iocs.network.url', t: '*n' }]),
    ).toEqual([
      [{ ips: [[1, 2], [3]] }, { url: ['url.com', ''], t: 'n' }],
      [{ ips: [[4, 5]] }, { url: ['new_url.com'], t: 'n' }],
    ]);
  });

  it('gathers indicators without fillers (group-ib.txt:207-219)', () => {
    expect(parser.getIocs(portion)).toEqual({ ips: [1, 2, 3, 4, 5], url: ['url.com', 'new_url.com'] });
  });

  it('gives nothing in bulk without templates, or without items', () => {
    expect(parser.bulkParsePortion(portion, [])).toEqual([]);
    expect(parser.bulkParsePortion(page(), [keys])).toEqual([]);
  });

  it('keeps what is missing in its place', () => {
    const feed = {
      id: 'x1',
      indicators: [{ params: { ip: ['9.9.9.9', '0.0.0.0'], url: null } }, { params: null }, {}],
    };
    expect(find(feed, 'indicators.params.ip', mode)).toEqual([['9.9.9.9', '0.0.0.0'], null, null]);
    expect(find(feed, 'indicators.params', mode)).toEqual([{ ip: ['9.9.9.9', '0.0.0.0'], url: null }, null, null]);
    expect(parser.getIocs(page(feed), { keys: { ips: 'indicators.params.ip' } })).toEqual({ ips: ['9.9.9.9'] });
  });
});

describe('indicators', () => {
  const nested: JsonValue = [['1.1.1.1', '0.0.0.0', null], '', ['1.1.1.1', [0, false]], '255.255.255.255'];
  const iocs = (mode: Mode, dedupe: 'none' | 'item' | 'portion', ...items: readonly JsonValue[]) =>
    createParser({ mode }).getIocs(page(...items), { keys: { found: 'x' }, dedupe })['found'];

  it('come flat, in order, without the four fillers, each once an item', () => {
    expect(iocs('lenient', 'item', { x: nested })).toEqual(['1.1.1.1', 0, false]);
    expect(iocs('lenient', 'item', { x: ['b', 'a', 'b'] }, { x: 'b' })).toEqual(['b', 'a', 'b']);
  });

  it('come with every repeat, as in older versions of the original, or once a portion', () => {
    expect(iocs('lenient', 'none', { x: nested })).toEqual(['1.1.1.1', '1.1.1.1', 0, false]);
    expect(iocs('lenient', 'portion', { x: ['b', 'a', 'b'] }, { x: ['c', 'b'] })).toEqual(['b', 'a', 'c']);
  });

  it('have no literals: "*x" is looked up as a name', () => {
    for (const mode of modes) {
      expect(createParser({ mode }).getIocs(page({ x: 1 }), { keys: { a: '*x', b: '#x[0]' } })).toEqual({
        a: [],
        b: [],
      });
    }
  });
});

describe('an answer', () => {
  it('counts with count, or else with total', () => {
    expect(createPortion({ count: 3, total: 9, items: [{}] }).count).toBe(3);
    expect(createPortion({ total: 9, items: [{}, {}] })).toMatchObject({ count: 9, size: 2, seqUpdate: null });
  });

  it('without a count is the one item: a feed found by its id', () => {
    const feed = { id: 'x', seqUpdate: 5 };
    expect(createPortion(feed)).toMatchObject({ items: [feed], size: 1, count: null, seqUpdate: '5' });
  });

  it('with a count and no items is empty', () => {
    expect(createPortion({ count: 0 })).toMatchObject({ items: [], size: 0, count: 0 });
    expect(createPortion({ count: 0, items: {} }).size).toBe(0);
  });

  it('keeps sequence numbers to the last digit', () => {
    const seqUpdate = (value: JsonValue) => createPortion({ count: 0, items: [], seqUpdate: value }).seqUpdate;
    expect(seqUpdate('9007199254740993')).toBe('9007199254740993');
    expect(seqUpdate(9007199254740993n)).toBe('9007199254740993');
    expect(seqUpdate(1731878205143257)).toBe('1731878205143257');
    expect(seqUpdate('007')).toBe('7');
    expect(seqUpdate('17.0')).toBe('17');
    const rounded = { count: 0, items: [], seqUpdate: JSON.parse('9007199254740993') as number };
    expect(() => createPortion(rounded)).toThrow('may have been rounded');
    expect(createPortion(rounded, { seqUpdate: 9007199254740993n }).seqUpdate).toBe('9007199254740993');
  });

  it('dumps to ASCII with spaces between tokens', () => {
    expect(toJson({ a: ['é', 1, null, true, 0.00001], b: {}, n: 9007199254740993n })).toBe(
      '{"a": ["\\u00e9", 1, null, true, 1e-05], "b": {}, "n": 9007199254740993}',
    );
  });
});

describe('events', () => {
  const answer = {
    count: 40,
    items: [
      { id: 1, events: [{ e: 1 }, { e: 2 }], login: 'a' },
      { id: 2, events: [] },
      { id: 3 },
      { id: 4, events: [{ e: 3 }] },
    ],
    seqUpdate: 8,
  };

  it.each(modes)('become items of their own in the group collections, in %s mode', (mode) => {
    for (const collection of ['compromised/account_group', 'compromised/bank_card_group', 'attacks/phishing_group']) {
      const portion = createPortion(answer, { mode, parseEvents: true, collection });
      expect(portion).toMatchObject({ count: 40, size: 5, seqUpdate: '8' });
      expect(portion.items).toEqual([
        { id: 1, events: [{ e: 1 }], login: 'a' },
        { id: 1, events: [{ e: 2 }], login: 'a' },
        { id: 2, events: [] },
        { id: 3 },
        { id: 4, events: [{ e: 3 }] },
      ]);
    }
  });

  it('stay where they are in other collections, and when nobody asks', () => {
    expect(createPortion(answer, { parseEvents: true, collection: 'apt/threat' }).size).toBe(4);
    expect(createPortion(answer, { collection: 'compromised/account_group' }).size).toBe(4);
  });
});

describe.each(modes)('filters, in %s mode', (mode) => {
  const portion = page({ id: 1, t: { k: 'a' } }, { id: 2, t: { k: 'b' } }, { id: 3, t: {} }, { id: 4, t: { k: '' } });
  const keys = { id: 'id' };
  const ids = (options: object) =>
    createParser({ mode, keys })
      .parsePortion(portion, options)
      .map(({ id }) => id);
  const isA = { path: 't.k', values: ['a'] };

  it('keep the items that match all of them', () => {
    expect(ids({ filters: [isA] })).toEqual([1]);
    expect(
      ids({
        filters: [
          { path: 't.k', values: ['a', 'b'] },
          { path: 'id', values: [2, 3] },
        ],
      }),
    ).toEqual([2]);
    expect(ids({ filters: [{ path: 't.k', values: [] }] })).toEqual([]);
    expect(ids({ filters: [] })).toEqual([1, 2, 3, 4]);
  });

  it('drop the items that match any of them', () => {
    expect(ids({ filters: [isA, { path: 'id', values: [3] }], filterMode: 'ignore' })).toEqual([2, 4]);
  });

  it('keep the items that hold something at every path', () => {
    expect(ids({ filters: [{ path: 't.k' }, { path: 'id' }], filterMode: 'exists' })).toEqual([1, 2]);
  });

  it('filter indicators too', () => {
    expect(createParser({ mode }).getIocs(portion, { keys: { k: 't.k' }, filters: [isA] })).toEqual({ k: ['a'] });
  });
});

describe.each(modes)('templates, in %s mode', (mode) => {
  it('given to a call replace the stored ones, without merging', () => {
    const parser = createParser({ mode, keys: { a: 'a' }, iocKeys: { a: 'a' } });
    const portion = page({ a: 1, b: 2 });
    expect(parser.parsePortion(portion, { keys: { b: 'b' } })).toEqual([{ b: 2 }]);
    expect(parser.parsePortion(portion, { keys: {} })).toEqual([{ a: 1 }]);
    expect(parser.getIocs(portion, { keys: { b: 'b' } })).toEqual({ b: [2] });
    expect(parser.getIocs(portion)).toEqual({ a: [1] });
    parser.setKeys({ c: '*c' });
    parser.setIocKeys({ c: 'b' });
    expect(parser.parsePortion(portion)).toEqual([{ c: 'c' }]);
    expect(parser.getIocs(portion)).toEqual({ c: [2] });
  });

  it('have to be there', () => {
    const parser = createParser({ mode });
    expect(outcomeOf(() => parser.parsePortion(page({})))).toEqual({ error: 'ParserException' });
    expect(outcomeOf(() => parser.parsePortion(page({}), { keys: {} }))).toEqual({ error: 'ParserException' });
    expect(outcomeOf(() => parser.getIocs(page({})))).toEqual({ error: 'ParserException' });
  });

  it('are refused with a wrong leaf, and the ones before stay', () => {
    const parser = createParser({ mode, keys: { a: 'a' }, iocKeys: { a: 'a' } });
    for (const leaf of [1, null, true, ['a']]) {
      expect(() => parser.setKeys({ b: { c: leaf } } as never)).toThrow(/^keys\.b\.c must be a path/);
      expect(() => parser.setIocKeys({ b: leaf } as never)).toThrow(/^iocKeys\.b must be a path/);
    }
    expect(() => parser.setIocKeys({ b: { c: 'c' } } as never)).toThrow(ParserError);
    expect(parser.parsePortion(page({ a: 1 }))).toEqual([{ a: 1 }]);
    expect(parser.getIocs(page({ a: 1 }))).toEqual({ a: [1] });
  });
});
