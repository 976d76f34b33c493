import { UnexpectedAnswer } from '../../core/failures.ts';
import { KEY_LENGTH } from './items.ts';

/** A place in a sequence: what lies before it has been handed out, and what comes after it has not. */
export type Position = Beginning | Reached;

/** Before the first portion, where there is no sequence number for the date that is to be begun with. */
export interface Beginning {
  /** Asked for by `df`, `2026-11-21`; absent: from the very beginning. */
  readonly from?: string;
}

export interface Reached {
  /** Everything with a lower number has been handed out. */
  readonly seq: bigint;
  /** Keys of what carries exactly this number and has been handed out. The document calls the number unique (group-ib.txt:308); that is not relied on. */
  readonly held: readonly string[];
  /** All that carries this number has been handed out, too much of it to be listed in `held`. */
  readonly closed: boolean;
}

/** As many keys as fit into a cursor of 1 KiB. */
export const MOST_HELD = 80;

export const isReached = (position: Position): position is Reached => 'seq' in position;

/** Texts: `first`, `first:2026-11-21`, `16172928022293.Zk3_x9aB1cD`, and with a `!` after the number where it is closed. */
export function writeCursor(position: Position): string {
  if (!isReached(position)) return position.from === undefined ? 'first' : `first:${position.from}`;
  const { seq, held, closed } = position;
  return [`${seq}${closed ? '!' : ''}`, ...held].join('.');
}

/** As the contract has it: by number, then by how much that carries it has been handed out. A beginning without a number lies nowhere that is known. */
export function compareCursors(a: string, b: string, what: string): number | undefined {
  const [one, other] = [readCursor(a, what), readCursor(b, what)];
  if (!isReached(one) || !isReached(other)) return undefined;
  if (one.seq !== other.seq) return one.seq < other.seq ? -1 : 1;
  return Number(one.closed) - Number(other.closed) || one.held.length - other.held.length;
}

const BEGINNING = /^first(?::(\d{4}-\d\d-\d\d))?$/;
const REACHED = new RegExp(`^(\\d{1,40})(!?)((?:\\.[\\w-]{${KEY_LENGTH}}){0,${MOST_HELD}})$`);

/** The inverse of {@link writeCursor}. @throws UnexpectedAnswer for a text that it did not write */
export function readCursor(cursor: string, what: string): Position {
  const beginning = BEGINNING.exec(cursor);
  if (beginning) return beginning[1] === undefined ? {} : { from: beginning[1] };
  const reached = REACHED.exec(cursor);
  if (!reached) throw new UnexpectedAnswer(`${what}: a cursor that this source did not write`);
  const [, digits = '', closed, keys = ''] = reached;
  return { seq: BigInt(digits), closed: closed === '!', held: keys === '' ? [] : keys.slice(1).split('.') };
}
