import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { at, failureOf, portion, report, STREAM } from './kit.ts';
import type { LedgerUnderTest } from './ledger.contract.ts';

/** What every ledger promises of sequences; `make` gives an empty one. */
export function testSequences(name: string, make: () => Promise<LedgerUnderTest>): void {
  describe(`${name}, of sequences`, () => {
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

    it('begins where it was begun first, however often that is done', async () => {
      expect(await ledger.position(STREAM)).toBeUndefined();
      expect(await ledger.begin(STREAM, '100', at(1))).toBe('100');
      expect(await ledger.begin(STREAM, '999', at(2))).toBe('100');
      expect(await ledger.position(STREAM)).toEqual({ cursor: '100', remaining: null, movedAt: at(1), endedAt: null });
    });

    it('moves with each portion, to the digit, and says how many records are ahead', async () => {
      await ledger.begin(STREAM, '9007199254740992', at(1));
      const first = portion('9007199254740992', '9007199254740993', { records: 10, reported: 23 });
      expect(await ledger.commit(first)).toBe('committed');
      expect(await ledger.position(STREAM)).toMatchObject({ cursor: '9007199254740993', remaining: 13 });
      expect(await ledger.portions(STREAM, 10)).toMatchObject([
        { after: '9007199254740992', upto: '9007199254740993', records: 10, manifest: first.key },
      ]);
    });

    it('says what a workflow sealed of a stream, portions and reports, and leaves out what others did', async () => {
      const [mine, other] = ['backfill:a', 'extract:b'].map((workflowId) => ({ run: { workflowId, runId: 'run-1' } }));
      await ledger.commit(portion('a', 'b', { ...mine, records: 5 }));
      await ledger.commit(portion('b', 'c', { ...mine, records: 7 }));
      await ledger.commit(portion('c', 'd', { ...other, records: 100 }));
      await ledger.commit(report('2026-11-20', 'a.csv', { ...mine, records: 1 }));
      expect(await ledger.countSealedBy(STREAM, 'backfill:a')).toEqual({ slices: 3, records: 13 });
      expect(await ledger.countSealedBy(STREAM, 'backfill:none')).toEqual({ slices: 0, records: 0 });
    });

    it('does not go back when an earlier portion is committed again, as after a crash', async () => {
      await ledger.begin(STREAM, 'a', at(1));
      await ledger.commit(portion('a', 'b'));
      await ledger.commit(portion('b', 'c'));
      expect(await ledger.commit(portion('a', 'b'))).toBe('present');
      expect((await ledger.position(STREAM))?.cursor).toBe('c');
      expect(await ledger.portions(STREAM, 10)).toHaveLength(2);
    });

    it('moves on with a portion whose row was written and whose commit was asked for again', async () => {
      await ledger.commit(portion('a', 'b'));
      await ledger.begin(STREAM, 'a', at(1));
      await ledger.commit(portion('a', 'b'));
      expect((await ledger.position(STREAM))?.cursor).toBe('b');
    });

    it('refuses a portion that is not what was sealed', async () => {
      await ledger.begin(STREAM, 'a', at(1));
      await ledger.commit(portion('a', 'b'));
      const failure = await failureOf(ledger.commit(portion('a', 'b', { digest: 'e'.repeat(64) })));
      expect(failure.name).toBe('archive-damaged');
    });

    it('remembers when the vendor had nothing more, unless it has moved meanwhile', async () => {
      await ledger.begin(STREAM, 'a', at(1));
      await ledger.reachEnd(STREAM, 'before', at(2));
      expect((await ledger.position(STREAM))?.endedAt).toBeNull();
      await ledger.reachEnd(STREAM, 'a', at(3));
      expect(await ledger.position(STREAM)).toMatchObject({ remaining: 0, endedAt: at(3) });
    });

    it('says what it is kept by, until it moves on', async () => {
      await ledger.begin(STREAM, 'a', at(1));
      await ledger.stall(STREAM, { name: 'unavailable', message: 'status 502' }, at(2));
      const failure = { name: 'unavailable', message: 'status 502', at: at(2) };
      expect((await ledger.position(STREAM))?.failure).toEqual(failure);
      await ledger.commit(portion('a', 'b'));
      expect((await ledger.position(STREAM))?.failure).toBeUndefined();
    });

    it('keeps streams apart', async () => {
      const other = { ...STREAM, stream: 'apt/threat' };
      await ledger.begin(STREAM, 'a', at(1));
      await ledger.begin(other, 'x', at(1));
      await ledger.commit(portion('a', 'b'));
      expect((await ledger.position(other))?.cursor).toBe('x');
      expect(await ledger.portions(other, 10)).toEqual([]);
    });

    it('tells the newest portions when it is asked for a few', async () => {
      for (const [i, [after, upto]] of [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'd'],
      ].entries()) {
        await ledger.commit(portion(after ?? '', upto ?? '', { sealedAt: new Date(at(i)).toISOString() }));
      }
      expect((await ledger.portions(STREAM, 2)).map(({ after }) => after)).toEqual(['b', 'c']);
    });
  });
}
