import { createHmac } from 'node:crypto';
import { leavesAt } from './leaves.ts';

const MASK = '"***"';

/**
 * Replaces secrets in records that are JSON objects; everything else stays as it is, byte for byte.
 * @param paths see {@link leavesAt}
 * @param key of the hash; without one, secrets are masked
 */
export function redactor(paths: readonly (readonly string[])[], key?: string): (record: Buffer) => Buffer {
  const replace = key === undefined ? () => MASK : (value: string) => JSON.stringify(hashOf(value, key));
  return (record) => {
    const pieces: Buffer[] = [];
    let done = 0;
    for (const { start, end } of leavesAt(record, paths)) {
      const value = textOf(record.toString('utf8', start, end));
      if (value === '') continue;
      pieces.push(record.subarray(done, start), Buffer.from(replace(value)));
      done = end;
    }
    return pieces.length === 0 ? record : Buffer.concat([...pieces, record.subarray(done)]);
  };
}

/** A text as what it says, a number as it is written; that there is nothing is no secret. */
function textOf(json: string): string {
  if (json === 'null') return '';
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

function hashOf(value: string, key: string): string {
  return `hmac-sha256:${createHmac('sha256', key).update(value).digest('hex')}`;
}
