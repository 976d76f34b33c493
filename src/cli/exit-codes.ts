import type { FailureName } from '../core/failures.ts';

/** What `sluice` ends with; sysexits(3) where it has one. Printed by `--help`. */
export const exitCodes = {
  0: 'done',
  1: 'failed; the last line names the failure: sluice explain <name>',
  2: 'with --check: something is late, failed or at risk; plan: apply would change something',
  3: 'data was lost to the vendor’s retention (status: only with --check)',
  64: 'wrong usage: an unknown stream, a range that cannot be had',
  69: 'no Temporal server: none to be had, none answers, or its port is in use',
  74: 'ledger, archive or disk: damaged, unreadable or full',
  75: 'temporary: the vendor is down or limits, the ledger is busy, somebody else changed it first; try again',
  77: 'the vendor refused the credentials',
  78: 'the configuration is not valid',
  130: 'interrupted (Ctrl-C); what goes on on the server is said',
  143: 'ended by SIGTERM before it was done',
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
  'range-refused': 64,
};

export function exitCodeOf(failure: FailureName): ExitCode {
  return byFailure[failure] ?? 1;
}

/** What a person has to mend comes before what may pass by itself. */
const gravest: readonly ExitCode[] = [77, 74, 69, 64, 1, 75, 3];

/** The one code for what came of several streams or checks: the gravest of theirs. */
export function gravestOf(codes: readonly ExitCode[]): ExitCode {
  return gravest.find((code) => codes.includes(code)) ?? 0;
}
