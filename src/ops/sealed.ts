import type { Config } from '../config/load.ts';
import type { PortionRow, ReportRow } from '../ledger/ledger.ts';
import { readLedger } from './ledger.ts';
import type { KnownStream } from './streams.ts';

/** What a slice of a sequence or a report is, for a person. */
export type SealedRow = Partial<Pick<PortionRow, 'after' | 'upto' | 'repeats'>> &
  Partial<Pick<ReportRow, 'day' | 'file' | 'revision' | 'reported'>> &
  Pick<PortionRow, 'records' | 'parts' | 'bytes' | 'digest' | 'sealedAt' | 'manifest'>;

/** The slices of a sequence or of reports that were sealed since an instant (ms), oldest first; `limit` keeps the newest. */
export async function readSealed(
  config: Config,
  stream: KnownStream,
  { since, limit }: { readonly since: number; readonly limit: number },
): Promise<readonly SealedRow[]> {
  const rows: readonly SealedRow[] = await readLedger(config, async (ledger) =>
    stream.shape === 'sequence'
      ? await ledger.portions(stream, limit)
      : await ledger.reports(stream, { first: '0000-01-01', last: '9999-12-31' }),
  );
  return rows.filter(({ sealedAt }) => sealedAt >= since).slice(-limit);
}
