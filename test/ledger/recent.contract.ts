import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toIso } from '../../src/core/time.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerUnderTest } from './ledger.contract.ts';
import { at, receipt, STREAM } from './kit.ts';

const sealedAt = (hour: number) => ({ sealedAt: toIso(at(hour)) });

/** What every ledger promises of the slices that were sealed last. */
export function testRecent(name: string, make: () => Promise<LedgerUnderTest>): void {
  describe(`${name}: what was sealed since`, () => {
    let place: LedgerUnderTest;
    let ledger: Ledger;
    beforeEach(async () => {
      place = await make();
      ledger = await place.open();
    });
    afterEach(async () => {
      await ledger.close();
      await place.remove();
    });

    it('comes in the order of its sealing, whatever time its records are of', async () => {
      const sealed = [receipt(8, 9, sealedAt(20)), receipt(2, 3, sealedAt(22)), receipt(5, 6, sealedAt(21))];
      for (const one of sealed) await ledger.commit(one);
      const [first, last, second] = sealed.map(({ key, manifest }) => ({
        manifest: key,
        records: manifest.records,
        sealedAt: Date.parse(manifest.sealedAt),
      }));
      expect(await ledger.sealedSince(STREAM, 0)).toEqual([first, second, last]);
      expect(await ledger.sealedSince(STREAM, at(21))).toEqual([second, last]);
      expect(await ledger.sealedSince(STREAM, at(22) + 1)).toEqual([]);
      expect(await ledger.sealedSince({ ...STREAM, stream: 'another' }, 0)).toEqual([]);
    });

    it('is nothing of what only failed or was lost', async () => {
      await ledger.fail(STREAM, { from: at(1), until: at(2) }, { name: 'unavailable', message: '-' }, at(3));
      expect(await ledger.sealedSince(STREAM, 0)).toEqual([]);
    });
  });
}
