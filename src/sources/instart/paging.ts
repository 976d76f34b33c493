import type { SourceRecord } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { canonicalCells } from './canonical.ts';
import type { Paging, Position } from './cursor.ts';
import type { Query } from './query.ts';
import type { Placed } from './records.ts';
import type { Rows } from './rows.ts';
import { onward } from './steps.ts';

// A second that is too large for one answer is read by `start`, which the document only echoes (instart.txt:421). Where rows come to lie is then
// up to the vendor, so they are sorted by all their columns, and whatever shows that they moved or were not sorted refuses the answer.

/** A unit whose total moves is read again so often. */
const MOST_RESTARTS = 3;

/** @throws UnexpectedAnswer when the rows have a column that was not asked for: it cannot be sorted by. */
export function beginPaging(
  position: Position,
  answer: Rows,
  query: Query,
  column: number | undefined,
  what: string,
): Position {
  const time = answer.columns.filter((_, i) => i === column);
  const sort = [...new Set([...time, ...query.dimensions, ...query.metrics])];
  const alien = answer.columns.find((name) => !sort.includes(name));
  const total = answer.total ?? 0;
  if (alien !== undefined) {
    const message = `${what}: ${total} rows that cannot be told apart in time, more than one answer holds, with a column that was not asked for, ${alien}; raise \`rowsPerPage\``;
    throw new UnexpectedAnswer(message, { body: answer.body });
  }
  const paging: Paging = { start: 0, total, kept: 0, sort, last: null, restarts: 0 };
  return { ...position, span: query.unit, paging };
}

/**
 * Takes an answer in paging: its records, and where to go on from; no records when the unit has to be read again from its first row.
 * @throws UnexpectedAnswer when the total does not settle, rows are missing, or they are not sorted
 */
export function takePaged(
  position: Position,
  paging: Paging,
  answer: Rows,
  { records, last }: Placed,
  { unit }: Query,
  what: string,
): { readonly position: Position; readonly records?: readonly SourceRecord[] } {
  const refuse = (message: string): UnexpectedAnswer =>
    new UnexpectedAnswer(`${what}: ${message}`, { body: answer.body });
  const total = answer.total ?? 0;
  const { length } = answer.rows;
  const start = paging.start + length;
  if (total !== paging.total || start > total) {
    if (paging.restarts >= MOST_RESTARTS)
      throw refuse('rows keep coming while they are read: the total does not settle');
    const again = { ...paging, start: 0, total, kept: 0, last: null, restarts: paging.restarts + 1 };
    return { position: { ...position, paging: again } };
  }
  if (length === 0 && start < total) throw refuse(`no rows from row ${start} on, of ${total}`);
  if (!isSorted(answer, paging.sort))
    throw refuse('the rows are not sorted as asked, so pages of them cannot be joined; raise `rowsPerPage`');
  const kept = paging.kept + records.length;
  if (start === total) return { position: onward(position, unit, { kept, total }), records };
  return { position: { ...position, paging: { ...paging, start, kept, last } }, records };
}

/**
 * Whether rows can be sorted by these columns, by whatever order the vendor has of values: then rows that have the same values in the first
 * columns stand together.
 */
export function isSorted({ columns, rows }: Rows, sort: readonly string[]): boolean {
  const positions = sort.map((name) => columns.indexOf(name)).filter((position) => position >= 0);
  const seen = new Set<string>();
  let previous: readonly string[] = [];
  return rows.every((row) => {
    const cells = canonicalCells(row, positions);
    const same = commonLength(previous, cells);
    previous = cells;
    if (same === cells.length) return true;
    const groups = cells.slice(same).map((_, i) => JSON.stringify(cells.slice(0, same + i + 1)));
    if (groups.some((group) => seen.has(group))) return false;
    for (const group of groups) seen.add(group);
    return true;
  });
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  const differs = b.findIndex((cell, i) => cell !== a[i]);
  return differs === -1 ? b.length : differs;
}
