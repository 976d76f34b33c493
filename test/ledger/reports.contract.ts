import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { failureOf, report, STREAM } from './kit.ts';
import type { LedgerUnderTest } from './ledger.contract.ts';

const WEEK = { first: '2026-11-15', last: '2026-11-21' };

/** What every ledger promises of reports; `make` gives an empty one. */
export function testReports(name: string, make: () => Promise<LedgerUnderTest>): void {
  describe(`${name}, of reports`, () => {
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

    it('holds each file of a day, with all that its manifest says', async () => {
      const one = report('2026-11-20', 'a.csv', { records: 7, reported: 9 });
      expect(await ledger.commit(one)).toBe('committed');
      expect(await ledger.commit(one)).toBe('present');
      expect(await ledger.reports(STREAM, WEEK)).toMatchObject([
        {
          day: '2026-11-20',
          file: 'a.csv',
          revision: 1,
          reportId: 'id-1',
          records: 7,
          reported: 9,
          rawSha256: 'b'.repeat(64),
          bytes: 250,
          manifest: one.key,
        },
      ]);
    });

    it('tells days, files and revisions apart, in their order', async () => {
      await ledger.commit(report('2026-11-21', 'b.csv'));
      await ledger.commit(report('2026-11-20', 'b.csv', { revision: 2 }));
      await ledger.commit(report('2026-11-20', 'b.csv'));
      await ledger.commit(report('2026-11-20', 'a.csv'));
      await ledger.commit(report('2026-11-01', 'a.csv'));
      const held = (await ledger.reports(STREAM, WEEK)).map(({ day, file, revision }) => `${day} ${file} ${revision}`);
      expect(held).toEqual(['2026-11-20 a.csv 1', '2026-11-20 b.csv 1', '2026-11-20 b.csv 2', '2026-11-21 b.csv 1']);
    });

    it('refuses a report that is not what was sealed', async () => {
      await ledger.commit(report('2026-11-20', 'a.csv'));
      const other = report('2026-11-20', 'a.csv', { digest: 'e'.repeat(64) });
      expect((await failureOf(ledger.commit(other))).name).toBe('archive-damaged');
    });

    it('remembers that a report was looked at again and is the same', async () => {
      await ledger.commit(report('2026-11-20', 'a.csv'));
      const looked = { day: '2026-11-20', file: 'a.csv', revision: 1, reportId: 'id-2', reported: 12 };
      await ledger.same(STREAM, looked);
      expect(await ledger.reports(STREAM, WEEK)).toMatchObject([looked]);
    });
  });
}
