import type { SourceRecord } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { DAY, dayOf } from '../../core/time.ts';
import { isObject, recordOf } from '../../json/page.ts';
import { splitArray } from '../../json/split.ts';
import type { Answer } from './api.ts';
import { hashOfObject, hashOfPairs } from './row-hash.ts';
import { readTime } from './times.ts';

export interface Rows {
  readonly records: readonly SourceRecord[];
  readonly note?: string;
}

interface Element {
  readonly bytes: Buffer;
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * The records of an answer to a query. They have no ids: one is the hash of a record, and a number among equal ones of the answer. So what comes
 * again because rows have moved over the border of two pages is the same record, and equal ones of one answer stay as many as they are.
 * @param at the day that was asked for, ms
 */
export function queryRows(answer: Answer, at: number, what: string): Rows {
  const counts = new Map<string, number>();
  let strangers = 0;
  const records = elementsOf(answer, what).map(({ bytes, value }) => {
    const hash = hashOfObject(value);
    const ordinal = (counts.get(hash) ?? 0) + 1;
    counts.set(hash, ordinal);
    const told = typeof value['timestamp'] === 'string' ? readTime(value['timestamp']) : undefined;
    const time = told ?? at;
    if (time < at || time >= at + DAY) strangers += 1;
    return { bytes, identity: { id: `${hash}#${ordinal}`, time } };
  });
  return { records, ...(strangers > 0 && { note: 'records of another day than was asked for' }) };
}

/** The rows of an answer to a query with a facet: a value, and how many records have it (shadowserver.txt:482-522). */
export function facetRows(
  answer: Answer,
  at: number,
  facet: string,
  what: string,
): Rows & { readonly values: readonly (readonly [value: string, count: number])[] } {
  const elements = elementsOf(answer, what);
  const values = elements.map(({ value }) => {
    const { count } = value;
    if (typeof count === 'number' && facet in value) return [String(value[facet]), count] as const;
    throw new UnexpectedAnswer(`${what}: a row without \`count\` and \`${facet}\``, { body: answer.body });
  });
  // A row does not say its day.
  const context = { date: dayOf(at) };
  // Without the count: what is asked again later is the same row, whatever it has grown to.
  const records = elements.map(({ bytes, value }) => {
    const id = hashOfPairs([context.date, JSON.stringify([facet, value[facet]])]);
    return { bytes, identity: { id, time: at }, context };
  });
  return { records, values };
}

function elementsOf({ value, bytes, body }: Answer, what: string): readonly Element[] {
  if (isObject(value) && Object.keys(value).length === 0) return [];
  const spans = Array.isArray(value) ? splitArray(bytes, null) : undefined;
  if (!Array.isArray(value) || spans?.length !== value.length) {
    throw new UnexpectedAnswer(`${what}: no array of records`, { body });
  }
  return spans.map((span, i) => {
    const record = recordOf(bytes, span, value[i], i, body);
    if (isObject(record.value)) return { bytes: record.bytes, value: record.value };
    throw new UnexpectedAnswer(`${what}: record ${i + 1} is no object`, { body });
  });
}
