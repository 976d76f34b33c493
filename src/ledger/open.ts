import type { Ledger } from './ledger.ts';
import { openSqliteLedger } from './sqlite.ts';

/** Opens the ledger in a file; it is made when it does not exist. Errors: `ledger-damaged`, `storage-full`. */
export function openLedger(file: string): Promise<Ledger> {
  return openSqliteLedger(file);
}
