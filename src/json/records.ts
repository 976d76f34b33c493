import { scanArray, scanObject, scanValue, skip, type OnMember } from './scan.ts';
import type { Span } from './split.ts';

const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;

/**
 * Where records lie, and where the values of some of their members do. A row for each record, of one width: its start and its end, and then
 * those of each wanted member's value; -1 where there is none, or the record is no object. Numbers side by side, since an answer has many
 * records, and making an object for each takes about as long as finding them.
 */
export interface ScannedRecords {
  readonly places: Int32Array;
  readonly width: number;
}

export interface ScannedPage {
  /** The top-level members; of several with one name the last one, as in `JSON.parse`. */
  readonly outer: ReadonlyMap<string, Span>;
  /** The elements of the array of records; `undefined` where there is no such array. */
  readonly records: ScannedRecords | undefined;
}

/** How wide the rows are for so many wanted members. */
const widthFor = (wanted: readonly string[]): number => 2 + 2 * wanted.length;

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
  const width = widthFor(wanted);
  let found: number[] | undefined;
  const isObject = scanWhole(json, deepest, (nameStart, nameEnd, at) => {
    const text = JSON.parse(json.toString('utf8', nameStart, nameEnd)) as string;
    let end: number;
    if (text === key && json[at] === OPEN_ARRAY) {
      found = [];
      end = scanArray(json, at, 1, recordScanner(json, wanted, deepest, found));
    } else {
      end = scanValue(json, at, deepest);
      if (text === key) found = undefined;
    }
    outer.set(text, { start: at, end });
    return end;
  });
  return isObject ? { outer, records: found && { places: Int32Array.from(found), width } } : undefined;
}

/** One record that is a text of its own. Errors as for {@link scanPage}. */
export function scanRecord(json: Buffer, wanted: readonly string[], deepest: number): ScannedRecords {
  const places: number[] = [];
  mustEnd(json, recordScanner(json, wanted, deepest, places)(json, skip(json, 0)));
  return { places: Int32Array.from(places), width: widthFor(wanted) };
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

/** Scans the record at an offset, appends its row to `places`, and returns where it ends. */
function recordScanner(
  json: Buffer,
  wanted: readonly string[],
  deepest: number,
  places: number[],
): (json: Buffer, at: number) => number {
  const names = wanted.map((name) => Buffer.from(name));
  let row = 0;
  const onMember: OnMember = (nameStart, nameEnd, at, depth) => {
    const end = scanValue(json, at, depth);
    const place = placeOf(json, nameStart, nameEnd, names);
    if (place >= 0) {
      places[row + 2 + place * 2] = at;
      places[row + 3 + place * 2] = end;
    }
    return end;
  };
  return (_, start) => {
    row = places.length;
    places.push(start, -1);
    for (let i = 0; i < names.length; i += 1) places.push(-1, -1);
    const isObject = json[start] === OPEN_OBJECT;
    const end = isObject ? scanObject(json, start, deepest, onMember) : scanValue(json, start, deepest);
    places[row + 1] = end;
    return end;
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
