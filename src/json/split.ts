/** Where an element lies in a body: `[start, end)`, bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/**
 * Cuts the elements of an array out of a JSON body, as offsets, so that records stay the vendor's own bytes.
 *
 * It only cuts: it looks at quotes, brackets and commas, and trusts nothing else. Parse the same bytes to validate them, and compare the
 * counts ({@link parsePage} does). Of several members with the key the last one counts, as in `JSON.parse`.
 * @param key the top-level member that holds the array; `null` when the body itself is the array
 * @param deepest how deep values may nest
 * @returns the elements' spans without the white space around them; `undefined` when there is no such array
 * @throws SyntaxError when brackets or quotes do not match, or values nest too deep
 */
export function splitArray(body: Buffer, key: string | null, deepest = Infinity): readonly Span[] | undefined {
  const top = skipSpace(body, 0);
  if (key === null) return body[top] === OPEN_ARRAY ? elements(body, top, deepest).spans : undefined;
  if (body[top] !== OPEN_OBJECT) return undefined;
  let found: readonly Span[] | undefined;
  let at = skipSpace(body, top + 1);
  while (body[at] !== CLOSE_OBJECT) {
    if (body[at] !== QUOTE) throw new SyntaxError(`expected a member's name at byte ${at}`);
    const nameEnd = endOfString(body, at);
    const name: unknown = JSON.parse(body.toString('utf8', at, nameEnd));
    at = skipSpace(body, nameEnd);
    if (body[at] !== COLON) throw new SyntaxError(`expected a colon at byte ${at}`);
    at = skipSpace(body, at + 1);
    const array = name === key && body[at] === OPEN_ARRAY ? elements(body, at, deepest) : undefined;
    if (name === key) found = array?.spans;
    at = array === undefined ? endOfValue(body, at, deepest) : skipSpace(body, array.end);
    if (body[at] === COMMA) at = skipSpace(body, at + 1);
    else if (body[at] !== CLOSE_OBJECT) throw new SyntaxError(`expected a comma or a brace at byte ${at}`);
  }
  return found;
}

/** The elements of the array that opens at `open`, and where it ends. */
function elements(body: Buffer, open: number, deepest: number): { spans: Span[]; end: number } {
  const spans: Span[] = [];
  let at = skipSpace(body, open + 1);
  if (body[at] === CLOSE_ARRAY) return { spans, end: at + 1 };
  for (;;) {
    const start = at;
    const after = endOfValue(body, start, deepest);
    spans.push({ start, end: trimEnd(body, start, after) });
    if (body[after] === CLOSE_ARRAY) return { spans, end: after + 1 };
    if (body[after] !== COMMA) throw new SyntaxError(`expected a comma or a bracket at byte ${after}`);
    at = skipSpace(body, after + 1);
  }
}

/** What ends a stretch of bytes that mean nothing here: one look at a table a byte, as a body has many millions of them. */
const MEANS = new Uint8Array(256);
const [OPENS, CLOSES, DIVIDES, QUOTES] = [1, 2, 3, 4];
for (const byte of [OPEN_OBJECT, OPEN_ARRAY]) MEANS[byte] = OPENS;
for (const byte of [CLOSE_OBJECT, CLOSE_ARRAY]) MEANS[byte] = CLOSES;
MEANS[COMMA] = DIVIDES;
MEANS[QUOTE] = QUOTES;

/** The offset of the comma or closing bracket that follows the value which begins at `at`. */
export function endOfValue(body: Buffer, at: number, deepest: number): number {
  let depth = 0;
  for (let i = at; i < body.length; i += 1) {
    const meaning = MEANS[body[i] as number];
    if (meaning === 0) continue;
    if (meaning === QUOTES) i = endOfString(body, i) - 1;
    else if (meaning === OPENS) {
      depth += 1;
      if (depth > deepest) throw new SyntaxError(`values nest deeper than ${deepest}`);
    } else if (depth === 0) return i;
    else if (meaning === CLOSES) depth -= 1;
  }
  throw new SyntaxError('the body ends in the middle of a value');
}

/** Most strings are shorter than this, and then a call of the native search takes longer than looking at their bytes. */
const SHORT = 24;

/** The offset after the closing quote of the string that opens at `open`. */
export function endOfString(body: Buffer, open: number): number {
  const near = Math.min(open + SHORT, body.length);
  for (let i = open + 1; i < near; i += 1) {
    if (body[i] === QUOTE) return i + 1;
    if (body[i] === BACKSLASH) return endOfLongString(body, open, i);
  }
  return endOfLongString(body, open, near);
}

/** @param from no quote stands between the opening one and this */
function endOfLongString(body: Buffer, open: number, from: number): number {
  for (let quote = body.indexOf(QUOTE, from); quote !== -1; quote = body.indexOf(QUOTE, quote + 1)) {
    let backslashes = 0;
    while (quote - 1 - backslashes > open && body[quote - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  throw new SyntaxError('the body ends in the middle of a string');
}

export function skipSpace(body: Buffer, at: number): number {
  let i = at;
  while (isSpace(body[i])) i += 1;
  return i;
}

export function trimEnd(body: Buffer, start: number, end: number): number {
  let i = end;
  while (i > start && isSpace(body[i - 1])) i -= 1;
  return i;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
