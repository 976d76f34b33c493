import type { AlarmKind } from '../core/alarms.ts';
import { nearest } from '../core/nearest.ts';
import type { FailureName } from '../core/failures.ts';
import { alarmExplanations } from './explain-alarms.ts';
import { UsageError } from './usage-error.ts';

/** What a failure means for the person who meets it. */
export interface Explanation {
  readonly happened: string;
  readonly costs: string;
  readonly sluiceDoes: string;
  readonly youDo: string;
  /** How to see that it is over. */
  readonly verify: string;
}

/** Trouble before anything runs: it is met at the command line, never in a history. */
export type LocalTrouble =
  | 'config-invalid'
  | 'temporal-unreachable'
  | 'temporal-unavailable'
  | 'port-in-use'
  | 'history-mismatch'
  | 'internal-error';

/** Every failure's name, and those of trouble before anything runs. */
export const explanations: Readonly<Record<FailureName | LocalTrouble | AlarmKind, Explanation>> = {
  ...alarmExplanations,
  unavailable: {
    happened: 'The vendor did not give a whole answer: network, time-out, 5xx or a body that broke off.',
    costs: 'Nothing yet. The window stays due until its deadline, when the vendor forgets it.',
    sluiceDoes:
      'Tries again with growing pauses; then records the window as failed, goes on with the others, and tries again at the next tick.',
    youDo:
      'Look at `sluice status`: if the nearest deadline comes close, ask the vendor. Check proxy and firewall if it never worked.',
    verify: '`sluice pull <stream>` ends with the windows sealed, and `sluice status` shows no gap.',
  },
  'rate-limited': {
    happened: 'The vendor says that there are too many requests or connections.',
    costs: 'Time only, until the deadline.',
    sluiceDoes: 'Waits as long as the vendor asks (10 s when it says nothing), then goes on.',
    youDo: 'See whether another client uses the same account; tighten `limits:` if so.',
    verify: '`sluice pull <stream>` ends with the windows sealed, and `sluice status` shows no gap.',
  },
  'credentials-rejected': {
    happened:
      'The vendor refused the credentials, also after one fresh login. The message names the place of the secret.',
    costs: 'The stream stands still; what it is owed is lost window by window once deadlines pass.',
    sluiceDoes: 'Stops this stream’s run, leaves other sources alone, and tries once at each tick.',
    youDo: 'Put the right secret in that place; no restart is needed for a file. Then `sluice pull <stream>`.',
    verify: '`sluice pull <stream>` no longer exits with 77.',
  },
  'unexpected-answer': {
    happened: 'The exchange worked, but the answer does not fit what the vendor documents.',
    costs: 'The window is not sealed; nothing of it is dropped in silence.',
    sluiceDoes:
      'Keeps the answer’s bytes under archive/.quarantine, tries a few times, then records the window as failed and goes on.',
    youDo: 'Look at the bytes: an error page of a proxy, or a change at the vendor? The next tick tries again.',
    verify: '`sluice pull <stream>`, then `sluice slices <stream>` shows the window sealed.',
  },
  'cursor-expired': {
    happened: 'A next link died before it could be used, again and again, even for a single minute.',
    costs: 'That minute stays due until its deadline.',
    sluiceDoes:
      'Opens the window again from its first page, three times, then cuts it in two, down to the vendor’s grain.',
    youDo: 'See whether workers are overloaded: queueing must stay well below the link’s minute. Add a worker.',
    verify: '`sluice slices <stream>` shows the minute sealed; in the Temporal UI, fetches begin within seconds.',
  },
  'window-too-large': {
    happened: 'The vendor will not serve the window in one answer.',
    costs: 'Nothing, unless a single minute is too large.',
    sluiceDoes: 'Cuts the window in two.',
    youDo: 'Nothing; choose a shorter `window:` if it happens often.',
    verify: '`sluice slices <stream>` shows the window sealed, in shorter pieces.',
  },
  'cursor-stuck': {
    happened: 'The vendor handed out a next link that it had handed out before: following it would never end.',
    costs: 'The window is not sealed and stays due until its deadline.',
    sluiceDoes: 'Stops this window, records it as failed, goes on with the others, and tries again at the next tick.',
    youDo: 'Report it to the vendor with the window from `sluice slices`.',
    verify: '`sluice pull <stream>`, then `sluice slices <stream>` shows the window sealed.',
  },
  'retention-passed': {
    happened: 'The vendor no longer has what was asked for.',
    costs: 'It is lost for good; `sluice slices` shows the minutes and the reason.',
    sluiceDoes: 'Records the loss, and extracts the part of the window that is still there.',
    youDo: 'Find out what kept it from being pulled in time: the reason says whether anybody tried.',
    verify: '`sluice status --check --since <time>` exits with 0 when nothing after that time was lost.',
  },
  'refused-target': {
    happened: 'A redirect or a next link led outside the configured address. Nothing was sent there.',
    costs: 'The window is not sealed. Somebody may be after your token.',
    sluiceDoes: 'Refuses, without another try, and goes on with the other windows.',
    youDo: 'Treat it as a security event: look at the vendor, the proxy and `baseUrl`.',
    verify: '`sluice pull <stream>`, then `sluice slices <stream>` shows the window sealed.',
  },
  'staging-lost': {
    happened: 'Staged pages are missing or torn, after a power cut for instance.',
    costs: 'Only the time to fetch them again.',
    sluiceDoes: 'Opens the window again.',
    youDo: 'Nothing. If it comes again, check the disk.',
    verify: '`sluice slices <stream>` shows the window sealed; `sluice verify <stream>` finds nothing.',
  },
  'storage-full': {
    happened: 'There is no room for ledger or archive.',
    costs: 'Extraction stands still; deadlines go on.',
    sluiceDoes: 'Leaves nothing half-written, and tries every 30 s.',
    youDo: 'Make room on the disk of `data:`.',
    verify: '`sluice status`: the watermark moves again; `sluice verify` finds nothing.',
  },
  'archive-damaged': {
    happened: 'A part or manifest does not match its hash or its form.',
    costs: 'What the file held, unless the vendor still has it.',
    sluiceDoes: 'Refuses to go on from it, and says which file.',
    youDo: '`sluice verify` lists everything that is damaged; restore those files from a backup.',
    verify: '`sluice verify` exits with 0.',
  },
  'ledger-damaged': {
    happened: 'The ledger’s file cannot be read, or was written by a newer sluice.',
    costs: 'Nothing of the archive: it explains itself.',
    sluiceDoes: 'Starts nothing.',
    youDo: '`sluice ledger rebuild` makes it again from the manifests and keeps the old file aside.',
    verify: '`sluice status` answers, and `sluice verify` exits with 0.',
  },
  'unknown-stream': {
    happened: 'A worker was asked for a stream that its configuration does not have.',
    costs: 'That stream is not pulled.',
    sluiceDoes: 'Ends the pull as failed.',
    youDo: 'Give all workers the same configuration; `sluice apply` pauses schedules of removed streams.',
    verify: '`sluice config check` on each worker counts the same streams; `sluice pull <stream>` goes through.',
  },
  'range-refused': {
    happened:
      'A backfill was asked for over a range that cannot be: no times with a zone, upside down, or not settled yet.',
    costs: 'Nothing was started.',
    sluiceDoes: 'Ends the backfill as failed, and wants nothing.',
    youDo:
      '`sluice backfill plan <stream> --from <time> --to <time>` shows what can be had; times are ISO 8601 with a zone.',
    verify: '`sluice backfill list` shows the backfill.',
  },
  cancelled: {
    happened: 'Somebody cancelled or terminated the run.',
    costs: 'What was not sealed stays due.',
    sluiceDoes: 'Leaves nothing half-sealed.',
    youDo: 'Nothing: the next tick goes on, or `sluice pull <stream>`.',
    verify: '`sluice status`: the gap closes with the next tick.',
  },
  'internal-error': {
    happened: 'A mistake of sluice’s own.',
    costs: 'The window stays due until its deadline.',
    sluiceDoes: 'Tries again, then records the window as failed and goes on.',
    youDo: 'Report it, with the workflow’s history from the Temporal UI.',
    verify: '`sluice pull <stream>` ends with the windows sealed.',
  },
  'history-mismatch': {
    happened:
      'The present code would have gone another way than a recorded history: a run under way could not go on with it.',
    costs: 'Nothing yet: a replay changes nothing. A worker with this code would stop at that run until it is mended.',
    sluiceDoes: 'Names the event and the command that differ.',
    youDo:
      'Run the release that began the run until it has ended, or guard the change with `patched(…)`. A history that was edited by hand fits nothing.',
    verify: '`sluice replay <workflow>` exits with 0.',
  },
  'config-invalid': {
    happened: 'The configuration has mistakes; each is shown with its line and column.',
    costs: 'Nothing was started.',
    sluiceDoes: 'Exits with 78.',
    youDo: 'Mend the file; `sluice config check` looks again, `sluice config schema` lets your editor help.',
    verify: '`sluice config check` exits with 0.',
  },
  'temporal-unreachable': {
    happened: 'No Temporal server answers at the address, or it refuses: the namespace, the certificate, the API key.',
    costs: 'Nothing is pulled meanwhile, and the vendor goes on forgetting: `sluice status` works without it.',
    sluiceDoes: 'Starts nothing, and exits with 69. Workers that run already connect again by themselves.',
    youDo:
      'Check `temporal.address` and `namespace`. Without an address, `sluice up` must be running: it brings the server.',
    verify: '`sluice apply` exits with 0.',
  },
  'temporal-unavailable': {
    happened: 'No program for a Temporal server could be had, or the one that was found did not start.',
    costs: 'Nothing is pulled meanwhile.',
    sluiceDoes: 'Looks on PATH, in its cache, tries a download and a build with Go; then exits with 69.',
    youDo:
      'Install the Temporal CLI, or name one by SLUICE_TEMPORAL_CLI, or name a running server by `temporal.address`.',
    verify: '`sluice up` prints the address of the Temporal UI.',
  },
  'port-in-use': {
    happened: 'A port or the data file of the embedded Temporal server is in use; the message says by whom.',
    costs: 'Nothing was started.',
    sluiceDoes: 'Exits with 69.',
    youDo: 'End the other program, perhaps a `sluice up`, or choose other ports: `temporal: { port: …, uiPort: … }`.',
    verify: '`sluice up` prints the address of the Temporal UI.',
  },
};

/** The explanation of a name that a user typed. @throws UsageError with the nearest name there is */
export function findExplanation(name: string): Explanation & { readonly failure: string } {
  const [failure, explanation] = Object.entries(explanations).find(([one]) => one === name) ?? [];
  if (failure !== undefined && explanation !== undefined) return { failure, ...explanation };
  const names = Object.keys(explanations);
  const mean = nearest(name, names) ?? names.find((one) => one.includes(name));
  throw new UsageError(
    `there is no failure ${JSON.stringify(name)}. ${mean === undefined ? '`sluice explain` lists them.' : `Did you mean ${mean}?`}`,
  );
}
