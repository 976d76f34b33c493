import { CursorStuck } from '../../core/failures.ts';
import { LARGEST_LIMIT } from './collections.ts';
import { isReached, type Position } from './cursor.ts';
import { countAt, freshOf, handOut, handOutWhole, lastOf, type HandedOut } from './hand-out.ts';
import type { ItemsPage } from './page.ts';

/** From where, and how many. */
export interface Question {
  readonly seqUpdate?: bigint;
  readonly df?: string | undefined;
  readonly limit: number;
}

/** A sequence, as far as walking along it needs it. */
export interface Sequence {
  /** For messages. */
  readonly name: string;
  ask(question: Question, signal: AbortSignal): Promise<ItemsPage>;
}

/** What a step along a sequence found. */
export interface Found extends HandedOut {
  readonly page: ItemsPage;
  /** How many fresh items the answer had. */
  readonly fresh: number;
  readonly note?: string;
}

/** What is handed out of an answer with something fresh; where all of it shares one number, more is asked for until that is whole. */
export async function take(
  sequence: Sequence,
  position: Position,
  question: Question,
  answer: ItemsPage,
  signal: AbortSignal,
): Promise<Found> {
  let page = answer;
  let { limit } = question;
  for (;;) {
    const fresh = freshOf(page, position);
    const handed = handOut(page, fresh, position, sequence.name);
    if (handed !== undefined) return { ...handed, page, fresh: fresh.length };
    if (limit >= LARGEST_LIMIT) break;
    limit = Math.min(2 * limit, LARGEST_LIMIT);
    const larger = await sequence.ask({ ...question, limit }, signal);
    if (larger.items.length <= page.items.length) break;
    page = larger;
  }
  return await takeWhole(sequence, position, page, signal);
}

/** Nothing but items of one number, and no larger answer to be had: that is the end of them, or the vendor's. */
async function takeWhole(sequence: Sequence, position: Position, page: ItemsPage, signal: AbortSignal): Promise<Found> {
  const { name } = sequence;
  const fresh = freshOf(page, position);
  const last = lastOf(page, position, name);
  const served = countAt(last, fresh, position);
  const mayBeMore = page.count === undefined ? page.items.length >= LARGEST_LIMIT : page.count > page.items.length;
  if (mayBeMore) {
    const number = await sharing(sequence, last, signal);
    if (number === undefined || number > served) throw unreachable(sequence, last, number ?? served + 1, served);
  }
  const note = `${served} items share seqUpdate ${last}`;
  return { ...handOutWhole(page, fresh, position, name), page, fresh: fresh.length, note };
}

/**
 * A vendor that serves what lies after a number, and cuts answers short, never shows more of those that share one than fit into an answer. To go
 * on beyond them would be to lose the rest.
 */
export async function refuseUnreachable(
  sequence: Sequence,
  position: Position,
  known: ItemsPage,
  signal: AbortSignal,
): Promise<void> {
  if (!isReached(position) || position.closed) return;
  if (known.count === undefined || known.count <= known.items.length) return;
  const number = await sharing(sequence, position.seq, signal);
  if (number !== undefined && number > position.held.length) {
    throw unreachable(sequence, position.seq, number, position.held.length);
  }
}

function unreachable({ name }: Sequence, seq: bigint, number: number, served: number): CursorStuck {
  return new CursorStuck(
    `${name}: ${number} items share seqUpdate ${seq}, and the vendor serves only ${served} of them at once`,
  );
}

/**
 * How many items carry a number, by the vendor's own counts of what is left. The wider count is asked for first: what is added meanwhile then
 * makes the difference smaller, and no alarm of it.
 */
async function sharing(sequence: Sequence, seq: bigint, signal: AbortSignal): Promise<number | undefined> {
  const from = (seqUpdate: bigint): Promise<ItemsPage> => sequence.ask({ seqUpdate, limit: 1 }, signal);
  const previous = seq > 0n ? seq - 1n : 0n;
  const before = await from(previous);
  const here = await from(seq);
  if (begins(here, seq)) return difference(here, await from(seq + 1n));
  // Answers begin with the number asked for, and all that carried it has been updated since.
  return begins(before, previous) ? 0 : difference(before, here);
}

function begins({ items }: ItemsPage, seq: bigint): boolean {
  return items.some((item) => item.seq === seq);
}

function difference(wider: ItemsPage, narrower: ItemsPage): number | undefined {
  if (wider.count === undefined || narrower.count === undefined) return undefined;
  return wider.count - narrower.count;
}
