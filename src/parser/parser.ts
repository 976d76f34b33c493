import { ParserError, type Mode } from './errors.ts';
import { checkFilters, passes, type FilterOptions } from './filters.ts';
import { find } from './find.ts';
import { createIocCollector, type Dedupe } from './iocs.ts';
import type { Portion } from './portion.ts';
import { applyTemplate, type Keys } from './template.ts';
import { refuse, validateIocKeys, validateKeys } from './validate.ts';
import { isTruthy, type JsonObject, type JsonValue } from './values.ts';

/** Names of the result, each with a path. */
export type IocKeys = Readonly<Record<string, string>>;

export interface ParserOptions {
  /** Default `lenient`. */
  readonly mode?: Mode;
  readonly keys?: Keys;
  readonly iocKeys?: IocKeys;
}

export interface ParseOptions extends FilterOptions {
  /** In place of the parser's own keys; they are not merged. An empty object counts as none. */
  readonly keys?: Keys;
  /** As the original with `use_alternative_parser`. */
  readonly alternative?: boolean;
}

export interface IocOptions extends FilterOptions {
  /** In place of the parser's own; an empty object counts as none. */
  readonly keys?: IocKeys;
  /** Default `item`. */
  readonly dedupe?: Dedupe;
}

/** A collection's templates and what they make of its portions. Its methods need no `this`. */
export interface Parser {
  readonly mode: Mode;
  /** @throws ParserError, `InputException`, that names each wrong leaf; the keys before stay */
  readonly setKeys: (keys: Keys) => void;
  /** @throws ParserError, `InputException`, that names each wrong leaf; the keys before stay */
  readonly setIocKeys: (keys: IocKeys) => void;
  /** One object for each item that passes the filters, in order. */
  readonly parsePortion: (portion: Portion, options?: ParseOptions) => readonly JsonObject[];
  /** For each item a list: what each of the templates makes of it. Without templates there is nothing, not even for each item. */
  readonly bulkParsePortion: (portion: Portion, keysList: readonly Keys[]) => readonly (readonly JsonObject[])[];
  /** For each name the indicators of all items that pass the filters, flat. */
  readonly getIocs: (portion: Portion, options?: IocOptions) => Readonly<Record<string, readonly JsonValue[]>>;
}

/**
 * Makes the parser of a collection. All its functions are pure but for the two setters, change nothing they are given, and throw
 * {@link ParserError}: `ParserException` without keys, `InputException` for wrong ones, and in strict mode what the original raises.
 */
export function createParser({ mode = 'lenient', ...initial }: ParserOptions = {}): Parser {
  let storedKeys: Keys = {};
  let storedIocKeys: IocKeys = {};
  const setKeys = (keys: Keys) => {
    refuse(validateKeys(keys, mode), 'keys');
    storedKeys = structuredClone(keys);
  };
  const setIocKeys = (keys: IocKeys) => {
    refuse(validateIocKeys(keys), 'iocKeys');
    storedIocKeys = structuredClone(keys);
  };
  if (initial.keys !== undefined) setKeys(initial.keys);
  if (initial.iocKeys !== undefined) setIocKeys(initial.iocKeys);
  const parsePortion = (portion: Portion, options: ParseOptions = {}) => parse(portion, options, storedKeys, mode);
  return {
    mode,
    setKeys,
    setIocKeys,
    parsePortion,
    bulkParsePortion: (portion, keysList) => {
      const columns = keysList.map((keys) => parsePortion(portion, { keys }));
      const rows = columns.length === 0 ? [] : portion.items;
      return rows.map((_, row) => columns.map((column) => column[row] ?? {}));
    },
    getIocs: (portion, options = {}) => iocsOf(portion, options, storedIocKeys, mode),
  };
}

function parse(portion: Portion, options: ParseOptions, stored: Keys, mode: Mode): readonly JsonObject[] {
  const keys = chosen(options.keys, stored, 'keys');
  if (keys !== stored) refuse(validateKeys(keys, mode), 'keys');
  checkFilters(options.filters);
  const { alternative = false } = options;
  return portion.items.flatMap((item, i) =>
    inItem(i, () => {
      if (!passes(item, options, mode)) return [];
      // Strict mode lets it through till here, as the original does.
      if (typeof keys === 'string') throw new ParserError('AttributeError', 'keys is a text, not an object');
      return [applyTemplate(item, keys, { mode, alternative })];
    }),
  );
}

function iocsOf(
  portion: Portion,
  options: IocOptions,
  stored: IocKeys,
  mode: Mode,
): Record<string, readonly JsonValue[]> {
  const keys = chosen(options.keys, stored, 'iocKeys');
  if (keys !== stored) refuse(validateIocKeys(keys), 'iocKeys');
  checkFilters(options.filters);
  const { dedupe = 'item' } = options;
  const members = Object.entries(keys).map(([name, path]): [string, readonly JsonValue[]] => {
    const collector = createIocCollector(dedupe, mode);
    for (const [i, item] of portion.items.entries()) {
      inItem(i, () => {
        if (passes(item, options, mode)) collector.addItem(find(item, path, mode));
      });
    }
    return [name, collector.iocs];
  });
  return Object.fromEntries(members);
}

/** Given keys replace the stored ones; empty ones count as not given. */
function chosen<K>(given: K | undefined, stored: K, what: string): K {
  if (given !== undefined && isTruthy(given)) return given;
  if (isTruthy(stored)) return stored;
  throw new ParserError('ParserException', `there are no ${what} to parse with`);
}

/** Says in which item, from 0, it went wrong. */
function inItem<T>(i: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ParserError)) throw error;
    throw new ParserError(error.original, `item ${i}: ${error.message}`, { cause: error });
  }
}
