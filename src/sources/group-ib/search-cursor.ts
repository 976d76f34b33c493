import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UnexpectedAnswer } from '../../core/failures.ts';
import type { ItemsPage } from './page.ts';

/** How far the walk along a search has come. */
export interface SearchPosition {
  /** What to go on with; null: the search has not begun. */
  readonly resultId: string | null;
  /** How many items to ask for at once. */
  readonly limit: number;
  /** How many have come, those that are not wanted included. */
  readonly seen: number;
  /** How many of them were not wanted. */
  readonly outside: number;
  /** How many the first answer said there are. */
  readonly count: number | null;
  /** A digest of the last answer's items: none may come twice in a row. */
  readonly last: string | null;
}

const number = z.int().min(0);

const shape = z.strictObject({
  resultId: z.string().min(1).nullable(),
  limit: z.int().min(1),
  seen: number,
  outside: number,
  count: number.nullable(),
  last: z.string().nullable(),
});

export function beginning(limit: number): SearchPosition {
  return { resultId: null, limit, seen: 0, outside: 0, count: null, last: null };
}

export function writePosition(position: SearchPosition): string {
  return JSON.stringify(position);
}

/** The inverse of {@link writePosition}. @throws UnexpectedAnswer for a text that it did not write */
export function readPosition(cursor: string, what: string): SearchPosition {
  try {
    return shape.parse(JSON.parse(cursor));
  } catch {
    throw new UnexpectedAnswer(`${what}: a cursor that this source did not write`);
  }
}

export function digestOf({ items }: ItemsPage): string {
  const hash = createHash('sha256');
  for (const { key } of items) hash.update(key);
  return hash.digest('base64url').slice(0, 16);
}
