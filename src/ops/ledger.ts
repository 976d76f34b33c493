import { statSync } from 'node:fs';
import { openArchive } from '../archive/open.ts';
import { notLate } from '../core/lateness.ts';
import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openLedger } from '../ledger/open.ts';

export type LedgerReader = Pick<
  Ledger,
  | 'streams'
  | 'coverage'
  | 'slices'
  | 'countSlices'
  | 'revisions'
  | 'losses'
  | 'failures'
  | 'position'
  | 'portions'
  | 'countSealedBy'
  | 'reports'
  | 'lookups'
  | 'sealedSince'
  | 'lastSealedAt'
  | 'recordsByHour'
  | 'acknowledgements'
  | 'alarms'
  | 'watchedAt'
  | 'looks'
  | 'lateness'
  | 'backfill'
  | 'backfills'
>;

const nothingYet: LedgerReader = {
  streams: async () => [],
  coverage: async () => ({ held: [], empty: [], lost: [], wanted: [], backfilling: [], acknowledged: [], failed: [] }),
  slices: async () => [],
  countSlices: async () => ({ slices: 0, records: 0 }),
  losses: async () => [],
  failures: async () => [],
  position: async () => undefined,
  portions: async () => [],
  countSealedBy: async () => ({ slices: 0, records: 0 }),
  reports: async () => [],
  sealedSince: async () => [],
  lookups: async () => [],
  lastSealedAt: async () => undefined,
  recordsByHour: async () => Array.from({ length: 24 }, () => 0),
  revisions: async () => [],
  acknowledgements: async () => [],
  alarms: async () => [],
  watchedAt: async () => undefined,
  looks: async () => [],
  lateness: async () => notLate,
  backfill: async () => undefined,
  backfills: async () => [],
};

/**
 * Looks into the ledger. One that does not exist yet reads as empty: a look, perhaps at a mistyped folder, must not make files.
 * Errors: those of the ledger, and the system's when its folder may not be read.
 */
export async function readLedger<T>(config: Config, look: (ledger: LedgerReader) => Promise<T>): Promise<T> {
  const { ledger: file } = locations(config);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return await look(nothingYet);
  const kept = keeping.get(config);
  if (kept !== undefined) return await look(await kept.open());
  const ledger = await openLedger(file);
  try {
    return await look(ledger);
  } finally {
    await ledger.close();
  }
}

/**
 * Opens the ledger to write into it, and closes it again; it is made when it does not exist.
 * Errors: those of the ledger, and what `use` throws.
 */
export async function writeLedger<T>(config: Config, use: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await openLedger(locations(config).ledger);
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}

interface Kept {
  users: number;
  readonly open: () => Promise<Ledger>;
  readonly close: () => Promise<void>;
}

const keeping = new WeakMap<Config, Kept>();

/**
 * From now on {@link readLedger} uses one opened ledger for this configuration: opening examines the whole file, and what is asked every second must not.
 * A file that is replaced meanwhile is noticed by the ledger itself. @returns how to end it; the last of several ends it
 */
export function keepLedger(config: Config): () => Promise<void> {
  const kept = keeping.get(config) ?? openOnce(locations(config).ledger);
  keeping.set(config, kept);
  kept.users += 1;
  return async () => {
    kept.users -= 1;
    if (kept.users > 0) return;
    keeping.delete(config);
    await kept.close();
  };
}

function openOnce(file: string): Kept {
  let opened: Promise<Ledger> | undefined;
  return {
    users: 0,
    open() {
      opened ??= openLedger(file).catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      return opened;
    },
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}

/** What a person should hear before trusting an empty ledger: the archive may hold what the ledger no longer knows. */
export async function ledgerWarnings(config: Config): Promise<readonly string[]> {
  const { ledger, archive } = locations(config);
  if (statSync(ledger, { throwIfNoEntry: false }) !== undefined) return [];
  for await (const _manifest of openArchive(archive).manifests()) {
    return [`there is no ledger at ${ledger}, but the archive holds slices: \`sluice ledger rebuild\` makes it again`];
  }
  return [`there is no ledger at ${ledger} yet: \`sluice up\` or \`sluice apply\` begins it`];
}
