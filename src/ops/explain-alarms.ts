import type { AlarmKind } from '../core/alarms.ts';
import type { FailureName } from '../core/failures.ts';
import type { Explanation } from './explain.ts';

/** Alarms of the watchdog that are no failure of a run. */
export const alarmExplanations: Readonly<Record<Exclude<AlarmKind, FailureName>, Explanation>> = {
  'at-risk': {
    happened: 'Something is missing, and less than a quarter of the time is left in which the vendor still has it.',
    costs: 'It is lost for good at the deadline that `sluice gaps` shows.',
    sluiceDoes: 'Tries at every tick, the nearest deadline first after the newest window.',
    youDo: 'Look at the reason in `sluice gaps`, remove it, then `sluice gaps heal --all`.',
    verify: '`sluice gaps --check` exits with 0.',
  },
  'schedule-missing': {
    happened: 'A stream of the configuration has no schedule on the Temporal server.',
    costs: 'Nothing is pulled by itself. The watchdog starts the pulls that are missing, as long as it runs.',
    sluiceDoes: 'Starts each pull that should have come.',
    youDo: '`sluice apply`.',
    verify: '`sluice apply` says `unchanged`, and `sluice status` shows no alarm after five minutes.',
  },
  'schedule-paused': {
    happened: 'A person paused the schedule of a stream, or `sluice apply` did because the stream was not in its file.',
    costs: 'Nothing of the stream is pulled; deadlines go on.',
    sluiceDoes: 'Respects it. It says so, and `at-risk` when the vendor is about to forget something.',
    youDo: 'Unpause it in the Temporal UI when the reason has gone. `sluice pull <stream>` works meanwhile.',
    verify: '`sluice status` shows no alarm after five minutes.',
  },
  'tick-missed': {
    happened: 'A pull did not start when it should have: the Temporal server was away, or the schedule is stuck.',
    costs: 'Time only: the ledger knows what is due.',
    sluiceDoes: 'Starts the pull.',
    youDo: 'Nothing, unless it comes again: then look at the Temporal server.',
    verify: '`sluice status` shows no alarm after the next tick.',
  },
  'worker-behind': {
    happened: 'Tasks wait for a worker for more than a minute.',
    costs: 'Extraction is slow; vendor’s links that live a minute may die in the queue.',
    sluiceDoes: 'Goes on as fast as the workers can.',
    youDo: 'Start another `sluice worker`, or give the machine more room.',
    verify: '`sluice status` shows no alarm after five minutes.',
  },
  'no-progress': {
    happened: 'A sequence or a row of reports has not come forward for three ticks.',
    costs: 'The longer it stands, the more is ahead.',
    sluiceDoes: 'Tries at every tick.',
    youDo: 'Look at the failure in `sluice status`, and at the extractor’s run in the Temporal UI.',
    verify: '`sluice status` shows the stream `current`.',
  },
  'day-missing': {
    happened: 'For a day that should be complete the vendor has published no report, though it did for others.',
    costs: 'Perhaps nothing: there may have been nothing to report.',
    sluiceDoes: 'Lists the day again at each pull, for as long as reports may still appear.',
    youDo: 'Ask the vendor if it lasts.',
    verify: '`sluice slices <stream>` shows a report of the day.',
  },
  'nothing-published': {
    happened: 'The vendor lists no report for any day on which there should be one.',
    costs: 'You have no reports. A subscription that has ended looks like this.',
    sluiceDoes: 'Lists the days again at each pull.',
    youDo: 'Check the subscription, and the names of lists: `sluice discover <source>`.',
    verify: '`sluice slices <stream>` shows reports.',
  },
  lost: {
    happened: 'Something was lost in the last day: the vendor forgot it before it was held.',
    costs: 'It is lost for good; `sluice gaps --lost` shows what, and why.',
    sluiceDoes: 'Keeps the loss and its reason in the ledger.',
    youDo: 'Remove the reason. `sluice gaps ack` records that you know of it.',
    verify: '`sluice gaps --check` exits with 0.',
  },
  'counts-differ': {
    happened: 'The vendor says that a slice has another number of records than it handed out.',
    costs: 'Perhaps records that it did not hand out.',
    sluiceDoes: 'Keeps both numbers, and looks at the window again when its moment comes.',
    youDo: '`sluice reconcile <stream>` looks at once; ask the vendor if the difference stays.',
    verify: '`sluice status --lateness` shows no difference.',
  },
};
