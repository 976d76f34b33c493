import { z } from 'zod';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { DAY, type Interval } from '../../core/time.ts';

const shape = z.strictObject({
  /** The day that is read, ms. */
  at: z.int(),
  /** Of counts: the list. */
  list: z.string().optional(),
});

const pageShape = z.strictObject({
  at: z.int(),
  /** The page that comes next; from 1. */
  page: z.int().min(1),
  /** How many records the day has brought, and how many there are where the vendor has said so. */
  seen: z.int().min(0),
  total: z.int().min(0).nullable(),
  /** The same over all days of the window before this one; null once one of them was not told. */
  reported: z.int().min(0).nullable(),
  /** A digest of the page before: none may come twice. */
  last: z.string().nullable(),
  /** What part of the day is read, where the whole of it is more than the vendor hands out, and which parts come after it. */
  filter: z.record(z.string(), z.string()),
  rest: z.array(z.strictObject({ filter: z.record(z.string(), z.string()), total: z.int().min(0) })),
  /** The query that it belongs to. */
  query: z.string(),
});

/** How far the walk along the days of a window has come. */
export type PageCursor = z.output<typeof pageShape>;

export function writeCursor(cursor: { readonly at: number; readonly list: string } | PageCursor): string {
  return JSON.stringify(cursor);
}

/** The inverse of {@link writeCursor} for counts. @throws UnexpectedAnswer when this source did not write it for this window */
export function readCursor(cursor: string, window: Interval, what: string): { at: number; list: string } {
  const { at, list = '' } = checked(shape, cursor, window, what);
  return { at, list };
}

/** The same for queries. */
export function readPageCursor(cursor: string, window: Interval, what: string): PageCursor {
  return checked(pageShape, cursor, window, what);
}

function checked<T extends { readonly at: number }>(
  schema: z.ZodType<T>,
  cursor: string,
  window: Interval,
  what: string,
): T {
  const parsed = schema.safeParse(parse(cursor));
  if (!parsed.success) throw new UnexpectedAnswer(`${what}: a cursor that this source did not write`);
  const { at } = parsed.data;
  if (at < window.from || at >= window.until || at % DAY !== 0)
    throw new UnexpectedAnswer(`${what}: a cursor of another window`);
  return parsed.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
