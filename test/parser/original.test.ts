import { expect, it, describe } from 'vitest';
import {
  createParser,
  createPortion,
  ParserError,
  toJson,
  type JsonObject,
  type JsonValue,
} from '../../src/parser/index.ts';
import {
  asSets,
  casesOf,
  outcomeOf,
  runBulk,
  runFind,
  runIocs,
  runParse,
  textOf,
  type AnswerCase,
  type BulkCase,
  type KeysCase,
  type Outcome,
  type ParseCase,
} from './fixtures.ts';

// cyberintegrations 0.14.1 made the expected outputs: fixtures/make-fixtures.py.

const parses = casesOf('parse');
const bulks = casesOf('bulk');
const iocs = casesOf('iocs');
const finds = casesOf('find');
const portions = casesOf('portion');
const events = casesOf('events');
const keys = casesOf('keys');

/** Names every case that differs, with both outcomes. */
function differing<C>(
  cases: readonly (readonly [string, C])[],
  actual: (each: C) => Outcome,
  expected: (each: C) => Outcome,
): readonly string[] {
  return cases.flatMap(([name, each]) => {
    const [ours, theirs] = [textOf(actual(each)), textOf(expected(each))];
    return ours === theirs ? [] : [`${name}: ${ours} instead of ${theirs}`];
  });
}

const asRecorded = ({ unmutated, result, error }: ParseCase): Outcome =>
  unmutated ?? (error === undefined ? { result: result ?? null } : { error });

describe('strict mode gives what the original library gives', () => {
  it('has more than 500 cases to compare, most of them with a result', () => {
    const all: readonly (readonly [string, Outcome])[] = [
      ...parses,
      ...bulks,
      ...iocs,
      ...finds,
      ...portions,
      ...events,
    ];
    expect(all.length).toBeGreaterThan(1_500);
    expect(all.filter(([, { error }]) => error === undefined).length).toBeGreaterThan(1_000);
    expect(parses.filter(([, { unmutated }]) => unmutated).length).toBeGreaterThan(30);
  });

  it('parses portions to the same text, and fails where it fails', () => {
    const run = runParse('strict');
    expect(differing(parses, (each) => outcomeOf(() => run(each)), asRecorded)).toEqual([]);
  });

  it('parses with several templates at once', () => {
    const run = runBulk('strict');
    const recorded = ({ unmutated, ...as }: BulkCase) => unmutated ?? as;
    expect(differing(bulks, (each) => outcomeOf(() => run(each)), recorded)).toEqual([]);
  });

  it('gathers the same indicators', () => {
    const run = runIocs('strict');
    expect(
      differing(
        iocs,
        (each) => outcomeOf(() => asSets(run(each))),
        (each) => each,
      ),
    ).toEqual([]);
  });

  it('finds the same at a path', () => {
    const run = runFind('strict');
    expect(
      differing(
        finds,
        (each) => outcomeOf(() => run(each)),
        (each) => each,
      ),
    ).toEqual([]);
  });

  it('sees the same portion in an answer, and dumps it to the same JSON', () => {
    const seen = ({ answer }: AnswerCase) =>
      outcomeOf(() => {
        const { count, size, seqUpdate, raw } = createPortion(answer, { mode: 'strict' });
        return { count, size, seqUpdate, rawJson: toJson(raw) };
      });
    expect(differing(portions, seen, ({ result, error }) => plainNumbers(error, result))).toEqual([]);
  });

  it('makes an item of each event', () => {
    const seen = ({ answer, collection = '' }: AnswerCase) =>
      outcomeOf(() => {
        const portion = createPortion(answer, { mode: 'strict', parseEvents: true, collection });
        const { count, size, seqUpdate, items } = portion;
        // The original's generator ends without a portion.
        return size === 0 ? null : { count, size, seqUpdate, items };
      });
    expect(differing(events, seen, ({ result, error }) => plainNumbers(error, result))).toEqual([]);
  });

  it('accepts and refuses the same templates', () => {
    const set = ({ kind, value }: KeysCase) =>
      outcomeOf(() => {
        const parser = createParser({ mode: 'strict' });
        if (kind === 'keys') parser.setKeys(value as never);
        else parser.setIocKeys(value as never);
        return null;
      });
    expect(differing(keys, set, (each) => each)).toEqual([]);
  });
});

describe('lenient mode gives what the original library gives wherever it gives something', () => {
  it('parses portions to the same text, and gives something for every feed', () => {
    const run = runParse('lenient');
    const wrong = differing(parses, (each) => outcomeOf(() => run(each)), asRecorded);
    expect(
      wrong.filter((line) => !/ instead of (Attribute|Index|Value)Error$|^[^:]*: InputException/.test(line)),
    ).toEqual([]);
  });

  it('refuses only templates with a wrong leaf, and names it', () => {
    const messages = parses.flatMap(([, each]) => {
      try {
        runParse('lenient')(each);
        return [];
      } catch (error) {
        return error instanceof ParserError && error.original === 'InputException' ? [error.message] : [];
      }
    });
    const leaf = /^keys[^;]* must be (an object|a path|the path of a list|there, and be a text|"#path\[number\]")/;
    expect(messages.length).toBeGreaterThan(5);
    expect(messages.length).toBeLessThan(parses.length / 10);
    expect(messages.filter((message) => !leaf.test(message))).toEqual([]);
  });

  it('gathers the same indicators, and objects where the original fails', () => {
    const run = runIocs('lenient');
    const wrong = differing(
      iocs,
      (each) => outcomeOf(() => asSets(once(run(each)))),
      (each) => pythonSets(each),
    );
    expect(wrong.filter((line) => !/ instead of (Attribute|Value|Type)Error$/.test(line))).toEqual([]);
  });

  it('finds the same at a path, and never fails', () => {
    const run = runFind('lenient');
    const wrong = differing(
      finds,
      (each) => outcomeOf(() => run(each)),
      (each) => each,
    );
    expect(wrong.filter((line) => !line.endsWith(' instead of AttributeError'))).toEqual([]);
    expect(finds.filter(([, each]) => outcomeOf(() => run(each)).error !== undefined)).toEqual([]);
  });
});

/** Our count is a number and our sequence number text, whatever the answer wrote. */
function plainNumbers(error: string | undefined, result: JsonValue | undefined): Outcome {
  if (error !== undefined) return { error };
  if (result === null || result === undefined) return { result: null };
  const { count, seqUpdate, ...rest } = result as JsonObject;
  const plain = {
    count: count === null ? null : Number(count),
    size: rest['size'] ?? null,
    seqUpdate: typeof seqUpdate === 'number' ? String(seqUpdate) : (seqUpdate ?? null),
  };
  return { result: { ...plain, ...rest } };
}

/** Lenient mode tells true from 1, which the original does not: compared as sets of plain values. */
function once(iocs: Record<string, readonly JsonValue[]>): Record<string, readonly JsonValue[]> {
  const plain = (value: JsonValue) => (typeof value === 'boolean' ? Number(value) : value);
  const members = Object.entries(iocs).map(([name, values]) => [name, [...new Set(values.map(plain))]] as const);
  return Object.fromEntries(members);
}

function pythonSets({ result, error }: Outcome): Outcome {
  if (error !== undefined) return { error };
  return { result: asSets(once(result as Record<string, readonly JsonValue[]>)) };
}
