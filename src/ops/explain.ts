import type { FailureName } from '../core/failures.ts';

/** What a failure means for the person who meets it. */
export interface Explanation {
  readonly happened: string;
  readonly costs: string;
  readonly sluiceDoes: string;
  readonly youDo: string;
}

/** Every failure's name, and those of trouble before anything runs. */
export const explanations: Readonly<
  Record<FailureName | 'config-invalid' | 'temporal-unreachable' | 'port-in-use', Explanation>
> = {
  unavailable: {
    happened: 'The vendor did not give a whole answer: network, time-out, 5xx or a body that broke off.',
    costs: 'Nothing yet. The window stays due until its deadline, when the vendor forgets it.',
    sluiceDoes:
      'Tries again with growing pauses; then records the window as failed, goes on with the others, and tries again at the next tick.',
    youDo:
      'Look at `sluice status`: if the nearest deadline comes close, ask the vendor. Check proxy and firewall if it never worked.',
  },
  'rate-limited': {
    happened: 'The vendor says that there are too many requests or connections.',
    costs: 'Time only, until the deadline.',
    sluiceDoes: 'Waits as long as the vendor asks (10 s when it says nothing), then goes on.',
    youDo: 'See whether another client uses the same account; tighten `limits:` if so.',
  },
  'credentials-rejected': {
    happened:
      'The vendor refused the credentials, also after one fresh login. The message names the place of the secret.',
    costs: 'The stream stands still; what it is owed is lost window by window once deadlines pass.',
    sluiceDoes: 'Stops this stream’s run, leaves other sources alone, and tries once at each tick.',
    youDo: 'Put the right secret in that place; no restart is needed for a file. Then `sluice pull <stream>`.',
  },
  'unexpected-answer': {
    happened: 'The exchange worked, but the answer does not fit what the vendor documents.',
    costs: 'The window is not sealed; nothing of it is dropped in silence.',
    sluiceDoes:
      'Keeps the answer’s bytes under archive/.quarantine, tries a few times, then records the window as failed and goes on.',
    youDo: 'Look at the bytes: an error page of a proxy, or a change at the vendor? The next tick tries again.',
  },
  'cursor-expired': {
    happened: 'A next link died before it could be used, again and again, even for a single minute.',
    costs: 'That minute stays due until its deadline.',
    sluiceDoes:
      'Opens the window again from its first page, three times, then cuts it in two, down to the vendor’s grain.',
    youDo: 'See whether workers are overloaded: queueing must stay well below the link’s minute. Add a worker.',
  },
  'window-too-large': {
    happened: 'The vendor will not serve the window in one answer.',
    costs: 'Nothing, unless a single minute is too large.',
    sluiceDoes: 'Cuts the window in two.',
    youDo: 'Nothing; choose a shorter `window:` if it happens often.',
  },
  'cursor-stuck': {
    happened: 'The vendor handed out a next link that it had handed out before: following it would never end.',
    costs: 'The window is not sealed and stays due until its deadline.',
    sluiceDoes: 'Stops this window, records it as failed, goes on with the others, and tries again at the next tick.',
    youDo: 'Report it to the vendor with the window from `sluice slices`.',
  },
  'retention-passed': {
    happened: 'The vendor no longer has what was asked for.',
    costs: 'It is lost for good; `sluice slices` shows the minutes and the reason.',
    sluiceDoes: 'Records the loss, and extracts the part of the window that is still there.',
    youDo: 'Find out what kept it from being pulled in time: the reason says whether anybody tried.',
  },
  'refused-target': {
    happened: 'A redirect or a next link led outside the configured address. Nothing was sent there.',
    costs: 'The window is not sealed. Somebody may be after your token.',
    sluiceDoes: 'Refuses, without another try, and goes on with the other windows.',
    youDo: 'Treat it as a security event: look at the vendor, the proxy and `baseUrl`.',
  },
  'staging-lost': {
    happened: 'Staged pages are missing or torn, after a power cut for instance.',
    costs: 'Only the time to fetch them again.',
    sluiceDoes: 'Opens the window again.',
    youDo: 'Nothing. If it comes again, check the disk.',
  },
  'storage-full': {
    happened: 'There is no room for ledger or archive.',
    costs: 'Extraction stands still; deadlines go on.',
    sluiceDoes: 'Leaves nothing half-written, and tries every 30 s.',
    youDo: 'Make room on the disk of `data:`.',
  },
  'archive-damaged': {
    happened: 'A part or manifest does not match its hash or its form.',
    costs: 'What the file held, unless the vendor still has it.',
    sluiceDoes: 'Refuses to go on from it, and says which file.',
    youDo: '`sluice verify` lists everything that is damaged; restore those files from a backup.',
  },
  'ledger-damaged': {
    happened: 'The ledger’s file cannot be read, or was written by a newer sluice.',
    costs: 'Nothing of the archive: it explains itself.',
    sluiceDoes: 'Starts nothing.',
    youDo: '`sluice ledger rebuild` makes it again from the manifests and keeps the old file aside.',
  },
  'unknown-stream': {
    happened: 'A worker was asked for a stream that its configuration does not have.',
    costs: 'That stream is not pulled.',
    sluiceDoes: 'Ends the pull as failed.',
    youDo: 'Give all workers the same configuration; `sluice apply` pauses schedules of removed streams.',
  },
  cancelled: {
    happened: 'Somebody cancelled or terminated the run.',
    costs: 'What was not sealed stays due.',
    sluiceDoes: 'Leaves nothing half-sealed.',
    youDo: 'Nothing: the next tick goes on, or `sluice pull <stream>`.',
  },
  'internal-error': {
    happened: 'A mistake of sluice’s own.',
    costs: 'The window stays due until its deadline.',
    sluiceDoes: 'Tries again, then records the window as failed and goes on.',
    youDo: 'Report it, with the workflow’s history from the Temporal UI.',
  },
  'config-invalid': {
    happened: 'The configuration has mistakes; each is shown with its line and column.',
    costs: 'Nothing was started.',
    sluiceDoes: 'Exits with 78.',
    youDo: 'Mend the file; `sluice config check` looks again, `sluice config schema` lets your editor help.',
  },
  'temporal-unreachable': {
    happened: 'No Temporal server answers, or none could be had.',
    costs: 'Nothing is pulled meanwhile.',
    sluiceDoes: 'Exits with 69.',
    youDo:
      'Check `temporal.address`. Without one, `sluice up` brings its own: from PATH, by download, or built with Go.',
  },
  'port-in-use': {
    happened: 'A port that the embedded Temporal server should listen on is taken.',
    costs: 'Nothing was started.',
    sluiceDoes: 'Exits with 69.',
    youDo: 'End the other program, or choose other ports: `temporal: { port: …, uiPort: … }`.',
  },
};

export type Explained = keyof typeof explanations;

export const isExplained = (name: string): name is Explained => Object.hasOwn(explanations, name);
