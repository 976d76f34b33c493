import { activityInfo } from '@temporalio/activity';
import { UnexpectedAnswer } from '../core/failures.ts';
import type { StreamId } from '../core/ids.ts';
import type { Dependencies } from './dependencies.ts';

/** Keeps the bytes of an answer that made no sense. Trouble in doing so must not hide the answer's own failure. */
export async function quarantine({ archive }: Dependencies, id: StreamId, error: unknown): Promise<void> {
  if (!(error instanceof UnexpectedAnswer) || error.body === undefined || activityInfo().attempt > 1) return;
  try {
    error.message += ` (kept as ${await archive.quarantine(id, error.body)})`;
  } catch {
    error.message += ' (its bytes could not be kept)';
  }
}
