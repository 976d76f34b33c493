import type { Identity } from '../../core/contract.ts';
import { readDay, readTime } from './times.ts';
import { hashOfPairs } from './row-hash.ts';

/** Under this name stand the values of a row that has more of them than the header has names. */
export const EXTRA = '__extra';

/** A file's header: makes its rows into JSON objects. */
export interface Columns {
  /** The names as the file has them. */
  readonly header: readonly string[];
  /** A row as the text of a JSON object, in the header's order. What a row lacks, the object lacks. */
  row(cells: readonly string[]): { readonly text: string; readonly identity: Identity };
}

/** @param file its name begins each id @param day the report's, `2026-11-21`: the time of rows that say none */
export function columnsOf(header: readonly string[], file: string, day: string): Columns {
  const keys = distinct(header).map((name) => JSON.stringify(name));
  const extraKey = JSON.stringify(EXTRA);
  const order = keys.map((_, i) => i).toSorted((a, b) => (distinctAt(keys, a) < distinctAt(keys, b) ? -1 : 1));
  const clock = header.indexOf('timestamp');
  const fallback = readDay(day) ?? 0;
  return {
    header,
    row(cells) {
      const values = cells.map((cell) => JSON.stringify(cell));
      const members = keys.slice(0, cells.length).map((key, i) => `${key}:${values[i] ?? '""'}`);
      const pairs = order.filter((i) => i < cells.length).map((i) => `[${keys[i] ?? ''},${values[i] ?? ''}]`);
      if (cells.length > keys.length) {
        const extra = `[${values.slice(keys.length).join()}]`;
        members.push(`${extraKey}:${extra}`);
        pairs.push(`[${extraKey},${extra}]`);
      }
      const time = clock < 0 ? undefined : readTime(cells[clock] ?? '');
      return { text: `{${members.join()}}`, identity: { id: `${file}:${hashOfPairs(pairs)}`, time: time ?? fallback } };
    },
  };
}

/** Names by their own order, without the escapes of JSON. */
const distinctAt = (keys: readonly string[], i: number): string => JSON.parse(keys[i] ?? '""') as string;

/** Two columns of one name would be one member: the later one gets a number. */
function distinct(header: readonly string[]): readonly string[] {
  const taken = new Set([EXTRA]);
  return header.map((name) => {
    let free = name;
    for (let n = 2; taken.has(free); n += 1) free = `${name}__${n}`;
    taken.add(free);
    return free;
  });
}
