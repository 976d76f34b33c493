import { isUtf8 } from 'node:buffer';
import { UnexpectedAnswer } from '../../core/failures.ts';
import type { HttpResponse } from '../../http/client.ts';
import { isObject, sketchOf, spansOf, withoutMark } from '../../json/page.ts';
import { requireJson } from '../answers.ts';
import { readItem, type Item, type ItemShape } from './items.ts';
import { readSequenceNumber } from './sequence-number.ts';

/** One answer with items, of a sequence or of a search. */
export interface ItemsPage {
  readonly items: readonly Item[];
  /** A sequence's: how many are left, these included; a search's: how many there are in all. Where the vendor says so. */
  readonly count: number | undefined;
  /** The sequence number at the top level: "the last element's" (group-ib.txt:312-313). */
  readonly seq: bigint | undefined;
  /** What a search is gone on with. */
  readonly resultId: string | undefined;
  /** Whether the body holds bytes that are not UTF-8; they are kept as they are. */
  readonly badUtf8: boolean;
}

/**
 * Reads `{ count, items, seqUpdate }`, or with `total` (DRP) or `resultId` (searches). Items hold passwords and card numbers in plain text: no
 * message has a word of the body, which goes to quarantine only.
 * @param fallback the time of items that say none, ms
 * @throws UnexpectedAnswer when it is not JSON, has no array of items, or one of them does not fit; one refuses the whole answer, as without
 *   it the answer would not be complete
 */
export function readPage(answer: HttpResponse, shape: ItemShape, fallback: number, what: string): ItemsPage {
  const { body } = answer;
  const { bytes, value } = readObject(answer, what);
  const list = value['items'];
  if (!Array.isArray(list)) throw new UnexpectedAnswer(`${what}: an answer without an array of items`, { body });
  const seq = readSequenceNumber(bytes, ['seqUpdate']);
  if (seq === 'unreadable') throw new UnexpectedAnswer(`${what}: a seqUpdate that is no number`, { body });
  const { resultId } = value;
  return {
    items: spansOf(bytes, 'items', list.length, body).map(({ start, end }, i) => {
      const named = `${what}: item ${i + 1} of ${list.length}`;
      return readItem(bytes.subarray(start, end), list[i], { shape, fallback, what: named, body });
    }),
    count: numberOf(value['count'] ?? value['total']),
    seq,
    resultId: typeof resultId === 'string' && resultId !== '' ? resultId : undefined,
    badUtf8: !isUtf8(bytes),
  };
}

/** @throws UnexpectedAnswer when an answer is not a JSON object */
export function readObject(answer: HttpResponse, what: string): { bytes: Buffer; value: Record<string, unknown> } {
  const { bytes, value } = readJson(answer, what);
  if (isObject(value)) return { bytes, value };
  throw new UnexpectedAnswer(`${what}: an answer that is not an object`, { body: answer.body });
}

/** The value is right wherever it is ASCII. @throws UnexpectedAnswer when an answer is not JSON, without a word of it */
export function readJson(answer: HttpResponse, what: string): { bytes: Buffer; value: unknown } {
  const { body } = answer;
  requireJson(answer, what);
  const bytes = withoutMark(body);
  try {
    return { bytes, value: sketchOf(bytes, body) };
  } catch {
    throw new UnexpectedAnswer(`${what}: ${body.length} bytes that are not JSON`, { body });
  }
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
