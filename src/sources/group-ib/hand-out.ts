import { CursorStuck, UnexpectedAnswer } from '../../core/failures.ts';
import { isReached, MOST_HELD, type Position, type Reached } from './cursor.ts';
import type { Item } from './items.ts';
import type { ItemsPage } from './page.ts';
import { larger } from './sequence-number.ts';

/** What of an answer is handed out, and where that leads. */
export interface HandedOut {
  readonly items: readonly Item[];
  readonly position: Reached;
}

/** What of an answer has not been handed out before. */
export function freshOf({ items }: ItemsPage, position: Position): readonly Item[] {
  if (!isReached(position)) return items;
  const held = new Set(position.held);
  return items.filter((item) => {
    if (item.seq !== undefined && item.seq !== position.seq) return item.seq > position.seq;
    const isPast = item.seq !== undefined && position.closed;
    return !isPast && !held.has(item.key);
  });
}

/**
 * Items that share a sequence number may lie on both sides of an answer's end. So the position names those of its last number that have been
 * handed out; where they are too many for that, they are held back until an answer shows what comes after them.
 * @returns `undefined` when everything in the answer shares one number, and is too much to be named
 * @throws UnexpectedAnswer when neither the answer nor its items say where they lie
 */
export function handOut(
  page: ItemsPage,
  fresh: readonly Item[],
  before: Position,
  what: string,
): HandedOut | undefined {
  const last = lastOf(page, before, what);
  const reached = at(last, fresh, before);
  if (reached !== undefined) return { items: fresh, position: reached };
  if (fresh.some(({ seq }) => seq === undefined))
    return { items: fresh, position: unnumbered(last, fresh, before, what) };
  const below = fresh.filter(({ seq }) => seq !== undefined && seq < last);
  const step = below.reduce<bigint | undefined>((most, { seq }) => larger(most, seq), undefined);
  if (step === undefined) return undefined;
  // All that carries this number is in the answer, as something after it is.
  return { items: below, position: at(step, below, before) ?? { seq: step, held: [], closed: true } };
}

/** Everything in the answer, once it is known that all that shares its last number is in it. */
export function handOutWhole(page: ItemsPage, fresh: readonly Item[], before: Position, what: string): HandedOut {
  return { items: fresh, position: { seq: lastOf(page, before, what), held: [], closed: true } };
}

/** How many items that carry a number have been handed out, or lie in `fresh`. */
export function countAt(seq: bigint, fresh: readonly Item[], before: Position): number {
  const held = isReached(before) && before.seq === seq ? before.held.length : 0;
  return held + fresh.filter((item) => item.seq === seq).length;
}

/** The highest number of the items; the answer's own only where they have none: what it has left out in between would be passed by. */
export function lastOf({ items, seq }: ItemsPage, before: Position, what: string): bigint {
  const own = items.reduce<bigint | undefined>((most, item) => larger(most, item.seq), undefined);
  const last = own ?? seq;
  if (last === undefined) throw new UnexpectedAnswer(`${what}: items, and no seqUpdate to go on from`);
  return isReached(before) && before.seq > last ? before.seq : last;
}

/** The position at a number, with the keys of all that carries it; `undefined` when these are too many. */
function at(seq: bigint, fresh: readonly Item[], before: Position): Reached | undefined {
  if (isReached(before) && before.seq === seq && before.closed) return undefined;
  const earlier = isReached(before) && before.seq === seq ? before.held : [];
  const keys = fresh.filter((item) => (item.seq ?? seq) === seq).map(({ key }) => key);
  const held = [...new Set([...earlier, ...keys])];
  return held.length <= MOST_HELD ? { seq, held, closed: false } : undefined;
}

/** Where items have no numbers of their own, only the answer's number moves on; its last items are those that may come again. */
function unnumbered(seq: bigint, fresh: readonly Item[], before: Position, what: string): Reached {
  if (isReached(before) && before.seq >= seq) {
    throw new CursorStuck(`${what}: items without a seqUpdate, and an answer that does not lead beyond ${before.seq}`);
  }
  const keys = [...new Set(fresh.map(({ key }) => key))];
  return { seq, held: keys.slice(-MOST_HELD), closed: true };
}
