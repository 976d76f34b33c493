import { isUtf8 } from 'node:buffer';
import { UnexpectedAnswer } from '../core/failures.ts';
import { excerpt } from '../http/redaction.ts';
import { isObject, PageRecord, recordOf, sketchOf, spansOf, withoutMark } from './page.ts';

export interface ParsedGroups {
  /** The body's value; right wherever it is ASCII. */
  readonly value: Record<string, unknown>;
  readonly groups: readonly RecordGroup[];
  /** Whether the body holds bytes that are not UTF-8: kept verbatim in the records, replaced in the values. */
  readonly badUtf8: boolean;
}

/** What an answer says once for several records, and these. */
export interface RecordGroup {
  readonly outer: PageRecord;
  readonly records: readonly PageRecord[];
}

/**
 * Reads a page whose records lie two arrays deep, `{ data: [{ websiteName, attacks: [...] }] }`, as `parsePage` reads one: a single `JSON.parse`
 * validates it, the splitter cuts, and the two must agree on every count.
 * @param key the top-level member that holds the groups; null or absent stands for none
 * @param inner a group's member that holds its records; null or absent stands for none
 * Errors: `unexpected-answer`, with the body, when it is not JSON, either is something else than an array, or a record is too large or too deep.
 */
export function parseGroups(body: Buffer, key: string, inner: string): ParsedGroups {
  const bytes = withoutMark(body);
  const value = sketchOf(bytes, body);
  if (!isObject(value)) throw new UnexpectedAnswer(`not an object: ${excerpt(bytes)}`, { body });
  const list = listIn(value, key, body);
  const spans = list.length === 0 ? [] : spansOf(bytes, key, list.length, body);
  const groups = spans.map(({ start, end }, i) => groupOf(bytes.subarray(start, end), list[i], inner, body));
  return { value, groups, badUtf8: !isUtf8(bytes) };
}

function groupOf(bytes: Buffer, sketch: unknown, inner: string, body: Buffer): RecordGroup {
  if (!isObject(sketch)) throw new UnexpectedAnswer(`an element that is not an object: ${excerpt(bytes)}`, { body });
  const list = listIn(sketch, inner, body);
  const spans = list.length === 0 ? [] : spansOf(bytes, inner, list.length, body);
  const records = spans.map((span, i) => recordOf(bytes, span, list[i], i, body));
  return { outer: new PageRecord(bytes, sketch), records };
}

function listIn(value: Record<string, unknown>, key: string, body: Buffer): readonly unknown[] {
  const list = value[key] ?? [];
  if (!Array.isArray(list)) throw new UnexpectedAnswer(`"${key}" is not an array`, { body });
  return list as readonly unknown[];
}
