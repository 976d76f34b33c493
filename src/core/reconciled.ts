import { plural } from './counts.ts';
import type { FailureName } from './failures.ts';

/** What came of one run that looked at sealed windows again: numbers only, so that it may stand in a history. */
export interface Reconciled {
  /** Windows that were looked at. */
  readonly windows: number;
  /** Windows that have a further revision now. */
  readonly revisions: number;
  /** Records that were not there before, and are held now. */
  readonly late: number;
  /** Records that the vendor gives in another form than the one that is held. */
  readonly changed: number;
  /** Windows that could not be looked at. */
  readonly failed: number;
  /** How often each failure was met. */
  readonly failures: Readonly<Partial<Record<FailureName, number>>>;
}

export const notReconciled: Reconciled = { windows: 0, revisions: 0, late: 0, changed: 0, failed: 0, failures: {} };

export function addReconciled(a: Reconciled, b: Partial<Reconciled>): Reconciled {
  const failures: Partial<Record<FailureName, number>> = { ...a.failures };
  for (const [name, count] of Object.entries(b.failures ?? {}) as [FailureName, number][]) {
    failures[name] = (failures[name] ?? 0) + count;
  }
  return {
    windows: a.windows + (b.windows ?? 0),
    revisions: a.revisions + (b.revisions ?? 0),
    late: a.late + (b.late ?? 0),
    changed: a.changed + (b.changed ?? 0),
    failed: a.failed + (b.failed ?? 0),
    failures,
  };
}

/** One line for a person: `24 windows looked at again, 3 late records added to 2 of them; 1 not looked at (unavailable)`. */
export function describeReconciled({ windows, revisions, late, changed, failed, failures }: Reconciled): string {
  if (windows + failed === 0) return 'nothing to look at again';
  const added = late === 0 ? 'no late records' : `${plural(late, 'late record')} added to ${revisions} of them`;
  return [
    `${plural(windows, 'window')} looked at again, ${added}`,
    ...(changed > 0 ? [`${plural(changed, 'record')} changed at the vendor`] : []),
    ...(failed > 0 ? [`${failed} not looked at (${Object.keys(failures).join(', ')})`] : []),
  ].join('; ');
}
