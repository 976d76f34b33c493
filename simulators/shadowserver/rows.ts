import { hash, hex8, randomFrom, scramble, shuffled } from '../kit/random.ts';
import { addressText, clockText, encodeCell } from './csv.ts';
import type { ReportList } from './simulator.ts';
import { typeOf } from './types.ts';
import { addressWithin, makerOf, placeOf, type Setting } from './values.ts';

/** Everything that a file's bytes depend on. */
export interface Recipe {
  readonly seed: number;
  readonly list: ReportList;
  readonly type: string;
  readonly day: string;
  readonly rows: number;
  readonly shape: FileShape;
}

/** The forms of CSV; see the faults of the same names. */
export interface FileShape {
  readonly permuted: boolean;
  readonly newColumn: string | null;
  readonly repeated: boolean;
  readonly bom: boolean;
  readonly crlf: boolean;
  readonly finalNewline: boolean;
  readonly ragged: boolean;
  /** 0: none. */
  readonly hugeBytes: number;
}

/** Rows by index, each a pure function of the recipe. */
export interface Rows {
  readonly header: readonly string[];
  /** A row's fields, those of a ragged row as they are. */
  readonly cells: (index: number) => readonly string[];
  /** A row as CSV, without the line break. */
  readonly line: (index: number) => string;
  /** Of the line in UTF-8, without making it where that can be spared. */
  readonly bytes: (index: number) => number;
}

/** Rows share all but the time, the address and the event's id with others: that makes a million of them quick to write. */
interface Profile {
  readonly cells: readonly string[];
  /** The row's text between the columns that vary. */
  readonly pieces: readonly string[];
  /** Of the pieces together, in UTF-8. */
  readonly bytes: number;
}

const PROFILES = 256;
const VARYING = ['timestamp', 'ip', 'src_ip', 'event_id'];

export function createRows(recipe: Recipe): Rows {
  const { seed, list, type, day, shape } = recipe;
  const key = hash(seed, list.name, type, day);
  const header = headerOf(recipe);
  const varying = header.flatMap((name, at) => (VARYING.includes(name) ? [{ name, at }] : []));
  const setting: Setting = { list, type: typeOf(type), day };
  const columns = header.map((name) => columnOf(name, setting));
  const profiles: (Profile | undefined)[] = Array.from({ length: PROFILES });

  const bitsOf = (index: number): number => scramble((shape.repeated ? firstOf(index) : index) ^ key);
  const profileOf = (bits: number): Profile =>
    (profiles[bits % PROFILES] ??= makeProfile(columns, scramble(key ^ scramble(bits % PROFILES))));
  const varyingValue = (name: string, bits: number): string => {
    if (name === 'timestamp') return `${day} ${clockText(scramble(bits ^ 0x9e37) % 86_400)}`;
    if (name === 'event_id') return hex8(key) + hex8(bits);
    return addressText(addressWithin(list.filter, bits));
  };
  const cells = (index: number): readonly string[] => {
    const bits = bitsOf(index);
    const row = [...profileOf(bits).cells];
    for (const { name, at } of varying) row[at] = varyingValue(name, bits);
    return isOdd(shape, index) ? bend(row, index, shape, header) : row;
  };
  const line = (index: number): string => {
    if (isOdd(shape, index)) return cells(index).map(encodeCell).join(',');
    const bits = bitsOf(index);
    const { pieces } = profileOf(bits);
    let text = pieces[0] ?? '';
    for (let place = 0; place < varying.length; place++)
      text += varyingValue(varying[place]?.name ?? '', bits) + (pieces[place + 1] ?? '');
    return text;
  };
  const bytes = (index: number): number => {
    if (isOdd(shape, index)) return Buffer.byteLength(line(index));
    const bits = bitsOf(index);
    let sum = profileOf(bits).bytes;
    // Each time has 19 characters and each event's id 16; only addresses differ.
    for (const { name } of varying)
      sum += name === 'timestamp' ? 19 : name === 'event_id' ? 16 : varyingValue(name, bits).length;
    return sum;
  };
  return { header, cells, line, bytes };
}

/** Of 64 rows, two are the eighth one again: the same host, seen three times in a second, is everyday. */
function firstOf(index: number): number {
  const place = index % 64;
  return place === 20 || place === 35 ? index - place + 7 : index;
}

function isOdd({ ragged, hugeBytes }: FileShape, index: number): boolean {
  return (ragged && (index % 16 === 3 || index % 16 === 11)) || (hugeBytes > 0 && index % 512 === 5);
}

/** "CSV field order is not static": another one on each day. */
function headerOf({ seed, type, day, shape }: Recipe): readonly string[] {
  const { columns } = typeOf(type);
  const all = shape.newColumn === null ? columns : [...columns, shape.newColumn];
  if (!shape.permuted) return all;
  return Array.from(shuffled(all.length, hash(seed, 'header', type, day)), (place) => all[place] ?? '');
}

/** A column's values by profile, and whether they vary within it. */
interface Column {
  readonly varies: boolean;
  readonly value: (profile: number) => string;
}

function columnOf(name: string, setting: Setting): Column {
  // Of the name alone, so that a row says the same whatever the header's order.
  const salt = hash(name);
  const make = makerOf(name);
  const place = /^(?:src_)?(?:region|city)$/.exec(name)?.[0];
  const value =
    place === undefined
      ? (profile: number): string => make(randomFrom(profile ^ salt), setting)
      : (profile: number): string => placeOf(setting.list, randomFrom(profile))[place.endsWith('region') ? 0 : 1];
  return { varies: VARYING.includes(name), value };
}

function makeProfile(columns: readonly Column[], seed: number): Profile {
  const cells = columns.map(({ value }) => value(seed));
  const pieces = [''];
  let piece = '';
  columns.forEach(({ varies }, at) => {
    if (at > 0) piece += ',';
    if (!varies) piece += encodeCell(cells[at] ?? '');
    pieces[pieces.length - 1] = piece;
    if (!varies) return;
    piece = '';
    pieces.push('');
  });
  return { cells, pieces, bytes: Buffer.byteLength(pieces.join('')) };
}

function bend(row: string[], index: number, shape: FileShape, header: readonly string[]): readonly string[] {
  if (shape.hugeBytes > 0 && index % 512 === 5) {
    const certificate = header.indexOf('raw_cert');
    const at = certificate >= 0 ? certificate : header.findLastIndex((name) => !VARYING.includes(name));
    row[at] = 'MIIC'.repeat(Math.ceil(shape.hugeBytes / 4)).slice(0, shape.hugeBytes);
  }
  if (!shape.ragged) return row;
  if (index % 16 === 3) return row.slice(0, -1);
  return index % 16 === 11 ? [...row, 'one,too many'] : row;
}
