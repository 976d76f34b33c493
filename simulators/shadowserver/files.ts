import { fraction, hash, randomFrom } from '../kit/random.ts';
import { DAY, dayOf, dayText } from './dates.ts';
import { settingsFor, type Faults } from './faults.ts';
import type { FileShape } from './rows.ts';
import type { ReportList, SimulatorOptions } from './simulator.ts';

/** A file of a day, published or not yet. */
export interface ReportFile {
  readonly list: ReportList;
  readonly type: string;
  /** `2026-11-21` */
  readonly day: string;
  readonly name: string;
  readonly rows: number;
  /** ms since the epoch. */
  readonly published: number;
  /** Grows when the file is listed under a new id. */
  readonly generation: number;
}

/** The options that decide what is published. */
export type Publishing = Required<Pick<SimulatorOptions, 'lists' | 'types' | 'seed' | 'rows' | 'publishWithinMs'>>;

/** What is published of which day, and when. */
export interface Files {
  /** A day's file, published or not yet; `day` in days since the epoch. */
  readonly file: (list: ReportList, type: string, day: number) => ReportFile | undefined;
  readonly load: (list: string, type: string, day: string, rows: number | null) => void;
}

export const HOUR = 3_600_000;

export function createFiles(
  { lists, types, seed, rows, publishWithinMs }: Publishing,
  faults: Faults,
  now: () => number,
): Files {
  const loads = new Map<string, number | null>();
  const rowsOf = (list: string, type: string, day: string): number | null => {
    const loaded = loads.get(keyOf(list, type, day));
    if (loaded !== undefined) return loaded;
    if (typeof rows === 'function') return rows(list, type, day);
    const random = randomFrom(hash(seed, list, type, day, 'rows'));
    return Math.floor(rows * (0.5 + fraction(random())) + fraction(random()));
  };
  const file: Files['file'] = (list, type, dayNumber) => {
    const day = dayText(dayNumber);
    const base = rowsOf(list.name, type, day);
    if (base === null) return undefined;
    const named = { list: list.name, type, day, file: fileName(list, type, day, faults.numberedNames) };
    const late = settingsFor(faults.late, named);
    const delay = publishWithinMs * fraction(hash(seed, list.name, type, day, 'publish'));
    const again = settingsFor(faults.reissue, named);
    const reissued = again !== undefined && now() >= (again.from ?? 0);
    return {
      list,
      type,
      day,
      name: late?.suffix === true ? named.file.replace('.csv', '-delayed.csv') : named.file,
      rows: base + (reissued ? (again.extraRows ?? 0) : 0),
      published: (dayNumber + 1) * DAY + Math.floor(delay) + (late === undefined ? 0 : (late.hours ?? 24) * HOUR),
      generation: reissued ? (again.generation ?? 1) : 0,
    };
  };
  const load: Files['load'] = (list, type, day, count) => {
    if (!lists.some(({ name }) => name === list)) throw new RangeError(`no such list: ${list}`);
    if (!types.includes(type)) throw new RangeError(`no such type: ${type}`);
    if (dayOf(day) === undefined) throw new RangeError(`no such day: ${day}`);
    loads.set(keyOf(list, type, day), count);
  };
  return { file, load };
}

function keyOf(list: string, type: string, day: string): string {
  return `${day} ${type} ${list}`;
}

/** `date-type-(identifiers)-filter.csv`, perhaps with a number of the customer's. */
function fileName({ name, label, filter }: ReportList, type: string, day: string, numbered: boolean): string {
  const ending = label ?? `${name.replaceAll('-', '_')}-${filter.field === 'ip' ? 'cidr' : filter.field}`;
  return `${day}-${type}-${numbered ? '123-' : ''}${ending}.csv`;
}

/** The form of a file's CSV under the present faults. */
export function shapeOf({ list, type, day, name }: ReportFile, faults: Faults): FileShape {
  const file = { list: list.name, type, day, file: name };
  const column = settingsFor(faults.newColumn, file);
  const huge = settingsFor(faults.hugeFields, file);
  return {
    permuted: faults.permutedHeaders,
    // Days as texts sort as days.
    newColumn: column !== undefined && day >= (column.from ?? '') ? (column.name ?? 'device_sector') : null,
    repeated: faults.repeatedRows,
    bom: settingsFor(faults.bom, file) !== undefined,
    crlf: settingsFor(faults.crlf, file) !== undefined,
    finalNewline: settingsFor(faults.noFinalNewline, file) === undefined,
    ragged: settingsFor(faults.raggedRows, file) !== undefined,
    hugeBytes: huge === undefined ? 0 : (huge.bytes ?? 120_000),
  };
}
