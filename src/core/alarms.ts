import type { StreamId } from './ids.ts';

/** What the watchdog raises because it cannot heal it, or because somebody should know; failures that wait for a person go by their own names. */
export const alarmKinds = [
  'credentials-rejected',
  'refused-target',
  'storage-full',
  'archive-damaged',
  'ledger-damaged',
  'unknown-stream',
  'at-risk',
  'schedule-missing',
  'schedule-paused',
  'tick-missed',
  'worker-behind',
  'no-progress',
  'day-missing',
  'nothing-published',
  'lost',
  'counts-differ',
] as const;
export type AlarmKind = (typeof alarmKinds)[number];

/** Something that is wrong with a stream now; with both names empty, with the whole. */
export interface Alarm extends StreamId {
  readonly kind: AlarmKind;
  /** A sentence for a person. */
  readonly message: string;
}

/** Heal by themselves, or are a person's own wish: they are told, and do not turn the watchdog's run red. */
const WAITS_FOR_NOBODY: ReadonlySet<AlarmKind> = new Set([
  'schedule-paused',
  'tick-missed',
  'worker-behind',
  'lost',
  'counts-differ',
]);

/** Whether it goes on until a person does something. */
export function waitsForPerson({ kind }: Pick<Alarm, 'kind'>): boolean {
  return !WAITS_FOR_NOBODY.has(kind);
}

/** The alarm that a run's last failure is, where it is one that no further try heals. */
export function alarmOfFailure(name: string): AlarmKind | undefined {
  const kind = alarmKinds.find((one) => one === name);
  return kind !== undefined && FAILURES.has(kind) ? kind : undefined;
}

const FAILURES: ReadonlySet<AlarmKind> = new Set([
  'credentials-rejected',
  'refused-target',
  'storage-full',
  'archive-damaged',
  'ledger-damaged',
  'unknown-stream',
]);
