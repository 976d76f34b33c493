import type { Page } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { isoInterval, type Interval } from '../../core/time.ts';
import { askServed, timelessBounds, type Asking } from './asking.ts';
import type { Query } from './query.ts';
import { placeRows, timeColumn, type When } from './records.ts';
import type { Rows } from './rows.ts';
import { readTime } from './times.ts';
import { BAD_UTF8 } from './walk.ts';

/**
 * The top list of a window, in one answer. It is what the vendor says it is, the first 20 or 1,000 entries (instart.txt:246, 355): that there are
 * more is told, and no failure. Entries are sums over the window.
 */
export async function topPage(asking: Asking, top: number, window: Interval, signal: AbortSignal): Promise<Page> {
  const { query, name } = asking;
  const { from, until } = isoInterval(window);
  const what = `${name} [${from}, ${until})`;
  const asked = timelessBounds(window);
  const wanted = { span: asked, limit: query.limited ? top : undefined, start: 0 };
  const answer = await askServed(asking, window, wanted, what, signal);
  const { rows, total = rows.length } = answer;
  // Where no limit may be sent, the default of 10 (instart.txt:108) may still hold.
  if (rows.length < Math.min(total, top)) {
    const message = `${what}: ${rows.length} entries of ${total}, though a top list has ${top}`;
    throw new UnexpectedAnswer(message, { body: answer.body });
  }
  const { records } = placeRows(answer, query, whenOf(answer, query, window), { within: window, asked }, what);
  const notes: string[] = [];
  if (total > rows.length) notes.push(`the vendor lists ${rows.length} of ${total} entries`);
  if (answer.badUtf8) notes.push(BAD_UTF8);
  return { records, next: null, reported: rows.length, ...(notes.length > 0 && { note: notes.join('; ') }) };
}

/** What an entry says of its time counts if it is one of the window for all of them. */
function whenOf(answer: Rows, query: Query, { from, until }: Interval): When {
  const column = timeColumn(answer, query);
  const inside = (cell: unknown): boolean => {
    const time = readTime(String(cell)) ?? NaN;
    return time >= from && time < until;
  };
  if (column !== undefined && answer.rows.every(({ cells }) => inside(cells[column]))) return { column };
  return { instant: from };
}
