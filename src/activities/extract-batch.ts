import { heartbeat } from '@temporalio/activity';
import { Failure } from '../core/failures.ts';
import { SECOND } from '../core/time.ts';
import { redact } from '../http/redaction.ts';
import type { Activities, SealedWindow } from './contract.ts';
import type { Dependencies } from './dependencies.ts';
import { extractSmall } from './fetch-pages.ts';

const BEAT_EVERY = 3 * SECOND;
/** A batch shows in the history when it is over: that should not take long. */
const MOST_TIME = 10 * SECOND;

/**
 * A backlog of short windows: Temporal's own work for a step is several times that of extracting five minutes, so one step takes some of them.
 * Retries and reactions belong to the step of a single window: here any trouble ends the batch. May be repeated: what is sealed stays as it is.
 */
export function extractBatchActivity(deps: Dependencies): Activities['extractBatch'] {
  return async ({ windows, ...id }) => {
    const sealed: SealedWindow[] = [];
    const beat = setInterval(() => heartbeat({ sealed: sealed.length }), BEAT_EVERY);
    const startedAt = Date.now();
    try {
      for (const window of windows) {
        if (deps.stopping.aborted) return { sealed, stoppedBecause: 'this worker is shutting down' };
        if (Date.now() - startedAt > MOST_TIME) return { sealed, stoppedBecause: 'it takes long' };
        const one = await extractSmall(deps, { ...id, window, cursor: null });
        if (one === undefined) return { sealed, stoppedBecause: 'the next window is larger' };
        sealed.push(one);
      }
      return { sealed };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { sealed, stoppedBecause: redact(`${error.name}: ${error.message}`).slice(0, 1_000) };
    } finally {
      clearInterval(beat);
    }
  };
}
