import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { DueReport, FetchedReport, ListedReports, ReportProgress } from '../activities/contract.ts';
import type { StreamId } from '../core/ids.ts';
import { add, describeOutcome, nothing, type Outcome } from '../core/outcome.ts';
import { runExtractor, type ExtractorProgress } from './extractor.ts';
import { openGate, type Gate } from './gate.ts';
import {
  authenticate,
  describeStream,
  fetchReport,
  listReports,
  markCollected,
  nameFailure,
  recordStall,
  sealReport,
  type NamedFailure,
} from './steps.ts';

/** Well below Temporal's own limit, so that every history stays readable. */
const HISTORY_LIMIT = 1_500;

interface Progress extends ExtractorProgress {
  /** The latest failures of reports. */
  failures: NamedFailure[];
  /** Files that this run has given up, by day and name: they wait for the next. */
  given: string[];
}

/**
 * The extractor of reports: list the days that count → download each file that is not held → seal; and list again, until nothing is due. One
 * file's trouble never stops the others; a file that is not ready yet waits for the next run.
 */
export async function collectReports(
  stream: StreamId,
  progress: Progress = { outcome: nothing, tell: [], failures: [], given: [] },
): Promise<Outcome> {
  const round = (): Promise<void> => {
    progress.given = [];
    return collect(stream, progress);
  };
  return await runExtractor(progress, { round, failure: () => progress.failures.at(-1) });
}

async function collect(stream: StreamId, progress: Progress): Promise<void> {
  const { connections } = await describeStream(stream);
  const gate = openGate(stream, connections);
  try {
    await authenticate({ source: stream.source });
    for (;;) {
      const listed = await withPermit(gate, () => listReports(stream));
      const reports = listed.reports.filter((one) => !progress.given.includes(nameOf(one)));
      setCurrentDetails(describe(listed, progress));
      if (reports.length === 0) return await settle(stream, listed);
      await collectAll(stream, reports, progress, { gate, lanes: connections.perStream });
      const { historyLength, continueAsNewSuggested } = workflowInfo();
      if (historyLength < HISTORY_LIMIT && !continueAsNewSuggested) continue;
      await condition(allHandlersFinished);
      await continueAsNew<typeof collectReports>(stream, progress);
    }
  } catch (error) {
    const { name, message } = nameFailure(error);
    if (!isCancellation(error)) await recordStall({ ...stream, failure: name, message });
    throw error;
  }
}

/** What has not been held keeps its day among those that are listed, however long that lasts. */
async function settle(stream: StreamId, { after, settled, reports }: ListedReports): Promise<void> {
  const open = reports.map(({ day }) => day);
  const upto = [settled, ...open].toSorted()[0] ?? settled;
  await markCollected({ ...stream, after, upto: upto > after ? upto : after });
}

async function collectAll(
  stream: StreamId,
  reports: readonly DueReport[],
  progress: Progress,
  { gate, lanes }: { gate: Gate; lanes: number },
): Promise<void> {
  const queue = [...reports];
  const work = async (): Promise<void> => {
    for (let report = queue.shift(); report !== undefined; report = queue.shift()) {
      const one = report;
      // Added up after the wait: others add theirs meanwhile.
      const part = await withPermit(gate, () => collectOne(stream, one, progress));
      progress.outcome = add(progress.outcome, part);
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, reports.length) }, work));
}

/** Downloads and seals one report. Its failure is kept in `progress` and never thrown, unless it is cancelled. */
export async function collectOne(
  stream: StreamId,
  report: DueReport,
  progress: Pick<Progress, 'given' | 'failures'>,
): Promise<Partial<Outcome>> {
  try {
    const fetched = await download(stream, report);
    const { segments, pieces, records, bytes } = fetched;
    if (bytes === 0) {
      // There, but not ready: an empty file has at least its header.
      progress.given.push(nameOf(report));
      return {};
    }
    const summary = `${report.file}: seal ${records.toLocaleString('en-US')} records`;
    const sealed = await sealReport.executeWithOptions({ summary }, [{ ...stream, report, segments, pieces, records }]);
    return sealed.same ? {} : { reports: 1, records: sealed.records };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const failure = nameFailure(error);
    progress.given.push(nameOf(report));
    progress.failures = [...progress.failures, { ...failure, message: `${report.file}: ${failure.message}` }].slice(
      -20,
    );
    return { failed: 1, failures: { [failure.name]: 1 } };
  }
}

/** One or more runs of `fetchReport`: a worker that shuts down hands over what it has staged. */
async function download(stream: StreamId, report: DueReport): Promise<FetchedReport> {
  let progress: ReportProgress | null = null;
  for (;;) {
    const summary = progress === null ? report.file : `${report.file} from record ${progress.records + 1}`;
    const fetched: FetchedReport = await fetchReport.executeWithOptions({ summary }, [{ ...stream, report, progress }]);
    if (fetched.done) return fetched;
    const { segments, pieces, place, records, bytes } = fetched;
    progress = { segments, pieces, place, records, bytes };
  }
}

export async function withPermit<T>(gate: Gate, work: () => Promise<T>, isWanted = false): Promise<T> {
  const permit = await gate.claim(isWanted);
  try {
    return await work();
  } finally {
    await gate.release(permit);
  }
}

export const nameOf = ({ day, file }: DueReport): string => `${day}/${file}`;

function describe({ days, listed, due }: ListedReports, { outcome, given }: Progress): string {
  return [
    `**${due} reports due** of ${listed} on ${days} days`,
    ...(given.length === 0 ? [] : [`- ${given.length} wait for the next run`]),
    `- so far: ${describeOutcome(outcome)}`,
  ].join('\n');
}
