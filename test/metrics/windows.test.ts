import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut } from '../../src/core/due.ts';
import { union } from '../../src/core/intervals.ts';
import { countCells } from '../../src/core/due.ts';

const piece = fc
  .tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 900 }))
  .map(([from, length]) => ({ from, until: from + length }));

describe('the number of windows in a set', () => {
  it('is that of the windows that extraction would cut it into', () => {
    fc.assert(
      fc.property(fc.array(piece), fc.integer({ min: 1, max: 300 }), (pieces, window) => {
        const set = union(pieces);
        expect(countCells(set, window)).toBe(set.flatMap((one) => cut(one, window)).length);
      }),
    );
  });
});
