import { endOfString, endOfValue, skipSpace, trimEnd, type Span } from './split.ts';

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;

/** What is left of the paths that lead to a place; an empty one has arrived. */
type Rests = readonly (readonly string[])[];

/**
 * Where the single values lie that some paths lead to, in the order of the text: texts, numbers, `true`, `false` and `null`, also those inside of
 * maps and lists at a path's end. Lists on the way are passed through. Like the splitter it only cuts: parse the same bytes first.
 * @param paths names from the outside in, `['cardInfo', 'number']`; `**` at the beginning stands for any depth, none included
 */
export function leavesAt(json: Buffer, paths: readonly (readonly string[])[]): readonly Span[] {
  const found: Span[] = [];
  if (paths.length > 0) valueAt(json, skipSpace(json, 0), paths, found);
  return found;
}

/** @returns where the value ends, white space after it included */
function valueAt(json: Buffer, start: number, rests: Rests, found: Span[]): number {
  const opener = json[start];
  if (rests.length > 0 && opener === OPEN_OBJECT) return objectAt(json, start, rests, found);
  if (rests.length > 0 && opener === OPEN_ARRAY) return arrayAt(json, start, rests, found);
  const end = endAt(json, start);
  if (rests.some((rest) => rest.length === 0)) found.push({ start, end: trimEnd(json, start, end) });
  return end;
}

/** A value that is the whole text is not followed by a comma or a bracket. */
function endAt(json: Buffer, start: number): number {
  if (json[start] === QUOTE) return skipSpace(json, endOfString(json, start));
  return endOfValue(json, start, Infinity);
}

function objectAt(json: Buffer, open: number, rests: Rests, found: Span[]): number {
  let at = skipSpace(json, open + 1);
  while (json[at] === QUOTE) {
    const nameEnd = endOfString(json, at);
    // A name may be written with escapes.
    const name = JSON.parse(json.toString('utf8', at, nameEnd)) as string;
    at = skipSpace(json, nameEnd);
    if (json[at] !== COLON) throw new SyntaxError(`expected a colon at byte ${at}`);
    at = valueAt(json, skipSpace(json, at + 1), below(rests, name), found);
    if (json[at] === COMMA) at = skipSpace(json, at + 1);
  }
  return skipSpace(json, at + 1);
}

function arrayAt(json: Buffer, open: number, rests: Rests, found: Span[]): number {
  let at = skipSpace(json, open + 1);
  while (at < json.length && json[at] !== CLOSE_ARRAY) {
    at = valueAt(json, at, rests, found);
    if (json[at] === COMMA) at = skipSpace(json, at + 1);
  }
  return skipSpace(json, at + 1);
}

const CLOSE_ARRAY = 0x5d;
const ARRIVED: Rests = [[]];

function below(rests: Rests, name: string): Rests {
  const next: (readonly string[])[] = [];
  for (const rest of rests) {
    const isDeep = rest[0] === '**';
    if (rest.length === 0) return ARRIVED;
    if (isDeep) next.push(rest);
    if (rest[isDeep ? 1 : 0] === name) next.push(rest.slice(isDeep ? 2 : 1));
  }
  return next.some((rest) => rest.length === 0) ? ARRIVED : next;
}
