import type { Page, SourceRecord, WindowLimits } from '../../core/contract.ts';
import { halve } from '../../core/due.ts';
import { WindowTooLarge } from '../../core/failures.ts';
import { isoInterval, SECOND, type Interval } from '../../core/time.ts';
import { windowFailure } from '../window-bounds.ts';
import { roundNumber } from './attacks.ts';
import { LONGEST_RANGE, requestsFor } from './bounds.ts';
import type { Client } from './client.ts';
import { beginning, readCursor, writeCursor } from './cursor.ts';
import { placeAttacks } from './records.ts';

/** A stream, as far as asking for its windows needs it. */
export interface Asking {
  readonly client: Client;
  readonly limits: WindowLimits;
  /** The stream's own name. */
  readonly stream: string;
  /** For messages: `acme-apptrana/www.example.com`. */
  readonly name: string;
  readonly website: string | undefined;
  readonly eventType: string | undefined;
}

/** Where it makes no sense to ask for less: whole seconds are what an operator can tell a person. */
const SHORTEST = SECOND;

/**
 * One page of a window. As a rule it is the only one: the vendor has no pages. A suspiciously round number of attacks is looked into: the
 * pages after it are its halves, and theirs, as long as their numbers are round. What both brought has the same ids and is held once; so a
 * vendor that left nothing out changes nothing.
 */
export async function attacksPage(
  asking: Asking,
  window: Interval,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Page> {
  const { name, eventType } = asking;
  if (window.until - window.from > LONGEST_RANGE)
    throw new WindowTooLarge(`${name}: the vendor serves five minutes at once`);
  const { piece, later } = cursor === null ? beginning(window) : readCursor(cursor, window, eventType, name);
  const { records, round, notes } = await askFor(asking, piece, signal);
  const halves = round === undefined ? undefined : halve(piece, SHORTEST);
  if (round !== undefined && halves === undefined) {
    notes.push(`${shown(piece)} brought ${round} attacks, a round number: the vendor may have left some out`);
  }
  const next = halves === undefined ? later : [halves[0].until, piece.until, ...later];
  const from = halves === undefined ? piece.until : piece.from;
  const [until, ...rest] = next;
  return {
    records,
    next: until === undefined ? null : writeCursor({ piece: { from, until }, later: rest }, eventType),
    ...(notes.length > 0 && { note: notes.join('; ') }),
  };
}

interface Found {
  readonly records: readonly SourceRecord[];
  /** A number of attacks in one answer that may be a cap. */
  readonly round: number | undefined;
  readonly notes: string[];
}

/** All that the vendor holds for a piece of a window; not all of it when `round` is set. */
async function askFor(asking: Asking, piece: Interval, signal: AbortSignal): Promise<Found> {
  const { website, eventType, name } = asking;
  const what = `${name} ${shown(piece)}`;
  const records: SourceRecord[] = [];
  let badUtf8 = false;
  let round: number | undefined;
  for (const asked of requestsFor(piece)) {
    const answer = await askServed(asking, { wanted: piece, asked, website, eventType }, what, signal);
    const known = new Set(records.map(({ identity }) => identity?.id));
    const placed = placeAttacks(answer, piece, asked, what);
    // Where two requests overlap; what one answer says twice is left to be counted as a repeat.
    records.push(...(known.size === 0 ? placed : placed.filter(({ identity }) => !known.has(identity?.id))));
    badUtf8 ||= answer.badUtf8;
    round = roundNumber(answer);
    if (round !== undefined) break;
  }
  return { records, round, notes: badUtf8 ? ['an answer with bytes that are not UTF-8, kept as they are'] : [] };
}

/**
 * Asks for what the vendor still has. That is looked at before and after: what it has forgotten may simply be missing from its answers
 * (indusface.txt:65 names no error), and the answer itself may be the first that tells its clock.
 */
export async function askServed(
  { client, limits }: Pick<Asking, 'client' | 'limits'>,
  query: Parameters<Client['attacks']>[0],
  what: string,
  signal: AbortSignal,
): ReturnType<Client['attacks']> {
  const served = (): void => {
    const failure = windowFailure(query.wanted, limits, client.vendor.now());
    if (failure) throw failure;
  };
  served();
  const answer = await client.attacks(query, what, signal);
  served();
  return answer;
}

function shown(piece: Interval): string {
  const { from, until } = isoInterval(piece);
  return `[${from}, ${until})`;
}
