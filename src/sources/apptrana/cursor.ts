import { z } from 'zod';
import { CursorExpired, UnexpectedAnswer } from '../../core/failures.ts';
import type { Interval } from '../../core/time.ts';

/** How far the walk along a window has come: all of it is in the cursor, so any worker can go on. */
export interface Position {
  /** What is asked for next. */
  readonly piece: Interval;
  /** Where the pieces after it end, ms; the last of these is the window's end. None when it is the last itself. */
  readonly later: readonly number[];
}

const shape = z.strictObject({
  /** Rows of two filters must not be in one slice. */
  eventType: z.string().nullable(),
  bounds: z.array(z.int()).min(2).max(64),
});

/** Every walk begins with the whole window in one piece. */
export function beginning(window: Interval): Position {
  return { piece: window, later: [] };
}

export function writeCursor({ piece, later }: Position, eventType: string | undefined): string {
  return JSON.stringify({ eventType: eventType ?? null, bounds: [piece.from, piece.until, ...later] });
}

/**
 * The inverse of {@link writeCursor}.
 * @throws CursorExpired when `eventType` has been changed since
 * @throws UnexpectedAnswer when it was not written by this source for this window
 */
export function readCursor(cursor: string, window: Interval, eventType: string | undefined, what: string): Position {
  const parsed = shape.safeParse(parse(cursor));
  if (!parsed.success) throw new UnexpectedAnswer(`${what}: a cursor that this source did not write`);
  const { bounds } = parsed.data;
  const [from, until, ...later] = bounds;
  const rises = bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] ?? bound));
  const fits = rises && from !== undefined && from >= window.from && bounds.at(-1) === window.until;
  if (!fits || until === undefined) throw new UnexpectedAnswer(`${what}: a cursor of another window`);
  if (parsed.data.eventType !== (eventType ?? null))
    throw new CursorExpired(`${what}: \`eventType\` has been changed since`);
  return { piece: { from, until }, later };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
