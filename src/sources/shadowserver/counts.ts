import { UnexpectedAnswer } from '../../core/failures.ts';
import { isObject } from '../../json/page.ts';
import { splitArray } from '../../json/split.ts';
import type { Answer, Api } from './api.ts';
import type { Asked } from './answers.ts';

/** One row of `reports/stats`: how many events a type of report has on a day. */
export interface CountRow {
  readonly bytes: Buffer;
  readonly cells: readonly unknown[];
}

export interface Counts {
  /** The first row: `date`, `type`, `events` (shadowserver.txt:597-601). */
  readonly columns: readonly string[];
  readonly rows: readonly CountRow[];
  /** The whole answer, for quarantine. */
  readonly body: Buffer;
}

/**
 * What `reports/stats` says of one list's day. Who has several lists must name one (shadowserver.txt:568), and rows do not say which they are of: so each
 * is asked for by itself.
 */
export async function countsOf(
  api: Api,
  list: string,
  day: string,
  asked: Asked,
  signal: AbortSignal,
  patience?: number,
): Promise<Counts> {
  const answer = await api.call('reports/stats', { date: day, report: list }, asked, signal, patience);
  const { value, bytes, body } = answer;
  if (isEmpty(answer)) return { columns: [], rows: [], body };
  const refuse = (): UnexpectedAnswer =>
    new UnexpectedAnswer(`${asked.what}: not a table of date, type and events`, { body });
  const spans = splitArray(bytes, null) ?? [];
  if (!Array.isArray(value) || value.length !== spans.length) throw refuse();
  const [columns, ...rows] = value.map((_, i): CountRow => {
    const cut = bytes.subarray(spans[i]?.start, spans[i]?.end);
    const cells: unknown = JSON.parse(cut.toString('utf8'));
    if (!Array.isArray(cells)) throw refuse();
    return { bytes: cut, cells };
  });
  const names = (columns?.cells ?? []).map(String);
  const isTable = ['date', 'type', 'events'].every((name) => names.includes(name));
  if (!isTable || rows.some(({ cells }) => cells.length !== names.length)) throw refuse();
  return { columns: names, rows, body };
}

function isEmpty({ value }: Answer): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

/** How many events each type has on that day, by its name with underscores: here it is `scan-exchange`, elsewhere `scan_ssl` (shadowserver.txt:604, 218). */
export function eventsByType({ columns, rows }: Counts, day: string): ReadonlyMap<string, number> {
  const [date, type, events] = ['date', 'type', 'events'].map((name) => columns.indexOf(name));
  const found = new Map<string, number>();
  for (const { cells } of rows) {
    const count = Number(cells[events ?? -1]);
    if (cells[date ?? -1] !== day || !Number.isSafeInteger(count) || count < 0) continue;
    found.set(typeName(String(cells[type ?? -1])), count);
  }
  return found;
}

/** One spelling for both that the vendor has. */
export function typeName(type: string): string {
  return type.replaceAll('-', '_');
}
