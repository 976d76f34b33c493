import { describe, expect, it } from 'vitest';
import { add, describeOutcome, nothing } from '../../src/core/outcome.ts';

describe('an outcome', () => {
  it('adds up window by window', () => {
    const sum = [
      { sealed: 1, records: 1_200, repeats: 3 },
      { empty: 1 },
      { failed: 1, failures: { unavailable: 1 } },
      { failed: 2, failures: { unavailable: 1, 'cursor-stuck': 1 } },
      { lostMinutes: 62 },
    ].reduce(add, nothing);
    expect(sum).toEqual({
      sealed: 1,
      empty: 1,
      portions: 0,
      reports: 0,
      records: 1_200,
      repeats: 3,
      failed: 3,
      lostMinutes: 62,
      failures: { unavailable: 2, 'cursor-stuck': 1 },
    });
    expect(describeOutcome(sum)).toBe(
      '2 windows sealed (1 empty), 1,200 records, 3 repeats dropped; 3 failed (unavailable, cursor-stuck); 62 minutes lost',
    );
  });

  it('says so when nothing was due', () => {
    expect(describeOutcome(nothing)).toBe('nothing was due');
    expect(describeOutcome(add(nothing, { portions: 2, records: 150 }))).toBe('2 portions, 150 records');
    expect(describeOutcome(add(nothing, { reports: 1, records: 2 }))).toBe('1 report sealed, 2 records');
    expect(describeOutcome(add(nothing, { sealed: 1, records: 1 }))).toBe('1 window sealed (0 empty), 1 record');
  });
});
