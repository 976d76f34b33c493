import type { FailureName } from '../core/failures.ts';

/** What `sluice` ends with; sysexits(3) where it has one. Printed by `sluice --help`. */
export const exitCodes = {
  0: 'done',
  1: 'failed; the last line names the failure: sluice explain <name>',
  2: '--check: something is late, failed or at risk',
  3: '--check: data has been lost to the vendor’s retention',
  64: 'wrong usage: an unknown stream, a range that cannot be had',
  69: 'no Temporal server: none to be had, none answers, or its port is in use',
  74: 'ledger, archive or disk: damaged, unreadable or full',
  75: 'temporary: the vendor is down or limits; try again later',
  77: 'the vendor refused the credentials',
  78: 'the configuration is not valid',
  130: 'interrupted; the message says what goes on on the server',
} as const;

export type ExitCode = keyof typeof exitCodes;

const byFailure: Partial<Record<FailureName, ExitCode>> = {
  unavailable: 75,
  'rate-limited': 75,
  'credentials-rejected': 77,
  'storage-full': 74,
  'archive-damaged': 74,
  'ledger-damaged': 74,
  'unknown-stream': 64,
  cancelled: 130,
};

export function exitCodeOf(failure: FailureName): ExitCode {
  return byFailure[failure] ?? 1;
}
