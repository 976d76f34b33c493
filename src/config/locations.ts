import { join } from 'node:path';

/** Where a configuration's data lies; everything of one deployment is below its `data:` folder. */
export interface Locations {
  /** The ledger's SQLite file. */
  readonly ledger: string;
  /** The archive's root folder. */
  readonly archive: string;
  /** The embedded Temporal server's database; the server's version is added to its name. */
  readonly temporal: string;
}

export function locations({ data }: { readonly data: string }): Locations {
  return { ledger: join(data, 'ledger.db'), archive: join(data, 'archive'), temporal: join(data, 'temporal.db') };
}
