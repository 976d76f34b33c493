import type { Page, WindowLimits } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { DAY, dayOf, type Interval } from '../../core/time.ts';
import { windowFailure } from '../window-bounds.ts';
import type { Account } from './account.ts';
import type { Api } from './api.ts';
import { countsOf } from './counts.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { readDay } from './times.ts';

/** The stream of the vendor's own counts, as far as asking for its windows needs it. */
export interface Counting {
  readonly api: Api;
  readonly account: Account;
  readonly limits: WindowLimits;
  /** For messages: `acme-shadow/stats`. */
  readonly name: string;
  /** The lists in the settings; absent: all that the account is subscribed to. */
  readonly lists: readonly string[] | undefined;
}

/**
 * One page: the counts of one list on one day. A record is a row, its columns and the list beside it; its id is list, day and type.
 */
export async function countPage(
  { api, account, limits, name, lists: configured }: Counting,
  window: Interval,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Page> {
  const outside = windowFailure(window, limits, api.vendor.now());
  if (outside) throw outside;
  const subscribed = await account.lists(signal);
  const lists = (configured ?? subscribed).toSorted();
  const { at, list } = cursor === null ? { at: window.from, list: lists[0] ?? '' } : readCursor(cursor, window, name);
  const day = dayOf(at);
  const what = `${name} ${day} ${list}`;
  const { columns, rows, body } = await countsOf(api, list, day, { what }, signal);
  const [date, type] = [columns.indexOf('date'), columns.indexOf('type')];
  const records = rows.map(({ bytes, cells }, i) => {
    if (cells[date] !== day || readDay(day) !== at) {
      throw new UnexpectedAnswer(`${what}: row ${i + 1} is of another day`, { body });
    }
    const identity = { id: `${list}:${day}:${String(cells[type])}`, time: at };
    return { bytes, identity, context: { report: list, columns } };
  });
  const next = lists.find((other) => other > list);
  if (next !== undefined) return { records, next: writeCursor({ at, list: next }) };
  const after = at + DAY;
  return { records, next: after < window.until ? writeCursor({ at: after, list: lists[0] ?? '' }) : null };
}
