import { scanArray, scanObject, scanValue, skip, type OnMember } from './scan.ts';
import type { Span } from './split.ts';

const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;

/** Where a record lies, and where the values of some of its members do. */
export interface ScannedRecord extends Span {
  /** The start and the end of each wanted member's value, one after the other; -1 where there is none, or the record is no object. */
  readonly members: readonly number[];
}

export interface ScannedPage {
  /** The top-level members; of several with one name the last one, as in `JSON.parse`. */
  readonly outer: ReadonlyMap<string, Span>;
  /** The elements of the array of records; `undefined` where there is no such array. */
  readonly records: readonly ScannedRecord[] | undefined;
}

/**
 * Reads a page in one pass that validates it, cuts the records out of it and finds some members of theirs. Nothing is parsed.
 * @param key the top-level member that holds the records
 * @param wanted names of members that are wanted of each record
 * @param deepest how deep each top-level value, or record, may nest
 * @returns `undefined` for JSON that is not an object
 * @throws SyntaxError for what `JSON.parse` would not take, RangeError where values nest too deep
 */
export function scanPage(
  json: Buffer,
  key: string,
  wanted: readonly string[],
  deepest: number,
): ScannedPage | undefined {
  const outer = new Map<string, Span>();
  const scanRecord = recordScanner(wanted, deepest);
  let records: ScannedRecord[] | undefined;
  const isObject = scanWhole(json, deepest, (nameStart, nameEnd, at) => {
    const text = JSON.parse(json.toString('utf8', nameStart, nameEnd)) as string;
    let end: number;
    if (text === key && json[at] === OPEN_ARRAY) {
      const found: ScannedRecord[] = [];
      end = scanArray(json, at, 1, (_, start) => {
        const record = scanRecord(json, start);
        found.push(record);
        return record.end;
      });
      records = found;
    } else {
      end = scanValue(json, at, deepest);
      if (text === key) records = undefined;
    }
    outer.set(text, { start: at, end });
    return end;
  });
  return isObject ? { outer, records } : undefined;
}

/** One record that is a text of its own. Errors as for {@link scanPage}. */
export function scanRecord(json: Buffer, wanted: readonly string[], deepest: number): ScannedRecord {
  const start = skip(json, 0);
  const record = recordScanner(wanted, deepest)(json, start);
  mustEnd(json, record.end);
  return record;
}

/** @returns whether the whole is an object */
function scanWhole(json: Buffer, deepest: number, onMember: OnMember): boolean {
  const start = skip(json, 0);
  const isObject = json[start] === OPEN_OBJECT;
  mustEnd(json, isObject ? scanObject(json, start, Infinity, onMember) : scanValue(json, start, deepest));
  return isObject;
}

function mustEnd(json: Buffer, at: number): void {
  if (skip(json, at) !== json.length) throw new SyntaxError('more than one value');
}

function recordScanner(wanted: readonly string[], deepest: number): (json: Buffer, at: number) => ScannedRecord {
  const names = wanted.map((name) => Buffer.from(name));
  const none = names.flatMap(() => [-1, -1]);
  return (json, start) => {
    const members = none.slice();
    if (json[start] !== OPEN_OBJECT) return { start, end: scanValue(json, start, deepest), members };
    const end = scanObject(json, start, deepest, (nameStart, nameEnd, at, depth) => {
      const after = scanValue(json, at, depth);
      const place = placeOf(json, nameStart, nameEnd, names);
      if (place >= 0) {
        members[place * 2] = at;
        members[place * 2 + 1] = after;
      }
      return after;
    });
    return { start, end, members };
  };
}

/** Which of some names a string is. Names may be written with escapes, which hardly anybody does. */
function placeOf(json: Buffer, start: number, end: number, names: readonly Buffer[]): number {
  for (let i = start + 1; i < end - 1; i += 1) {
    if (json[i] !== BACKSLASH) continue;
    const text = Buffer.from(JSON.parse(json.toString('utf8', start, end)) as string);
    return names.findIndex((name) => name.equals(text));
  }
  for (let place = 0; place < names.length; place += 1) {
    if (isSame(json, start + 1, end - 1, names[place] as Buffer)) return place;
  }
  return -1;
}

function isSame(json: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i += 1) if (json[start + i] !== name[i]) return false;
  return true;
}
