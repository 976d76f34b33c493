import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at, hours, makeFolder, openUntilEnd, receipt, SPAN, STREAM } from './kit.ts';
import { startProcess } from './processes.ts';

const receipts = (from: number, until: number) =>
  Array.from({ length: until - from }, (_, i) => receipt(from + i, from + i + 1));

describe('processes that share a ledger', () => {
  it('may all be the first to open it, and lose nothing by writing at once', async () => {
    const file = join(await makeFolder(), 'data', 'ledger.db');
    const orders = [receipts(0, 50), receipts(50, 100), receipts(25, 75), receipts(0, 100).toReversed()];
    const processes = await Promise.all(orders.map((one) => startProcess({ do: 'commit', file, receipts: one })));
    for (const one of processes) one.go();
    const ends = await Promise.all(processes.map((one) => one.ended));
    expect(ends).toEqual(orders.map(() => ({ end: 0, complaint: '' })));
    const ledger = await openUntilEnd(file);
    expect(await ledger.slices(STREAM, SPAN)).toHaveLength(100);
    expect((await ledger.coverage(STREAM, SPAN)).held).toEqual([hours(0, 100)]);
  });

  it('do not wait for a process that was killed, and have all that it said was committed', async () => {
    const file = join(await makeFolder(), 'ledger.db');
    for (let round = 0; round < 4; round += 1) {
      const from = round * 1_000;
      const victim = await startProcess({ do: 'commit', file, receipts: receipts(from, from + 1_000) });
      victim.go();
      await victim.hasSaid(3 + round * 7);
      victim.kill();
      expect(await victim.ended).toMatchObject({ end: 'SIGKILL' });
      const ledger = await openUntilEnd(file);
      const held = (await ledger.slices(STREAM, { from: at(from), until: at(from + 1_000) })).map(
        (one) => one.manifest,
      );
      // The last one may have been committed without its having been said.
      expect(held.slice(0, victim.said.length)).toEqual(victim.said);
      expect(held.length).toBeLessThanOrEqual(victim.said.length + 1);
      await ledger.commit(receipt(from - 10, from - 9));
    }
  });
});
