import { createInterface } from 'node:readline';
import type { DamagedManifest } from '../../src/archive/archive.ts';
import type { Receipt } from '../../src/core/manifest.ts';
import { rebuildSqliteLedger } from '../../src/ledger/rebuild.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';

/** What a process of its own does to a ledger, so that tests can run several, and kill them. Says `ready`, waits for a line, then says what it has done. */
export type LedgerProcessOrder =
  /** Opens the ledger, and commits; says each key once it is committed. */
  | { readonly do: 'commit'; readonly file: string; readonly receipts: readonly Receipt[] }
  /** Rebuilds the ledger; says each key when it reads it, and at last `rebuilt`. */
  | { readonly do: 'rebuild'; readonly file: string; readonly manifests: readonly (Receipt | DamagedManifest)[] };

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

async function* told<T extends { readonly key: string }>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) {
    say(item.key);
    yield item;
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const order = JSON.parse((await lines.next()).value as string) as LedgerProcessOrder;
say('ready');
await lines.next();
if (order.do === 'commit') {
  const ledger = await openSqliteLedger(order.file);
  for (const receipt of order.receipts) {
    await ledger.commit(receipt);
    say(receipt.key);
  }
  await ledger.close();
} else {
  await rebuildSqliteLedger(order.file, told(order.manifests));
  say('rebuilt');
}
process.exit(0);
