import { isAscii, isUtf8 } from 'node:buffer';
import type { SourceRecord } from '../core/contract.ts';
import { UnexpectedAnswer } from '../core/failures.ts';
import { excerpt } from '../http/redaction.ts';
import { splitArray, type Span } from './split.ts';

export interface ParsedPage {
  /** The body's value. */
  readonly value: Record<string, unknown>;
  /** The elements of the array, as the vendor's own bytes, each with its value. */
  readonly records: readonly PageRecord[];
  /** Whether the body holds bytes that are not UTF-8: kept verbatim in the records, replaced in the values. */
  readonly badUtf8: boolean;
}

/** A record of a page. Its bytes beyond ASCII are decoded only when somebody asks for what holds them. */
export class PageRecord implements SourceRecord {
  readonly bytes: Buffer;
  /** The value as {@link sketchOf} sees it: right wherever it is ASCII. `undefined` where nobody has parsed it yet. */
  private readonly sketch: unknown;

  constructor(bytes: Buffer, sketch?: unknown) {
    this.bytes = bytes;
    this.sketch = sketch;
  }

  get value(): unknown {
    return this.sketch !== undefined && isAscii(this.bytes) ? this.sketch : decode(this.bytes);
  }

  member(key: string): unknown {
    const sketch = this.sketch ?? this.value;
    if (!isObject(sketch)) return undefined;
    const found = sketch[key];
    if (typeof found === 'number' || (typeof found === 'string' && ASCII.test(found))) return found;
    return (this.value as Record<string, unknown>)[key];
  }
}

// eslint-disable-next-line no-control-regex -- all of ASCII
const ASCII = /^[\u0000-\u007f]*$/;

/** A record beyond this is no event but a mistake. */
const LARGEST_RECORD = 8 * 1024 * 1024;
/** JSON.parse accepts any depth, but what handles its values recursively overflows the stack. */
export const DEEPEST = 1_000;

/**
 * Reads a page: one `JSON.parse` of the body validates it, the splitter cuts the records out of the same bytes, and the two must
 * agree on their number.
 * @param key the top-level member that holds the array of records
 * Errors: `unexpected-answer`, with the body, when it is not JSON, has no such array, or holds a record that is too large or too deep.
 */
export function parsePage(body: Buffer, key: string): ParsedPage {
  const bytes = withoutMark(body);
  const ascii = isAscii(bytes);
  const value = sketchOf(bytes, body);
  const list = isObject(value) ? value[key] : undefined;
  if (!isObject(value) || !Array.isArray(list)) {
    throw new UnexpectedAnswer(`no array "${key}" in ${excerpt(bytes)}`, { body });
  }
  const spans = spansOf(bytes, key, list.length, body);
  const records = spans.map((span, i) => recordOf(bytes, span, list[i], i, body));
  if (ascii) return { value, records, badUtf8: false };
  const outer = decodeOuter(bytes, spans, value);
  return { value: { ...outer, [key]: records.map((record) => record.value) }, records, badUtf8: !isUtf8(bytes) };
}

/**
 * Parses bytes as if each were a character of its own: several times quicker than decoding UTF-8 first, and whether it is JSON, and how it is
 * built, comes out the same, since bytes beyond ASCII are legal only inside strings. What has such bytes is decoded properly afterwards.
 */
export function sketchOf(bytes: Buffer, body: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('latin1'));
  } catch {
    // V8's own message quotes the body, unescaped.
    throw new UnexpectedAnswer(`${bytes.length} bytes that are not JSON: ${excerpt(bytes)}`, { body });
  }
}

const decode = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8'));

/** What surrounds the records, decoded when it is not ASCII. */
function decodeOuter(bytes: Buffer, spans: readonly Span[], value: Record<string, unknown>): Record<string, unknown> {
  const head = bytes.subarray(0, spans[0]?.start ?? bytes.length);
  const tail = bytes.subarray(spans.at(-1)?.end ?? bytes.length);
  if (isAscii(head) && isAscii(tail)) return value;
  return decode(Buffer.concat([head, tail])) as Record<string, unknown>;
}

/**
 * Where the elements of a member's array lie; there are `count` of them by the sketch.
 * @throws UnexpectedAnswer with the body when they cannot be cut, or the two readings do not agree
 */
export function spansOf(bytes: Buffer, key: string, count: number, body: Buffer): readonly Span[] {
  const spans = split(bytes, key, body);
  if (spans.length === count) return spans;
  const message = `"${key}" holds ${count} records by one reading and ${spans.length} by another`;
  throw new UnexpectedAnswer(message, { body });
}

/** The record at a span, the `i`-th from 0. @throws UnexpectedAnswer with the body when it is too large to be one */
export function recordOf(bytes: Buffer, { start, end }: Span, sketch: unknown, i: number, body: Buffer): PageRecord {
  if (end - start > LARGEST_RECORD) throw new UnexpectedAnswer(`record ${i + 1} has ${end - start} bytes`, { body });
  return new PageRecord(bytes.subarray(start, end), sketch);
}

function split(bytes: Buffer, key: string, body: Buffer): readonly Span[] {
  try {
    return splitArray(bytes, key, DEEPEST) ?? [];
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UnexpectedAnswer(`cannot be cut into records: ${reason}`, { body });
  }
}

/** Without the byte order mark, which is no part of JSON. */
export function withoutMark(body: Buffer): Buffer {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
