import type { RecordContext } from '../../core/contract.ts';
import { ArchiveDamaged } from '../../core/failures.ts';
import { cellTexts } from './canonical.ts';

/**
 * A row and the columns of its answer as the text of a JSON object, `{"client_ip":"52.76.85.66","client_asn":16509}`: values as the vendor
 * wrote them, in the vendor's order.
 * @throws ArchiveDamaged when the columns are not those of the row
 */
export function presentRow({ bytes, context }: { bytes: Uint8Array; context: RecordContext | undefined }): string {
  const columns = context?.['columns'];
  const cells = cellsOf(bytes);
  if (!Array.isArray(columns) || columns.length !== cells?.length) {
    throw new ArchiveDamaged('a row of instart without the columns that it belongs to');
  }
  return `{${columns.map((name, i) => `${JSON.stringify(name)}:${cells[i] ?? 'null'}`).join()}}`;
}

function cellsOf(bytes: Uint8Array): readonly string[] | undefined {
  try {
    return cellTexts(bytes);
  } catch {
    return undefined;
  }
}
