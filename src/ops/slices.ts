import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import { intersect } from '../core/intervals.ts';
import type { Interval } from '../core/time.ts';
import { openLedger } from '../ledger/open.ts';
import { stateOf } from './status.ts';
import type { KnownStream } from './streams.ts';

/** A stretch of a stream's axis: a sealed slice, a gap or a loss. Times in ms since the epoch, half-open. */
export interface Stretch extends Interval {
  /** `sealed`, `empty`, a gap's state, or `failed: <name>`. */
  readonly state: string;
  readonly records?: number;
  readonly repeats?: number;
  readonly pages?: number;
  readonly parts?: number;
  readonly bytes?: number;
  readonly sealedAt?: number;
  readonly digest?: string;
  readonly manifest?: string;
  /** Why it is lost. */
  readonly reason?: string;
}

/** The axis of a stream inside an interval, oldest first and without a hole; with a limit, its newest stretches. */
export async function readSlices(
  config: Config,
  stream: KnownStream,
  within: Interval,
  limit: number,
  now = Date.now(),
): Promise<readonly Stretch[]> {
  const ledger = await openLedger(locations(config).ledger);
  try {
    const slices = (await ledger.slices(stream, within)).map((slice) => {
      const { kind: _kind, workflowId: _workflow, revision: _revision, ...facts } = slice;
      return { ...facts, state: slice.records > 0 ? 'sealed' : 'empty' };
    });
    const coverage = await ledger.coverage(stream, { from: 0, until: now });
    const { gaps } = await stateOf(ledger, stream, coverage, now);
    const losses = await ledger.losses(stream);
    const rest = gaps
      .filter((gap) => gap.until > within.from && gap.from < within.until)
      .map((gap): Stretch => {
        const failure = coverage.failed.find((one) => intersect([one], [gap]).length > 0);
        const loss = losses.find((one) => intersect([one], [gap]).length > 0);
        return {
          from: gap.from,
          until: gap.until,
          state: gap.state === 'failed' && failure !== undefined ? `failed: ${failure.name}` : gap.state,
          ...(gap.state === 'lost' && loss !== undefined ? { reason: loss.reason } : {}),
        };
      });
    return [...slices, ...rest].toSorted((a, b) => a.from - b.from).slice(-limit);
  } finally {
    await ledger.close();
  }
}
