import type { Config } from '../config/load.ts';
import { deadlineOf, reachable, windowLength } from '../core/due.ts';
import type { WindowLimits } from '../core/contract.ts';
import { clip, intersect, subtract, union, type IntervalSet } from '../core/intervals.ts';
import type { Gap } from '../core/states.ts';
import { floorTo, toIso, type Interval } from '../core/time.ts';
import type { AcknowledgementRow } from '../ledger/acknowledgements.ts';
import type { FailureRow, LossRow, SliceRow } from '../ledger/ledger.ts';
import { readLedger } from './ledger.ts';
import { stateOf } from './status.ts';
import type { KnownWindowStream } from './streams.ts';

/** A stretch of a stream's axis: a sealed slice, a gap, a loss, or what has not settled. Times in ms since the epoch, half-open. */
export interface Stretch extends Interval {
  /** `sealed`, `empty`, `settling`, or a gap's state. */
  readonly state: 'sealed' | 'empty' | 'settling' | Gap['state'];
  readonly records?: number;
  /** How many records the vendor counts, where that is another number. */
  readonly reported?: number;
  readonly repeats?: number;
  readonly pages?: number;
  readonly parts?: number;
  /** Of its parts, compressed. */
  readonly bytes?: number;
  readonly sealedAt?: number;
  readonly digest?: string;
  /** Above 1 where late records were added. */
  readonly revision?: number;
  /** Key of its manifest in the archive. */
  readonly manifest?: string;
  /** The failure that ended the last try; see `sluice explain`. */
  readonly failure?: string;
  /** How many runs tried it in vain. */
  readonly attempts?: number;
  /** Why it is lost, or what the last try ended with. */
  readonly reason?: string;
  /** When the vendor forgets it. */
  readonly deadline?: number;
}

export interface Axis {
  /** Oldest first; together they leave no hole between the stream's start and now. */
  readonly stretches: readonly Stretch[];
  /** How many older ones the limit cut off. */
  readonly omitted: number;
}

/** The axis of a stream inside an interval: whole slices that overlap it, and whatever lies between them. */
export async function readSlices(
  config: Config,
  stream: KnownWindowStream,
  { within, limit, now = Date.now() }: { readonly within: Interval; readonly limit: number; readonly now?: number },
): Promise<Axis> {
  return await readLedger(config, async (ledger) => {
    const slices = await ledger.slices(stream, within, limit);
    const older = slices.length < limit ? 0 : (await ledger.countSlices(stream, within)).slices - slices.length;
    const coverage = await ledger.coverage(stream, { from: 0, until: now });
    const { gaps, watermark } = await stateOf(ledger, stream, coverage, now);
    const rest = [
      ...explainGaps(gaps, stream.window.limits, {
        failed: coverage.failed,
        losses: await ledger.losses(stream),
        acknowledgements: await ledger.acknowledgements(stream),
      }),
      ...settling(stream, { gaps, held: coverage.held, start: Math.min(watermark, now) }, now),
    ].flatMap((one) => clip([one], within).map((part) => ({ ...one, ...part })));
    const all = [...slices.map(sealed), ...rest].toSorted((a, b) => a.from - b.from);
    return { stretches: all.slice(-limit), omitted: Math.max(0, all.length - limit) + older };
  });
}

function sealed({ kind: _kind, workflowId: _workflow, reported, revision, ...facts }: SliceRow): Stretch {
  return {
    ...facts,
    state: facts.records > 0 ? 'sealed' : 'empty',
    ...(revision > 1 && { revision }),
    ...(reported !== null && reported !== facts.records && { reported }),
  };
}

/** What is known of why something is missing. */
interface GapFacts {
  readonly failed: readonly FailureRow[];
  readonly losses: readonly LossRow[];
  readonly acknowledgements: readonly AcknowledgementRow[];
}

/** Cuts gaps where one failure or reason ends and another begins. */
export function explainGaps(
  gaps: readonly Gap[],
  limits: WindowLimits,
  { failed, losses, acknowledgements }: GapFacts,
): Stretch[] {
  const latest = failed.toSorted((a, b) => b.lastAt - a.lastAt);
  const tried = latest.map((one) => ({
    ...one,
    because: { failure: one.name, attempts: one.attempts, reason: one.message },
  }));
  const lost = losses.map((one) => ({ ...one, because: { reason: one.reason } }));
  const known = acknowledgements.map((one) => ({ ...one, because: { reason: `${one.why} (${one.by})` } }));
  const causes = { lost, acknowledged: known };
  return gaps.flatMap(({ state, ...gap }): Stretch[] =>
    state === 'lost' || state === 'acknowledged'
      ? cutBy(gap, causes[state]).map((part) => ({ ...part, state }))
      : cutBy(gap, tried).map((part) => ({ ...part, state, deadline: deadlineOf(limits, part) })),
  );
}

/** Times as ISO 8601 UTC. */
export function stretchJson({ from, until, sealedAt, deadline, ...facts }: Stretch) {
  return {
    from: toIso(from),
    until: toIso(until),
    ...facts,
    ...(sealedAt === undefined ? {} : { sealedAt: toIso(sealedAt) }),
    ...(deadline === undefined ? {} : { deadline: toIso(deadline) }),
  };
}

interface Because extends Interval {
  readonly because: Pick<Stretch, 'failure' | 'attempts' | 'reason'>;
}

/** The pieces of a gap, those that a cause lies over with that cause; where several do, the first one counts. */
function cutBy({ from, until }: Interval, causes: readonly Because[]): (Interval & Partial<Because['because']>)[] {
  const found: (Interval & Because['because'])[] = [];
  let rest: IntervalSet = [{ from, until }];
  for (const cause of causes) {
    for (const part of intersect(rest, [cause])) found.push({ ...cause.because, ...part });
    rest = subtract(rest, [cause]);
  }
  return [...found, ...rest];
}

/** From the end of what was due so far until now: the vendor is not done with it, or its window is not full. */
function settling(
  { window, settings }: KnownWindowStream,
  { gaps, held, start }: { readonly gaps: readonly Gap[]; readonly held: IntervalSet; readonly start: number },
  now: number,
): Stretch[] {
  const from = Math.max(start, floorTo(reachable(window.limits, now).until, windowLength(window, settings)));
  return subtract([{ from, until: now }], union(held, gaps)).map((one) => ({ ...one, state: 'settling' }));
}
