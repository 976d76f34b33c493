/** Changes to JSON text that leave every other byte as it was: parsing and writing it again would change numbers and escapes. */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Puts a member first in an object, e.g. `"late":true`. */
export function insertMember(object: Buffer, member: Buffer | string): Buffer {
  const start = object.indexOf('{') + 1;
  const rest = object.subarray(start);
  const comma = /^\s*\}/.test(rest.subarray(0, 64).toString('latin1')) ? '' : ',';
  return Buffer.concat([object.subarray(0, start), Buffer.from(member), Buffer.from(comma), rest]);
}

/** Puts another value in place of a member's array, object, string or literal; the object as it is when it has no such member. */
export function replaceMember(object: Buffer, name: string, value: string): Buffer {
  const key = Buffer.from(`${JSON.stringify(name)}:`);
  const found = object.indexOf(key);
  if (found < 0) return object;
  const start = found + key.length;
  return Buffer.concat([object.subarray(0, start), Buffer.from(value), object.subarray(endOfValue(object, start))]);
}

/** Spreads JSON over lines with two spaces a level, from the given depth on; strings and numbers stay as they are. */
export function prettyPrint(json: Buffer, depth: number): Buffer {
  const pieces: Buffer[] = [];
  let level = depth;
  const newLine = (): Buffer => Buffer.from(`\n${'  '.repeat(level)}`);
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] ?? 0;
    if (byte === QUOTE) {
      const end = endOfString(json, at);
      pieces.push(json.subarray(at, end));
      at = end - 1;
      continue;
    }
    const sign = String.fromCharCode(byte);
    const closesAtOnce = json[at + 1] === 0x5d || json[at + 1] === 0x7d;
    if ('[{'.includes(sign) && !closesAtOnce) {
      level++;
      pieces.push(json.subarray(at, at + 1), newLine());
    } else if (']}'.includes(sign) && json[at - 1] !== 0x5b && json[at - 1] !== 0x7b) {
      level--;
      pieces.push(newLine(), json.subarray(at, at + 1));
    } else if (sign === ',') pieces.push(json.subarray(at, at + 1), newLine());
    else if (sign === ':') pieces.push(Buffer.from(': '));
    else pieces.push(json.subarray(at, at + 1));
  }
  return Buffer.concat(pieces);
}

function endOfString(json: Buffer, quote: number): number {
  let at = quote + 1;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

function endOfValue(json: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    const byte = json[at] ?? 0;
    if (byte === QUOTE) at = endOfString(json, at) - 1;
    else if (byte === 0x5b || byte === 0x7b) depth++;
    else if (byte === 0x5d || byte === 0x7d) {
      if (depth === 0) return at;
      depth--;
    } else if (byte === 0x2c && depth === 0) return at;
  }
  return json.length;
}
