const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Takes a member's value over: it is handed where the name lies and where the value begins, and returns where the value ends. No objects: there are very many. */
export type OnMember = (nameStart: number, nameEnd: number, at: number, depth: number) => number;

/** The offset of the first byte from `at` on that is no white space. */
export function skip(json: Buffer, at: number): number {
  let i = at;
  let byte = json[i] as number;
  while (byte <= 0x20 && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)) {
    i += 1;
    byte = json[i] as number;
  }
  return i;
}

/**
 * Checks the value that begins at `at` as strictly as `JSON.parse` does, without making anything of it: for a body of many records that is several
 * times cheaper than their objects, most of which nobody looks at. A byte beyond ASCII is a character of a string, whatever it stands for.
 * @param depth how deep values may nest from here on
 * @returns the offset after it, white space not included
 * @throws SyntaxError where it is not JSON, RangeError where values nest too deep
 */
export function scanValue(json: Buffer, at: number, depth: number): number {
  switch (json[at] as number) {
    case QUOTE:
      return scanString(json, at);
    case OPEN_OBJECT:
      return scanObject(json, at, depth);
    case OPEN_ARRAY:
      return scanArray(json, at, depth);
    case 0x74:
      return scanWord(json, at, TRUE);
    case 0x66:
      return scanWord(json, at, FALSE);
    case 0x6e:
      return scanWord(json, at, NULL);
    default:
      return scanNumber(json, at);
  }
}

/** The object that opens at `open`, and its members one by one to whom it may concern. Errors as for {@link scanValue}. */
export function scanObject(json: Buffer, open: number, depth: number, onMember?: OnMember): number {
  if (depth <= 0) throw tooDeep();
  let at = skip(json, open + 1);
  if (json[at] === CLOSE_OBJECT) return at + 1;
  for (;;) {
    const start = at;
    if (json[start] !== QUOTE) throw broken(json, start);
    const end = scanString(json, start);
    at = skip(json, end);
    if (json[at] !== COLON) throw broken(json, at);
    at = skip(json, at + 1);
    at = onMember === undefined ? scanValue(json, at, depth - 1) : onMember(start, end, at, depth - 1);
    at = skip(json, at);
    if (json[at] === CLOSE_OBJECT) return at + 1;
    if (json[at] !== COMMA) throw broken(json, at);
    at = skip(json, at + 1);
  }
}

/** The array that opens at `open`. @param onElement takes an element over, and returns where it ends. Errors as for {@link scanValue}. */
export function scanArray(
  json: Buffer,
  open: number,
  depth: number,
  onElement: (json: Buffer, at: number, depth: number) => number = scanValue,
): number {
  if (depth <= 0) throw tooDeep();
  let at = skip(json, open + 1);
  if (json[at] === CLOSE_ARRAY) return at + 1;
  for (;;) {
    at = skip(json, onElement(json, at, depth - 1));
    if (json[at] === CLOSE_ARRAY) return at + 1;
    if (json[at] !== COMMA) throw broken(json, at);
    at = skip(json, at + 1);
  }
}

/** What a byte means inside a string. */
const MEANS = new Uint8Array(256);
const [ENDS, ESCAPES, ILLEGAL] = [1, 2, 3];
MEANS.fill(ILLEGAL, 0, 0x20);
MEANS[QUOTE] = ENDS;
MEANS[BACKSLASH] = ESCAPES;

/** How many bytes an escape takes, its backslash included, by the byte after that. */
const ESCAPE_LENGTHS = new Uint8Array(256);
for (const character of '"\\/bfnrt') ESCAPE_LENGTHS[character.charCodeAt(0)] = 2;
ESCAPE_LENGTHS[0x75] = 6;

function scanString(json: Buffer, open: number): number {
  let at = open + 1;
  for (;;) {
    const meaning = MEANS[json[at] as number];
    if (meaning === 0) at += 1;
    else if (meaning === ENDS) return at + 1;
    else if (meaning === ESCAPES) at = scanEscape(json, at);
    else throw broken(json, at);
  }
}

function scanEscape(json: Buffer, at: number): number {
  const length = ESCAPE_LENGTHS[json[at + 1] as number];
  if (length !== 2 && length !== 6) throw broken(json, at + 1);
  for (let i = at + 2; i < at + length; i += 1) if (!isHex(json[i] as number)) throw broken(json, i);
  return at + length;
}

function isHex(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

const [TRUE, FALSE, NULL] = ['true', 'false', 'null'].map((word) => Buffer.from(word)) as [Buffer, Buffer, Buffer];

function scanWord(json: Buffer, at: number, word: Buffer): number {
  for (let i = 1; i < word.length; i += 1) if (json[at + i] !== word[i]) throw broken(json, at + i);
  return at + word.length;
}

function scanNumber(json: Buffer, start: number): number {
  let at = json[start] === MINUS ? start + 1 : start;
  at = json[at] === 0x30 ? at + 1 : scanDigits(json, at);
  if (json[at] === 0x2e) at = scanDigits(json, at + 1);
  if (json[at] !== 0x65 && json[at] !== 0x45) return at;
  const hasSign = json[at + 1] === 0x2b || json[at + 1] === MINUS;
  return scanDigits(json, at + (hasSign ? 2 : 1));
}

/** At least one. */
function scanDigits(json: Buffer, start: number): number {
  let at = start;
  while (isDigit(json[at])) at += 1;
  if (at === start) throw broken(json, at);
  return at;
}

function broken(json: Buffer, at: number): SyntaxError {
  return new SyntaxError(at < json.length ? `not JSON at byte ${at}` : 'the text ends too early');
}

const tooDeep = (): RangeError => new RangeError('values nest too deep');
