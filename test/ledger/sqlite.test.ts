import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { testLedger } from './ledger.contract.ts';

testLedger('an SQLite file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-ledger-'));
  return {
    open: () => openSqliteLedger(join(folder, 'ledger.db')),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});
