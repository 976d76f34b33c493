import { isUtf8 } from 'node:buffer';
import { UnexpectedAnswer } from '../../core/failures.ts';
import type { HttpResponse } from '../../http/client.ts';
import { DEEPEST, isObject, sketchOf, withoutMark } from '../../json/page.ts';
import type { ScannedPage } from '../../json/records.ts';
import { scanPageAside } from '../../json/scan-aside.ts';
import { requireJson } from '../answers.ts';
import { readItems, type Item, type ItemShape } from './items.ts';
import { parseSequenceNumber } from './sequence-number.ts';

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
export async function readPage(
  answer: HttpResponse,
  shape: ItemShape,
  fallback: number,
  what: string,
): Promise<ItemsPage> {
  const { body } = answer;
  const { bytes, outer, records } = await scan(answer, shape, what);
  if (records === undefined) throw new UnexpectedAnswer(`${what}: an answer without an array of items`, { body });
  const textOf = (name: string): string | undefined => {
    const span = outer.get(name);
    return span && bytes.toString('latin1', span.start, span.end);
  };
  const valueOf = (name: string): unknown => JSON.parse(textOf(name) ?? 'null');
  const seq = parseSequenceNumber(textOf('seqUpdate'));
  if (seq === 'unreadable') throw new UnexpectedAnswer(`${what}: a seqUpdate that is no number`, { body });
  const resultId = valueOf('resultId');
  return {
    items: readItems(bytes, records, { shape, fallback, what, body }),
    count: numberOf(valueOf('count') ?? valueOf('total')),
    seq,
    resultId: typeof resultId === 'string' && resultId !== '' ? resultId : undefined,
    badUtf8: !isUtf8(bytes),
  };
}

/** @throws UnexpectedAnswer when an answer is not a JSON object, or nests too deep */
async function scan(
  answer: HttpResponse,
  shape: ItemShape,
  what: string,
): Promise<ScannedPage & { readonly bytes: Buffer }> {
  const { body } = answer;
  requireJson(answer, what);
  const bytes = withoutMark(body);
  const page = await scanned(bytes, shape, what, body);
  if (page === undefined) throw new UnexpectedAnswer(`${what}: an answer that is not an object`, { body });
  return { bytes, ...page };
}

async function scanned(
  bytes: Buffer,
  { members }: ItemShape,
  what: string,
  body: Buffer,
): Promise<ScannedPage | undefined> {
  try {
    return await scanPageAside(bytes, 'items', members, DEEPEST);
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw new UnexpectedAnswer(`${what}: cannot be cut into records: values nest deeper than ${DEEPEST}`, { body });
    }
    throw new UnexpectedAnswer(`${what}: ${body.length} bytes that are not JSON`, { body });
  }
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
