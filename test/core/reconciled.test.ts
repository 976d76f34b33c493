import { describe, expect, it } from 'vitest';
import { addReconciled, describeReconciled, notReconciled } from '../../src/core/reconciled.ts';

describe('what came of looking at sealed windows again', () => {
  it('is one line for a person', () => {
    expect(describeReconciled(notReconciled)).toBe('nothing to look at again');
    const one = addReconciled(notReconciled, { windows: 1 });
    expect(describeReconciled(one)).toBe('1 window looked at again, no late records');
    const late = addReconciled(one, { windows: 2, late: 1, revisions: 1, changed: 3 });
    expect(describeReconciled(late)).toBe(
      '3 windows looked at again, 1 late record added to 1 of them; 3 records changed at the vendor',
    );
    const failed = addReconciled(late, { failed: 2, failures: { unavailable: 1, 'rate-limited': 1 } });
    expect(describeReconciled(addReconciled(failed, { failures: { unavailable: 2 } }))).toContain(
      '; 2 not looked at (unavailable, rate-limited)',
    );
    expect(addReconciled(failed, { failures: { unavailable: 2 } }).failures.unavailable).toBe(3);
  });
});
