import type { Portion } from '../../core/contract.ts';
import { CursorStuck, Unavailable, WindowTooLarge } from '../../core/failures.ts';
import { isTooMuch } from './answers.ts';
import { isReached, readCursor, writeCursor, type Position } from './cursor.ts';
import { freshOf } from './hand-out.ts';
import type { ItemsPage } from './page.ts';
import { refuseUnreachable, take, type Found, type Question, type Sequence } from './ties.ts';

/**
 * The portion after a cursor. Whether the vendor serves what lies *after* a number or *from* it on is not said, so it is asked from the number
 * before the last one, and what has been handed out is left out: right in both ways, also where items share a number.
 * @param size about how many; more only where that many are known already
 * @throws WindowTooLarge when the vendor cannot serve so many; `Unavailable` when it cannot serve a single one
 */
export async function fetchPortion(
  sequence: Sequence,
  cursor: string,
  size: number,
  signal: AbortSignal,
): Promise<Portion> {
  const position = readCursor(cursor, sequence.name);
  try {
    const found = await findFresh(sequence, position, size, signal);
    return found === undefined ? { records: [], cursor, remaining: 0 } : portionOf(found);
  } catch (error) {
    if (!isTooMuch(error)) throw error;
    if (size > 1) throw new WindowTooLarge(error.message, { cause: error });
    throw new Unavailable(error.message, { cause: error });
  }
}

function portionOf({ items, position, page, fresh, note }: Found): Portion {
  const { count } = page;
  const remaining = count === undefined ? undefined : Math.max(0, count - page.items.length) + fresh - items.length;
  const notes = [note, page.badUtf8 ? 'an answer with bytes that are not UTF-8, kept as they are' : undefined];
  const said = notes.filter((one) => one !== undefined).join('; ');
  return {
    records: items.map(({ record }) => record),
    cursor: writeCursor(position),
    ...(remaining !== undefined && { remaining }),
    ...(said !== '' && { note: said }),
  };
}

/**
 * Asks from ever further on until something fresh comes, or nothing at all: "a portion of 0 feeds -> the end" (group-ib.txt:386). An answer
 * with only what is known already is no end: a vendor that cuts answers short may have shown no more of it.
 */
async function findFresh(
  sequence: Sequence,
  position: Position,
  size: number,
  signal: AbortSignal,
): Promise<Found | undefined> {
  const held = isReached(position) ? position.held.length : 0;
  const limit = size > held ? size : held + size;
  let known: ItemsPage | undefined;
  for (const question of questionsFor(position, limit)) {
    const page = await sequence.ask(question, signal);
    const fresh = freshOf(page, position);
    const isSolved = page.items.length === 0 || fresh.length > 0;
    if (isSolved && known !== undefined && isBeyond(page, position)) {
      await refuseUnreachable(sequence, position, known, signal);
    }
    if (page.items.length === 0) return undefined;
    if (fresh.length > 0) return await take(sequence, position, question, page, signal);
    refuseBackward(sequence, page, question);
    // An answer that begins with the number asked for never is without items; one that says that it is all there is, is all there is.
    if (page.count === page.items.length && !isBeyond(page, position) && known !== undefined) return undefined;
    known ??= page;
  }
  throw new CursorStuck(`${sequence.name}: the vendor keeps serving what it served before, and nothing after it`);
}

/** Whether an answer begins after all that carries the last number. */
function isBeyond({ items }: ItemsPage, position: Position): boolean {
  return isReached(position) && !items.some(({ seq }) => seq === position.seq);
}

/** From one before the last number, from it, and from one after it: the last is only reached where answers begin with the number asked for. */
function questionsFor(position: Position, limit: number): readonly Question[] {
  if (!isReached(position)) return [{ df: position.from, limit }];
  const { seq, closed } = position;
  const from = closed ? [seq, seq + 1n] : [seq > 0n ? seq - 1n : 0n, seq, seq + 1n];
  return from.map((seqUpdate) => ({ seqUpdate, limit }));
}

/** An answer that begins before what was asked for, and has nothing new: the vendor does not look at the number at all. */
function refuseBackward({ name }: Sequence, { items }: ItemsPage, { seqUpdate = 0n }: Question): void {
  if (!items.some(({ seq }) => seq !== undefined && seq < seqUpdate)) return;
  throw new CursorStuck(
    `${name}: the vendor serves what lies before ${seqUpdate}, which is where it was asked to begin`,
  );
}
