export { ParserError, type Mode, type OriginalError } from './errors.ts';
export type { Filter, FilterMode, FilterOptions } from './filters.ts';
export { find } from './find.ts';
export type { Dedupe } from './iocs.ts';
export {
  createParser,
  type IocKeys,
  type IocOptions,
  type ParseOptions,
  type Parser,
  type ParserOptions,
} from './parser.ts';
export { createPortion, type Portion, type PortionOptions } from './portion.ts';
export { toJson } from './python-text.ts';
export type { Keys } from './template.ts';
export { validateIocKeys, validateKeys, type Problem } from './validate.ts';
export type { JsonObject, JsonValue } from './values.ts';
