import type { StreamId } from '../core/ids.ts';
import type { SealedRef } from './ledger.ts';
import type { Database } from './schema.ts';

const TABLES = ['slices', 'portions', 'reports'] as const;

/** What was sealed of a stream at or after an instant, in the order of that; a stream has rows in the table of its shape only. */
export async function sealedSince(
  db: Database,
  { source, stream }: StreamId,
  instant: number,
): Promise<readonly SealedRef[]> {
  const found: SealedRef[] = [];
  for (const table of TABLES) {
    const rows = await db
      .selectFrom<(typeof TABLES)[number]>(table)
      .select(['manifest', 'records', 'sealed_at'])
      .where('source', '=', source)
      .where('stream', '=', stream)
      .where('sealed_at', '>=', instant)
      .orderBy('sealed_at')
      .orderBy('manifest')
      .execute();
    found.push(...rows.map(({ manifest, records, sealed_at }) => ({ manifest, records, sealedAt: sealed_at })));
  }
  return found;
}
