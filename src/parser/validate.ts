import { ParserError, type Mode } from './errors.ts';
import { LONGEST_PATH } from './find.ts';
import { CONCATENATE_MEMBER, LIST_MEMBER } from './template.ts';
import { isDeeperThan, isObject, type JsonObject } from './values.ts';

/** What is wrong in a template, and where: the names from the outside in, empty for the template itself. */
export interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** A template may nest this deep. */
const DEEPEST_TEMPLATE = 50;

/**
 * What is wrong with a template of `parsePortion`; empty when nothing is. Needs no throw and no schema library, so a config schema can call it.
 * @param mode `strict` accepts what the original accepts (a lone text too, which then fails at the first feed); `lenient` refuses as well what
 *   would only fail later: a malformed `#path[i]`, a special member of the wrong shape
 */
export function validateKeys(value: unknown, mode: Mode = 'lenient'): readonly Problem[] {
  // First, and in a loop: a template that holds itself (an alias of YAML) would otherwise never end.
  if (isDeeperThan(value, DEEPEST_TEMPLATE)) return [problem([], `nests deeper than ${DEEPEST_TEMPLATE} templates`)];
  if (mode === 'lenient' && typeof value === 'string') return [problem([], 'must be an object of names and paths')];
  return template(value, [], mode);
}

function template(value: unknown, path: readonly string[], mode: Mode): readonly Problem[] {
  if (typeof value === 'string') return leaf(value, path, mode);
  if (!isObject(value))
    return [problem(path, `must be a path, a "*literal" or a nested template, not ${kindOf(value)}`)];
  const inner = Object.entries(value).flatMap(([name, child]) => template(child, [...path, name], mode));
  return mode === 'strict' ? inner : [...inner, ...specialMembers(value, path)];
}

function leaf(text: string, path: readonly string[], mode: Mode): readonly Problem[] {
  if (text.startsWith('*')) return [];
  if (mode === 'lenient' && text.startsWith('#') && !/^#[^[]*\[-?\d+\]$/.test(text)) {
    return [problem(path, `must be "#path[number]", not ${JSON.stringify(text)}`)];
  }
  return tooLong(text) ? [problem(path, `is a path of more than ${LONGEST_PATH} names`)] : [];
}

function specialMembers(keys: JsonObject, path: readonly string[]): readonly Problem[] {
  const problems: Problem[] = [];
  if (Object.hasOwn(keys, LIST_MEMBER) && (typeof keys[LIST_MEMBER] !== 'string' || keys[LIST_MEMBER] === '')) {
    problems.push(problem([...path, LIST_MEMBER], 'must be the path of a list'));
  }
  const concatenation = keys[CONCATENATE_MEMBER];
  if (!Object.hasOwn(keys, CONCATENATE_MEMBER)) return problems;
  const parts = ['static', 'dynamic'].filter(
    (name) =>
      !isObject(concatenation) || !Object.hasOwn(concatenation, name) || typeof concatenation[name] !== 'string',
  );
  return [
    ...problems,
    ...parts.map((name) => problem([...path, CONCATENATE_MEMBER, name], 'must be there, and be a text')),
  ];
}

/** What is wrong with a template of `getIocs`: names, each with a path. Nested templates and `*literals` mean nothing there. */
export function validateIocKeys(value: unknown): readonly Problem[] {
  if (!isObject(value)) return [problem([], `must be an object of names and paths, not ${kindOf(value)}`)];
  return Object.entries(value).flatMap(([name, path]) => {
    if (typeof path !== 'string') return [problem([name], `must be a path, not ${kindOf(path)}`)];
    return tooLong(path) ? [problem([name], `is a path of more than ${LONGEST_PATH} names`)] : [];
  });
}

/** @throws ParserError, `InputException`, that names the place of each problem; returns when there is none */
export function refuse(problems: readonly Problem[], what: string): void {
  if (problems.length === 0) return;
  const lines = problems.map(({ path, message }) => `${[what, ...path].join('.')} ${message}`);
  throw new ParserError('InputException', lines.join('; '));
}

function tooLong(path: string): boolean {
  return path.split('.', LONGEST_PATH + 1).length > LONGEST_PATH;
}

function problem(path: readonly string[], message: string): Problem {
  return { path, message };
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
