import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { FollowedPortions, StreamDescription } from '../activities/contract.ts';
import type { StreamId } from '../core/ids.ts';
import { add, describeOutcome, nothing, type Outcome } from '../core/outcome.ts';
import { runExtractor, type ExtractorProgress } from './extractor.ts';
import { openGate, type Gate } from './gate.ts';
import { authenticate, beginSequence, describeStream, followPortions, nameFailure, recordStall } from './steps.ts';

/** Well below Temporal's own limit, so that every history stays readable. */
const HISTORY_LIMIT = 1_500;
/** After so many steps without trouble a portion's size is doubled again. */
const CALM_STEPS = 3;

interface Progress extends ExtractorProgress {
  /** How many records a portion is asked for; unset before the first. */
  size?: number;
  /** Steps since the size was last changed. */
  calm: number;
}

/**
 * The extractor of a sequence: portion after portion, each sealed together with its cursor, until the vendor has nothing more. The size of
 * a portion is halved when the vendor cannot serve it, and grows back. Ends as failed where it could not go on; the cursor stays.
 */
export async function followSequence(
  stream: StreamId,
  progress: Progress = { outcome: nothing, tell: [], calm: 0 },
): Promise<Outcome> {
  return await runExtractor(progress, { round: () => follow(stream, progress), failure: () => undefined });
}

async function follow(stream: StreamId, progress: Progress): Promise<void> {
  const described = await describeStream(stream);
  const gate = openGate(stream, described.connections);
  try {
    await authenticate({ source: stream.source });
    const { cursor } = await beginSequence(stream);
    setCurrentDetails(`**begins after ${cursor}**`);
    while (!(await oneStep(stream, progress, described, gate)).ended) {
      const { historyLength, continueAsNewSuggested } = workflowInfo();
      if (historyLength < HISTORY_LIMIT && !continueAsNewSuggested) continue;
      await condition(allHandlersFinished);
      await continueAsNew<typeof followSequence>(stream, progress);
    }
  } catch (error) {
    const { name, message } = nameFailure(error);
    if (!isCancellation(error)) await recordStall({ ...stream, failure: name, message });
    throw error;
  }
}

/** Some portions, under a connection of the source; a vendor that finds them too large is asked for half as much. */
async function oneStep(
  stream: StreamId,
  progress: Progress,
  { size: sizes = { first: 100, most: 100 } }: StreamDescription,
  gate: Gate,
): Promise<Pick<FollowedPortions, 'ended'>> {
  const size = (progress.size ??= sizes.first);
  const permit = await gate.claim();
  try {
    const before = progress.outcome.portions === 0 ? '' : `, ${describeOutcome(progress.outcome)} before`;
    const summary = `portions of ${size}${before}`;
    const followed = await followPortions.executeWithOptions({ summary }, [{ ...stream, size }]);
    const { portions, records, repeats, remaining, cursor } = followed;
    progress.outcome = add(progress.outcome, { portions, records, repeats });
    progress.calm += 1;
    if (progress.calm >= CALM_STEPS && size < sizes.most) resize(progress, Math.min(size * 2, sizes.most));
    setCurrentDetails(
      `**${remaining ?? '?'} records ahead** after ${cursor}\n- so far: ${describeOutcome(progress.outcome)}`,
    );
    return followed;
  } catch (error) {
    if (nameFailure(error).name !== 'window-too-large' || size === 1) throw error;
    resize(progress, Math.floor(size / 2));
    return { ended: false };
  } finally {
    await gate.release(permit);
  }
}

function resize(progress: Progress, size: number): void {
  progress.size = size;
  progress.calm = 0;
}
