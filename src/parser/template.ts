import { nullUnlessStrict, ParserError, type Mode } from './errors.ts';
import { find } from './find.ts';
import { pythonText } from './python-text.ts';
import { isList, isObject, isTruthy, memberOf, type JsonObject, type JsonValue } from './values.ts';

/** A template: names of the result, each with a path, a literal, or a template again (group-ib.txt:38-58). */
export interface Keys {
  readonly [name: string]: string | Keys;
}

export interface TemplateOptions {
  readonly mode: Mode;
  /** As the original with `use_alternative_parser`: an object counts as a list of one, and `__concatenate` gives an object. */
  readonly alternative: boolean;
}

/** A template with this member is applied to each element of the list there, with the element as the root. */
export const LIST_MEMBER = '__nested_dot_path_to_list';
/** A template with this member is a text: `static`, then what lies at `dynamic`. */
export const CONCATENATE_MEMBER = '__concatenate';

/**
 * A feed in the shape of a template. Paths start at the feed's root, also inside nested templates. Neither feed nor template is changed; what
 * was found is handed out as it is, not copied.
 * @param keys a template that `validateKeys` accepts
 * @throws ParserError in strict mode where the original fails; in both modes for a special member of the wrong shape
 */
export function applyTemplate(feed: JsonValue, keys: Keys, options: TemplateOptions): JsonObject {
  const members: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(keys)) {
    if (options.alternative && name === LIST_MEMBER && typeof value === 'string') continue;
    const result = typeof value === 'string' ? leaf(feed, value, options.mode) : nested(feed, value, options);
    if (result !== undefined) members.push([name, result]);
  }
  // Makes "__proto__" a member like any other, where an assignment would set the prototype.
  return Object.fromEntries(members);
}

function leaf(feed: JsonValue, text: string, mode: Mode): JsonValue {
  if (text.startsWith('*')) return text.slice(1);
  return text.startsWith('#') ? elementAt(feed, text, mode) : find(feed, text, mode);
}

/** `#path[i]`. As in the original the last character is taken for the bracket, and the index is looked at only when there is a list. */
function elementAt(feed: JsonValue, text: string, mode: Mode): JsonValue {
  const [path, number, ...others] = Array.from(text).slice(1, -1).join('').split('[');
  if (path === undefined || number === undefined || others.length > 0) throw malformed(text);
  const list = find(feed, path, mode);
  if (!isList(list)) return null;
  if (!/^\s*[+-]?\d+(_\d+)*\s*$/.test(number)) throw malformed(text);
  const index = Number(number.replaceAll('_', ''));
  if (index < -list.length) return nullUnlessStrict(mode, 'IndexError', `"${text}": the list is shorter`);
  return list.at(index) ?? null;
}

function malformed(text: string): ParserError {
  return new ParserError('ValueError', `"${text}" is not of the form "#path[number]"`);
}

/** `undefined` leaves the name out. */
function nested(feed: JsonValue, keys: Keys, options: TemplateOptions): JsonValue | undefined {
  const listPath = memberOf(keys, LIST_MEMBER);
  if (isTruthy(listPath)) return eachElement(feed, listPath, keys, options);
  const concatenation = memberOf(keys, CONCATENATE_MEMBER);
  if (isTruthy(concatenation)) return concatenate(feed, concatenation, options);
  return applyTemplate(feed, keys, options);
}

/**
 * The original removes the member from the caller's template while it reads the first feed, so every later one comes out unexpanded. That is
 * a mistake, and not repeated here.
 */
function eachElement(feed: JsonValue, path: JsonValue, keys: Keys, options: TemplateOptions): JsonValue | undefined {
  const list = find(feed, asPath(path, LIST_MEMBER), options.mode);
  const { [LIST_MEMBER]: _, ...inner } = keys;
  if (isList(list)) return list.map((element) => applyTemplate(element, inner, options));
  return options.alternative && isObject(list) ? [applyTemplate(list, inner, options)] : undefined;
}

function concatenate(feed: JsonValue, how: JsonValue, { mode, alternative }: TemplateOptions): JsonValue {
  if (!isObject(how)) throw wrongMember(CONCATENATE_MEMBER, 'an object');
  const fixed = memberOf(how, 'static');
  const found = find(feed, asPath(memberOf(how, 'dynamic'), `${CONCATENATE_MEMBER}.dynamic`), mode);
  if (!alternative) return pythonText(fixed) + pythonText(found);
  if (!isTruthy(found)) return {};
  if (typeof found !== 'string') {
    nullUnlessStrict(mode, 'AttributeError', `${CONCATENATE_MEMBER}: what lies at "dynamic" is no text`);
  }
  const slashed = typeof found === 'string' ? found.replaceAll('.', '/') : pythonText(found);
  const description = Object.hasOwn(how, '__') ? memberOf(how, '__') : '';
  return { __: description, static: fixed, dynamic: found, result: pythonText(fixed) + slashed };
}

function asPath(value: JsonValue, member: string): string {
  if (typeof value === 'string') return value;
  throw wrongMember(member, 'a path');
}

function wrongMember(member: string, expected: string): ParserError {
  return new ParserError('AttributeError', `"${member}" is not ${expected}`);
}
