import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { testGapFacts } from './gap-facts.contract.ts';
import { testLedger, type LedgerUnderTest } from './ledger.contract.ts';
import { testRecent } from './recent.contract.ts';
import { testBackfills } from './backfills.contract.ts';
import { testReports } from './reports.contract.ts';
import { testSequences } from './sequences.contract.ts';

async function sqliteFile(): Promise<LedgerUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-ledger-'));
  return {
    open: () => openSqliteLedger(join(folder, 'ledger.db')),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

testLedger('an SQLite file', sqliteFile);
testSequences('an SQLite file', sqliteFile);
testReports('an SQLite file', sqliteFile);
testRecent('an SQLite file', sqliteFile);
testGapFacts('an SQLite file', sqliteFile);
testBackfills('an SQLite file', sqliteFile);
