import { plural } from './counts.ts';
import type { FailureName } from './failures.ts';

/** What came of one run of an extractor: numbers only, so that it may stand in a history. */
export interface Outcome {
  /** Windows sealed with records. */
  readonly sealed: number;
  /** Windows that the vendor answered with nothing: sealed as well. */
  readonly empty: number;
  /** Portions of a sequence that were sealed. */
  readonly portions: number;
  /** Files that were sealed, those that were issued again included. */
  readonly reports: number;
  readonly records: number;
  /** Records that came more than once and were dropped. */
  readonly repeats: number;
  /** Windows that could not be extracted. */
  readonly failed: number;
  /** Time that was recorded as lost, minutes. */
  readonly lostMinutes: number;
  /** How often each failure ended a window. */
  readonly failures: Readonly<Partial<Record<FailureName, number>>>;
}

export const nothing: Outcome = {
  sealed: 0,
  empty: 0,
  portions: 0,
  reports: 0,
  records: 0,
  repeats: 0,
  failed: 0,
  lostMinutes: 0,
  failures: {},
};

export function add(a: Outcome, b: Partial<Outcome>): Outcome {
  const failures: Partial<Record<FailureName, number>> = { ...a.failures };
  for (const [name, count] of Object.entries(b.failures ?? {}) as [FailureName, number][]) {
    failures[name] = (failures[name] ?? 0) + count;
  }
  return {
    sealed: a.sealed + (b.sealed ?? 0),
    empty: a.empty + (b.empty ?? 0),
    portions: a.portions + (b.portions ?? 0),
    reports: a.reports + (b.reports ?? 0),
    records: a.records + (b.records ?? 0),
    repeats: a.repeats + (b.repeats ?? 0),
    failed: a.failed + (b.failed ?? 0),
    lostMinutes: a.lostMinutes + (b.lostMinutes ?? 0),
    failures,
  };
}

/** One line for a person: `24 windows sealed (1 empty), 61,204 records, 3 repeats dropped; 2 failed (unavailable)`. */
export function describeOutcome(outcome: Outcome): string {
  const { empty, portions, reports } = outcome;
  const done = outcome.sealed + empty;
  if (done + portions + reports + outcome.failed + outcome.lostMinutes === 0) return 'nothing was due';
  const others =
    portions > 0 ? plural(portions, 'portion') : reports > 0 ? `${plural(reports, 'report')} sealed` : undefined;
  const slices = others ?? `${plural(done, 'window')} sealed (${empty} empty)`;
  const held = `${slices}, ${plural(outcome.records, 'record')}`;
  return [
    outcome.repeats > 0 ? `${held}, ${plural(outcome.repeats, 'repeat')} dropped` : held,
    ...(outcome.failed > 0 ? [`${outcome.failed} failed (${Object.keys(outcome.failures).join(', ')})`] : []),
    ...(outcome.lostMinutes > 0 ? [`${plural(outcome.lostMinutes, 'minute')} lost`] : []),
  ].join('; ');
}
