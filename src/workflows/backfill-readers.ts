import { workflowInfo } from '@temporalio/workflow';
import { ApplicationFailure } from '@temporalio/common';
import type { BegunBackfill } from '../activities/contract.ts';
import type { StreamId } from '../core/ids.ts';
import { collectOne, nameOf, withPermit } from './collect-reports.ts';
import { openGate } from './gate.ts';
import { HISTORY_LIMIT } from './pace.ts';
import {
  authenticate,
  beginSequence,
  followBackfill,
  listBackfill,
  markBackfilled,
  nameFailure,
  type NamedFailure,
} from './steps.ts';

/** A backfill's own reader, for what has no windows. */
export interface Reader {
  readonly id: string;
  readonly stream: StreamId;
  readonly begun: BegunBackfill;
  /** How many records a portion is asked for. */
  size: number;
  /** Whether somebody said something since: then it stops between two steps. */
  readonly isStirred: () => boolean;
  /** Runs a step that may be given up by itself. */
  readonly step: <T>(work: () => Promise<T>) => Promise<T>;
}

const mayGoOn = ({ isStirred }: Reader): boolean => !isStirred() && workflowInfo().historyLength < HISTORY_LIMIT;

/** Portion after portion, each sealed, up to where the stream's own reader began. @returns whether it is there */
export async function followRange(reader: Reader): Promise<boolean> {
  const { id, stream, begun, step } = reader;
  const gate = openGate(stream, begun.connections);
  await authenticate({ source: stream.source });
  // Where the stream's own reader begins is the end of this one's range; it may not have begun yet.
  await beginSequence(stream);
  while (mayGoOn(reader)) {
    const { size } = reader;
    try {
      const follow = (): ReturnType<typeof followBackfill> =>
        followBackfill.executeWithOptions({ summary: `${id}: portions of ${size}` }, [{ id, size }]);
      const { ended } = await step(() => withPermit(gate, follow, true));
      if (ended) return true;
    } catch (error) {
      if (nameFailure(error).name !== 'window-too-large' || size === 1) throw error;
      reader.size = Math.floor(size / 2);
    }
  }
  return false;
}

/** Day after day, oldest first: list → each file that is not held → seal. @returns whether all days have been collected */
export async function collectDays(reader: Reader): Promise<boolean> {
  const { id, stream, begun, step } = reader;
  const gate = openGate(stream, begun.connections);
  const progress = { failures: [] as NamedFailure[], given: [] as string[] };
  await authenticate({ source: stream.source });
  while (mayGoOn(reader)) {
    const { due: all, reports, upto, isLast } = await step(() => withPermit(gate, () => listBackfill({ id }), true));
    const due = reports.filter((one) => !progress.given.includes(nameOf(one)));
    for (const report of due) {
      if (!mayGoOn(reader)) return false;
      await step(() => withPermit(gate, () => collectOne(stream, report, progress), true));
    }
    // More than one list tells at once.
    if (due.length > 0 && all > reports.length) continue;
    const failure = progress.failures.at(-1);
    // The days stay where they are: the next round tries their files again.
    if (failure !== undefined) throw ApplicationFailure.nonRetryable(failure.message, failure.name);
    await markBackfilled({ id, upto });
    if (isLast) return true;
  }
  return false;
}
