import type { SourceRecord } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { recordOf, sketchOf } from '../../json/page.ts';
import { rowHasher } from './canonical.ts';

/**
 * What an archived event is known by, without the others of its answer: its values, whatever order the columns had. Equal events have one likeness, and are
 * as many as there are of them.
 * @param scheme what the rows are: `events`
 */
export function likenessOf(scheme: string): (record: Pick<SourceRecord, 'bytes' | 'context'>) => string {
  const hashers = new Map<string, ReturnType<typeof rowHasher>>();
  return ({ bytes, context }) => {
    const { columns = [] } = context ?? {};
    const key = JSON.stringify(columns);
    const hashOf = hashers.get(key) ?? rowHasher(typeof columns === 'string' ? [columns] : columns, scheme);
    hashers.set(key, hashOf);
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const record = recordOf(body, { start: 0, end: body.length }, sketchOf(body, body), 0, body);
    const cells = record.value;
    if (Array.isArray(cells)) return hashOf({ record, cells });
    throw new UnexpectedAnswer('a record that is no list of values', { body });
  };
}
