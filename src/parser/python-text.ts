import { isList, isObject, memberOf, type JsonObject, type JsonValue } from './values.ts';

// `__concatenate` joins what Python's `str` makes of values, and `raw_json` and `as_json` are what `json.dumps` makes of them by default.

/** A value as Python's `str` writes it: `None`, `True`, `['a', 1]`. A whole number never has a `.0`: `JSON.parse` has dropped it. */
export function pythonText(value: JsonValue): string {
  return typeof value === 'string' ? value : representation(value);
}

function representation(value: JsonValue): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return quoted(value);
  if (isList(value)) return `[${value.map(representation).join(', ')}]`;
  if (isObject(value)) return `{${membersOf(value, quoted, representation)}}`;
  return numberText(value);
}

/** A value as JSON in ASCII, with `", "` and `": "` between tokens: the original's `raw_json`, and its `as_json=True`. */
export function toJson(value: JsonValue): string {
  if (typeof value === 'string') return asciiString(value);
  if (isList(value)) return `[${value.map(toJson).join(', ')}]`;
  if (isObject(value)) return `{${membersOf(value, asciiString, toJson)}}`;
  return typeof value === 'number' || typeof value === 'bigint' ? numberText(value) : String(value);
}

function membersOf(object: JsonObject, nameText: (name: string) => string, text: (value: JsonValue) => string): string {
  const members = Object.keys(object).map((name) => `${nameText(name)}: ${text(memberOf(object, name))}`);
  return members.join(', ');
}

function asciiString(text: string): string {
  return JSON.stringify(text).replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`);
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}

/** Python writes an exponent of two digits below 0.0001, JavaScript one of one digit below 0.000001. */
function numberText(value: number | bigint): string {
  if (typeof value === 'bigint') return value.toString();
  if (Number.isInteger(value)) return BigInt(value).toString();
  if (Math.abs(value) >= 1e-4) return String(value);
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
}

/** What a string is written as inside lists and objects: in single quotes, unless it has one and no double quote. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = Array.from(text, (character) => escaped(character, quote)).join('');
  return `${quote}${inner}${quote}`;
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
/** Not printable for Python: separators but the space, control, format, unassigned, private characters and lone surrogates. */
const UNPRINTABLE = /^(?! )[\p{C}\p{Z}]$/u;

function escaped(character: string, quote: string): string {
  if (character === quote) return `\\${character}`;
  const short = SHORT[character];
  if (short !== undefined) return short;
  if (!UNPRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${hex(code, 2)}`;
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}
