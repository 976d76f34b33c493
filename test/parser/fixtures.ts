import { readFileSync } from 'node:fs';
import {
  createParser,
  createPortion,
  find,
  ParserError,
  toJson,
  type Filter,
  type FilterMode,
  type IocKeys,
  type JsonValue,
  type Keys,
  type Mode,
} from '../../src/parser/index.ts';

/** What a call gave: a result, or the name of the original's exception. */
export interface Outcome {
  readonly result?: JsonValue;
  readonly error?: string;
}

interface CaseBase extends Outcome {
  readonly answer: JsonValue;
  readonly filters?: readonly Filter[];
  readonly filterMode?: FilterMode;
  /** What the library gives when its template cannot be changed, where that is something else. */
  readonly unmutated?: Outcome;
}

export interface ParseCase extends CaseBase {
  readonly stored?: Keys;
  readonly keys?: Keys;
  readonly alternative?: boolean;
}

export interface BulkCase extends CaseBase {
  readonly stored?: Keys;
  readonly keysList: readonly Keys[];
}

export interface IocsCase extends CaseBase {
  readonly stored?: IocKeys;
  readonly keys?: IocKeys;
}

export interface FindCase extends Outcome {
  readonly value: JsonValue;
  readonly path: string;
}

export interface AnswerCase extends Outcome {
  readonly answer: JsonValue;
  readonly collection?: string;
}

export interface KeysCase extends Outcome {
  readonly kind: 'keys' | 'iocKeys';
  readonly value: unknown;
}

interface Cases {
  readonly parse: ParseCase;
  readonly bulk: BulkCase;
  readonly iocs: IocsCase;
  readonly find: FindCase;
  readonly portion: AnswerCase;
  readonly events: AnswerCase;
  readonly keys: KeysCase;
}

/** The cases of a file beside `make-fixtures.py`, each with its number as a name. */
export function casesOf<N extends keyof Cases>(name: N): readonly (readonly [string, Cases[N]])[] {
  const text = readFileSync(new URL(`fixtures/${name}.ndjson`, import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line, i) => [`${name} ${i + 1}`, JSON.parse(line) as Cases[N]]);
}

export const runParse =
  (mode: Mode) =>
  ({ answer, stored, alternative = false, ...options }: ParseCase): JsonValue => {
    const parser = createParser(stored === undefined ? { mode } : { mode, keys: stored });
    const given = { ...options, alternative };
    return parser.parsePortion(createPortion(answer, { mode }), given);
  };

export const runBulk =
  (mode: Mode) =>
  ({ answer, stored, keysList }: BulkCase): JsonValue => {
    const parser = createParser(stored === undefined ? { mode } : { mode, keys: stored });
    return parser.bulkParsePortion(createPortion(answer, { mode }), keysList);
  };

export const runIocs =
  (mode: Mode) =>
  ({ answer, stored, ...options }: IocsCase): Record<string, readonly JsonValue[]> => {
    const parser = createParser(stored === undefined ? { mode } : { mode, iocKeys: stored });
    return parser.getIocs(createPortion(answer, { mode }), options);
  };

export const runFind =
  (mode: Mode) =>
  ({ value, path }: FindCase): JsonValue =>
    find(value, path, mode);

/** A ParserError as the name of the original's exception; anything else is a mistake of ours and goes through. */
export function outcomeOf(work: () => JsonValue): Outcome {
  try {
    return { result: work() };
  } catch (error) {
    if (!(error instanceof ParserError)) throw error;
    return { error: error.original };
  }
}

/** As text, so that the order of members counts. */
export function textOf({ result, error }: Outcome): string {
  return error ?? JSON.stringify(result);
}

/** As the fixtures write sets: true as 1, false as 0, sorted. */
export function asSets(iocs: Record<string, readonly JsonValue[]>): JsonValue {
  const members = Object.entries(iocs).map(([name, values]) => [name, sorted(values)] as const);
  return Object.fromEntries(members);
}

function sorted(values: readonly JsonValue[]): readonly JsonValue[] {
  const plain = values.map((value) => (typeof value === 'boolean' ? Number(value) : value));
  return plain.toSorted((a, b) => (toJson(a) < toJson(b) ? -1 : 1));
}
