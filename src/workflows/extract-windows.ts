import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Plan } from '../activities/contract.ts';
import type { StreamId } from '../core/ids.ts';
import { lengthOf } from '../core/intervals.ts';
import { add, describeOutcome, nothing, type Outcome } from '../core/outcome.ts';
import { interval, MINUTE, type IsoInterval } from '../core/time.ts';
import { runExtractor, type ExtractorProgress } from './extractor.ts';
import { openGate, type Gate } from './gate.ts';
import { extractBoth, listenForNews, type News } from './lanes.ts';
import { HISTORY_LIMIT, LARGEST_BATCH, PLAN_GOOD_FOR_MS, TURN_MS } from './pace.ts';
import { deadlineKey } from './search-attributes.ts';
import { authenticate, describeStream, plan, type NamedFailure } from './steps.ts';
import { extractBatchOf } from './window.ts';

/** A vendor that calls windows forgotten though the plan found them within reach is believed this often in one run. */
const MOST_FORGOTTEN = 3;

/** So many windows that fail one after the other, and none between them that does not: what is wrong concerns them all. */
const MOST_IN_A_ROW = 12;

/** What one run knows of itself, and hands on when it continues as new. */
export interface Progress extends ExtractorProgress {
  /** When the first plan was made: windows that failed since are left for the next run. */
  since?: string;
  /** The latest failures of windows. */
  failures: NamedFailure[];
  /** How many windows have failed since the last one that did not. */
  inARow?: number;
  /** The same of windows that only operators want, and under which name. */
  trouble?: { readonly name: string; readonly times: number };
}

/**
 * The extractor of a window stream: authenticate → plan what is due → claim a connection → page after page → seal; and plan again, until
 * nothing is due, so that the newest window never waits for a long catch-up. Ends as failed when a window failed, after all the others
 * were extracted.
 */
export async function extractWindows(
  stream: StreamId,
  progress: Progress = { outcome: nothing, tell: [], failures: [] },
): Promise<Outcome> {
  const news = listenForNews();
  return await runExtractor(progress, {
    onAsked: () => {
      news.isStale = true;
    },
    round: () => extractWhatIsDue(stream, progress, news),
    failure: () => worst(progress.failures),
  });
}

/** Plans and extracts until a plan finds nothing that this run has not tried. */
async function extractWhatIsDue(stream: StreamId, progress: Progress, news: News): Promise<void> {
  const { connections, grain, forgetting } = await describeStream(stream);
  const gate = openGate(stream, connections);
  const batch = { size: 1 };
  await authenticate({ source: stream.source });
  for (;;) {
    const planned = await plan({
      ...stream,
      ...(progress.since === undefined ? {} : { notFailedSince: progress.since }),
    });
    progress.since ??= planned.at;
    progress.outcome = add(progress.outcome, { lostMinutes: minutesOf(planned.lost) });
    setCurrentDetails(describe(planned, progress));
    if (planned.deadline !== null) upsertDeadline(planned.deadline);
    const { windows, wanted = [] } = planned;
    if (windows.length + wanted.length === 0) return;
    const means = { gate, lanes: connections.perStream, grain, batch };
    if (wanted.length === 0) await extractAll(stream, windows, progress, means);
    else
      await extractBoth(stream, planned, progress, { ...means, forgetting, news, mustStop: () => mustStop(progress) });
    if (mustStop(progress)) return;
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (historyLength > HISTORY_LIMIT || continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof extractWindows>(stream, progress);
    }
  }
}

/** Works a list of windows off, newest first, over as many lanes as the stream may have connections. */
async function extractAll(
  stream: StreamId,
  windows: readonly IsoInterval[],
  progress: Progress,
  { gate, lanes, grain, batch }: { gate: Gate; lanes: number; grain: number; batch: { size: number } },
): Promise<void> {
  const queue = [...windows];
  const plannedAt = Date.now();
  const mayGoOn = (): boolean => queue.length > 0 && Date.now() - plannedAt < PLAN_GOOD_FOR_MS && !mustStop(progress);
  const work = async (): Promise<void> => {
    while (mayGoOn()) {
      const permit = await gate.claim();
      try {
        const end = Date.now() + TURN_MS;
        while (Date.now() < end && mayGoOn()) {
          const { outcome, failures, small, left } = await extractBatchOf(stream, queue.splice(0, batch.size), grain);
          queue.unshift(...left);
          batch.size = small ? Math.min(batch.size * 2, LARGEST_BATCH) : 1;
          progress.outcome = add(progress.outcome, outcome);
          progress.failures = [...progress.failures, ...failures].slice(-50);
          progress.inARow = failures.length === 0 ? 0 : (progress.inARow ?? 0) + 1;
        }
      } finally {
        await gate.release(permit);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, windows.length) }, work));
}

/** What concerns every window alike, refused credentials say or broken storage, ends the run: it waits for a person or the next tick. */
function mustStop({ failures, inARow = 0 }: Progress): boolean {
  if (inARow >= MOST_IN_A_ROW) return true;
  const times = (name: string): number => failures.filter((one) => one.name === name).length;
  return times('credentials-rejected') > 0 || times('storage-full') > 0 || times('retention-passed') > MOST_FORGOTTEN;
}

/** The failure that a person should see first: one that needs a person, else the latest. */
function worst(failures: readonly NamedFailure[]): NamedFailure | undefined {
  const counted = failures.filter((one) => one.name !== 'retention-passed');
  return counted.find((one) => one.name === 'credentials-rejected' || one.name === 'refused-target') ?? counted.at(-1);
}

function upsertDeadline(deadline: string): void {
  const known = workflowInfo().typedSearchAttributes.get(deadlineKey);
  if (known?.getTime() !== Date.parse(deadline))
    upsertSearchAttributes([{ key: deadlineKey, value: new Date(deadline) }]);
}

const minutesOf = (lost: readonly IsoInterval[]): number => Math.round(lengthOf(lost.map(interval)) / MINUTE);

function describe(planned: Plan, progress: Progress): string {
  return [
    `**${planned.due} windows due** by the vendor's clock at ${planned.at}`,
    ...(planned.deadline === null ? [] : [`- the first is forgotten at ${planned.deadline}`]),
    ...(planned.windows[0] === undefined ? [] : [`- next: [${planned.windows[0].from}, ${planned.windows[0].until})`]),
    `- so far: ${describeOutcome(progress.outcome)}`,
  ].join('\n');
}
