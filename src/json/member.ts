import { endOfString, endOfValue, skipSpace, trimEnd, type Span } from './split.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;

/**
 * Where a member's value lies in the text of a JSON object: a number is read from there to the digit, where `JSON.parse` would round it.
 * Of several members with one name the last one counts, as in `JSON.parse`. Like the splitter it only cuts: parse the same bytes first.
 * @param path names from the outside in: `['violation', 'seqUpdate']`
 * @returns the value's bytes without the white space around them; `undefined` when there is no such member, or what surrounds it is no object
 */
export function memberBytes(object: Buffer, path: readonly string[]): Buffer | undefined {
  return path.reduce<Buffer | undefined>((inner, name) => {
    const span = inner === undefined ? undefined : memberSpan(inner, name);
    return span && inner?.subarray(span.start, span.end);
  }, object);
}

function memberSpan(object: Buffer, name: string): Span | undefined {
  let at = skipSpace(object, 0);
  if (object[at] !== OPEN_OBJECT) return undefined;
  const length = Buffer.byteLength(name);
  let found: Span | undefined;
  at = skipSpace(object, at + 1);
  while (object[at] === QUOTE) {
    const nameEnd = endOfString(object, at);
    const isNamed = isName(object, at, nameEnd, name, length);
    at = skipSpace(object, nameEnd);
    if (object[at] !== COLON) throw new SyntaxError(`expected a colon at byte ${at}`);
    const start = skipSpace(object, at + 1);
    at = endOfValue(object, start, Infinity);
    if (isNamed) found = { start, end: trimEnd(object, start, at) };
    if (object[at] === COMMA) at = skipSpace(object, at + 1);
  }
  return found;
}

/** A name may be written with escapes, which hardly anybody does: where there are none, lengths and bytes are compared. */
function isName(object: Buffer, start: number, end: number, name: string, length: number): boolean {
  for (let i = start + 1; i < end; i += 1) {
    if (object[i] === BACKSLASH) return JSON.parse(object.toString('utf8', start, end)) === name;
  }
  return end - start - 2 === length && object.toString('utf8', start + 1, end - 1) === name;
}
