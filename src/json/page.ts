import { isAscii, isUtf8 } from 'node:buffer';
import type { SourceRecord } from '../core/contract.ts';
import { UnexpectedAnswer } from '../core/failures.ts';
import { excerpt } from '../http/redaction.ts';
import { splitArray, type Span } from './split.ts';

export interface ParsedPage {
  /** The body's value. */
  readonly value: Record<string, unknown>;
  /** The elements of the array, as the vendor's own bytes, each with its value. */
  readonly records: readonly SourceRecord[];
  /** Whether the body holds bytes that are not UTF-8: kept verbatim in the records, replaced in the values. */
  readonly badUtf8: boolean;
}

/** A record beyond this is no event but a mistake. */
const LARGEST_RECORD = 8 * 1024 * 1024;
/** JSON.parse accepts any depth, but what handles its values recursively overflows the stack. */
const DEEPEST = 1_000;

/**
 * Reads a page: one `JSON.parse` of the body validates it, the splitter cuts the records out of the same bytes, and the two must
 * agree on their number.
 * @param key the top-level member that holds the array of records
 * Errors: `unexpected-answer`, with the body, when it is not JSON, has no such array, or holds a record that is too large or too deep.
 */
export function parsePage(body: Buffer, key: string): ParsedPage {
  const bytes = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
  const { value, badUtf8 } = parse(bytes, body);
  const list = isObject(value) ? value[key] : undefined;
  if (!isObject(value) || !Array.isArray(list))
    throw new UnexpectedAnswer(`no array "${key}" in ${excerpt(bytes)}`, { body });
  const spans = split(bytes, key, body);
  if (spans.length !== list.length) {
    throw new UnexpectedAnswer(`"${key}" holds ${list.length} records by one reading and ${spans.length} by another`, {
      body,
    });
  }
  const records = spans.map(({ start, end }, i) => {
    if (end - start > LARGEST_RECORD) throw new UnexpectedAnswer(`record ${i + 1} has ${end - start} bytes`, { body });
    return { bytes: bytes.subarray(start, end), value: list[i] as unknown };
  });
  return { value, records, badUtf8 };
}

function parse(bytes: Buffer, body: Buffer): { value: unknown; badUtf8: boolean } {
  // Latin-1 is the quickest way from bytes to a string, and the same thing for ASCII.
  const ascii = isAscii(bytes);
  const text = ascii ? bytes.toString('latin1') : bytes.toString('utf8');
  try {
    return { value: JSON.parse(text), badUtf8: !ascii && !isUtf8(bytes) };
  } catch {
    // V8's own message quotes the body, unescaped.
    throw new UnexpectedAnswer(`${bytes.length} bytes that are not JSON: ${excerpt(bytes)}`, { body });
  }
}

function split(bytes: Buffer, key: string, body: Buffer): readonly Span[] {
  try {
    return splitArray(bytes, key, DEEPEST) ?? [];
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UnexpectedAnswer(`cannot be cut into records: ${reason}`, { body });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
