import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createParser,
  createPortion,
  find,
  toJson,
  validateIocKeys,
  validateKeys,
  type JsonObject,
  type JsonValue,
  type Keys,
  type Mode,
} from '../../src/parser/index.ts';
import { outcomeOf, textOf } from './fixtures.ts';

const modes: readonly Mode[] = ['strict', 'lenient'];
const page = (...items: readonly JsonValue[]) => createPortion({ count: items.length, items });

// A small alphabet, so that paths hit; with the names that reach a prototype.
const name = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'prototype', 'toString', 'length', '0');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('.'));
const { feed } = fc.letrec<{ feed: JsonValue }>((tie) => ({
  feed: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<JsonValue>(null, true, false, 0, 1, '', '0.0.0.0', '1.1.1.1', 'é'),
    fc.array(tie('feed'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('feed')), { maxLength: 3 }).map((members) => Object.fromEntries(members)),
  ),
}));
const index = fc.integer({ min: -3, max: 3 });
const leaf = fc.oneof(
  path,
  path.map((text) => `*${text}`),
  fc.tuple(path, index).map(([text, i]) => `#${text}[${i}]`),
);
const { keys } = fc.letrec<{ keys: Keys }>((tie) => ({
  keys: fc
    .array(fc.tuple(name, fc.oneof({ maxDepth: 2 }, leaf, tie('keys'), special(tie('keys')))), {
      minLength: 1,
      maxLength: 3,
    })
    .map((members): Keys => Object.fromEntries(members)),
}));

function special(inner: fc.Arbitrary<Keys>): fc.Arbitrary<Keys> {
  const rows = fc.tuple(path, inner).map(([list, rest]) => ({ ...rest, __nested_dot_path_to_list: list }));
  const texts = path.map((dynamic) => ({ __concatenate: { static: 's', dynamic } }));
  return fc.oneof(rows, texts);
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}

describe('whatever is fed to it', () => {
  it('changes neither feed nor template, and no prototype', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    fc.assert(
      fc.property(fc.array(feed, { maxLength: 3 }), keys, fc.constantFrom(...modes), fc.boolean(), (...given) => {
        const [items, template, mode, alternative] = given;
        const copies = [toJson(items), toJson(template)];
        const parser = createParser({ mode, keys: freeze(template) });
        outcomeOf(() => parser.parsePortion(page(...freeze(items)), { alternative }));
        expect([toJson(items), toJson(template)]).toEqual(copies);
        expect(Object.getPrototypeOf(items)).toBe(Array.prototype);
      }),
    );
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  it('gives plain objects with the names of the template and no others', () => {
    fc.assert(
      fc.property(feed, keys, (item, template) => {
        const [result = {}] = createParser({ keys: template }).parsePortion(page(item));
        expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
        expect(Object.keys(template)).toEqual(expect.arrayContaining(Object.keys(result)));
      }),
    );
  });

  it('gives in strict mode what it gives in lenient mode, or an error, and in lenient mode no error', () => {
    fc.assert(
      fc.property(feed, keys, fc.boolean(), (item, template, alternative) => {
        const run = (mode: Mode) =>
          outcomeOf(() => createParser({ mode, keys: template }).parsePortion(page(item), { alternative }));
        const [strict, lenient] = [run('strict'), run('lenient')];
        expect(lenient.error).toBeUndefined();
        if (strict.error === undefined) expect(textOf(strict)).toBe(textOf(lenient));
      }),
    );
  });

  it('finds a list as long as the first list on the way', () => {
    fc.assert(
      fc.property(fc.array(feed, { maxLength: 4 }), path, (items, path) => {
        expect(find(items, path)).toHaveLength(items.length);
      }),
    );
  });

  it('parses in bulk what it parses with each template alone', () => {
    fc.assert(
      fc.property(fc.array(feed, { maxLength: 3 }), fc.array(keys, { minLength: 1, maxLength: 3 }), (items, list) => {
        const parser = createParser();
        const rows = parser.bulkParsePortion(page(...items), list);
        expect(rows).toHaveLength(items.length);
        for (const [column, keys] of list.entries()) {
          const alone = parser.parsePortion(page(...items), { keys });
          expect(toJson(rows.map((row) => row[column] ?? null))).toBe(toJson(alone));
        }
      }),
    );
  });

  it('never leaves an indicator out by dropping repeats', () => {
    fc.assert(
      fc.property(fc.array(feed, { maxLength: 4 }), path, (items, path) => {
        const run = (dedupe: 'none' | 'item' | 'portion') =>
          (createParser().getIocs(page(...items), { keys: { x: path }, dedupe })['x'] ?? []).map(identity);
        const [none, item, portion] = [run('none'), run('item'), run('portion')];
        expect(portion).toEqual([...new Set(none)]);
        expect(new Set(item)).toEqual(new Set(none));
        expect(portion.length <= item.length && item.length <= none.length).toBe(true);
      }),
    );
  });

  it('dumps to JSON that reads back as the same value, in ASCII', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = toJson(value as JsonValue);
        expect(text).toMatch(/^[ -~]*$/);
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value));
      }),
    );
  });

  it('sets exactly the templates without problems', () => {
    const anything = fc.oneof(keys, fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(anything, fc.constantFrom(...modes), (value, mode) => {
        const given = value as Keys;
        const set = outcomeOf(() => (createParser({ mode }).setKeys(given), null));
        expect(set.error === undefined).toBe(validateKeys(value, mode).length === 0);
        const setIocs = outcomeOf(() => (createParser({ mode }).setIocKeys(given as never), null));
        expect(setIocs.error === undefined).toBe(validateIocKeys(value).length === 0);
      }),
    );
  });
});

/** Equal objects with their members in another order are one indicator. */
function identity(value: JsonValue): string {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value as JsonObject).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(
    members.map(([name, inner]) => [name, Array.isArray(inner) ? inner.map(identity) : identity(inner)]),
  );
}

describe('a name that reaches a prototype', () => {
  const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"x": 2}}') as JsonObject;

  it.each(modes)('is a name like any other in a feed, in %s mode', (mode) => {
    expect(find(hostile, '__proto__.polluted', mode)).toBe(1);
    expect(find({}, '__proto__.polluted', mode)).toBeNull();
    expect(find({ a: 1 }, 'constructor.name', mode)).toBeNull();
    expect(find([{}], 'toString', mode)).toEqual([null]);
  });

  it.each(modes)('is a name like any other in a template, in %s mode', (mode) => {
    const keys = JSON.parse('{"__proto__": "a", "b": {"__proto__": {"c": "*x"}}}') as Keys;
    const [result] = createParser({ mode, keys }).parsePortion(page({ a: { polluted: true } }));
    expect(JSON.stringify(result)).toBe('{"__proto__":{"polluted":true},"b":{"__proto__":{"c":"x"}}}');
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    const iocs = createParser({ mode, iocKeys: JSON.parse('{"__proto__": "a"}') as never }).getIocs(page({ a: 'x' }));
    expect(JSON.stringify(iocs)).toBe('{"__proto__":["x"]}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('is expanded with its events', () => {
    const item = JSON.parse('{"__proto__": {"polluted": 1}, "events": [1, 2]}') as JsonObject;
    const portion = createPortion(
      { count: 1, items: [item] },
      { parseEvents: true, collection: 'compromised/account_group' },
    );
    expect(JSON.stringify(portion.items[1])).toBe('{"__proto__":{"polluted":1},"events":[2]}');
  });
});

describe('an error', () => {
  it('says which item and which path, and nothing of what the feed holds', () => {
    const parser = createParser({ mode: 'strict', keys: { p: 'accounts.password' } });
    const portion = page({ accounts: [{ password: 'hunter2' }] }, { accounts: ['hunter2'] });
    expect(() => parser.parsePortion(portion)).toThrow(
      'item 1: "accounts.password": a list before "password" holds an element that is not an object',
    );
    const filters = [{ path: 'accounts', values: ['hunter2'] }];
    expect(() => parser.parsePortion(portion, { filters })).toThrow(
      'item 0: filter "accounts": a list cannot be compared',
    );
  });

  it('names every wrong leaf by the names around it', () => {
    expect(validateKeys({ a: { 'b.c': 1 }, d: [], e: 'ok', f: null })).toEqual([
      { path: ['a', 'b.c'], message: 'must be a path, a "*literal" or a nested template, not a number' },
      { path: ['d'], message: 'must be a path, a "*literal" or a nested template, not a list' },
      { path: ['f'], message: 'must be a path, a "*literal" or a nested template, not nothing' },
    ]);
    expect(validateIocKeys({ a: {}, b: 'ok' })).toEqual([{ path: ['a'], message: 'must be a path, not an object' }]);
    expect(validateIocKeys([])).toEqual([{ path: [], message: 'must be an object of names and paths, not a list' }]);
    expect(validateKeys({ a: 'b' })).toEqual([]);
  });

  it('comes for a template or a feed that holds itself', () => {
    const circle: Record<string, unknown> = {};
    circle['a'] = circle;
    circle['b'] = circle;
    expect(validateKeys(circle)).toEqual([{ path: [], message: 'nests deeper than 50 templates' }]);
    expect(() => createPortion(circle)).toThrow('nested deeper');
  });
});
