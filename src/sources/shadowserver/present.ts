import type { RecordContext } from '../../core/contract.ts';
import { ArchiveDamaged } from '../../core/failures.ts';
import { splitArray } from '../../json/split.ts';

/**
 * A record as the text of a JSON object. Rows of `reports/stats` are arrays, with their columns and their list beside them:
 * `{"report":"united-states","date":"2021-04-24","type":"scan-exchange","events":2055}`. Those of a facet have their day beside them:
 * `{"date":"2020-10-27","count":15203935,"tag":"ssl"}`. All others are objects as they are.
 * @throws ArchiveDamaged when the columns are not those of the row
 */
export function presentRecord({ bytes, context }: { bytes: Uint8Array; context: RecordContext | undefined }): string {
  const row = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const columns = context?.['columns'];
  if (columns === undefined) return dated(row.toString('utf8'), context?.['date']);
  const spans = splitArray(row, null);
  if (!Array.isArray(columns) || spans?.length !== columns.length) {
    throw new ArchiveDamaged('a row of shadowserver without the columns that it belongs to');
  }
  const cells = spans.map(({ start, end }) => row.toString('utf8', start, end));
  const members = columns.map((name, i) => `${JSON.stringify(name)}:${cells[i] ?? 'null'}`);
  return `{${[`"report":${JSON.stringify(context?.['report'])}`, ...members].join()}}`;
}

function dated(object: string, date: string | readonly string[] | undefined): string {
  return date === undefined ? object : object.replace(/^\s*\{/, () => `{"date":${JSON.stringify(date)},`);
}
