import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { RateLimited } from '../../core/failures.ts';
import { formatDuration, SECOND } from '../../core/time.ts';

/**
 * "Maximum count of requests per second", says the vendor's own client of a 429, and names no number. It counts for the account, so all
 * collections of one account in this process take turns, whatever source or command asks.
 */
export interface Pace {
  /**
   * Resolves when the next request may be sent.
   * @throws RateLimited when that is further off than a request is worth waiting for.
   */
  take(signal: AbortSignal): Promise<void>;
  /** The vendor wants to be left alone for so long, ms: nobody sends anything until then. */
  hold(ms: number): void;
}

/** Longer waits are Temporal's, where they are seen. */
const LONGEST_WAIT = 15 * SECOND;

/** When each account may send its next request, ms of the process's own clock. */
const free = new Map<string, number>();

/** @param account what tells one account from another, in this process */
export function paceOf(account: string, requestsPerSecond: number): Pace {
  return {
    async take(signal) {
      signal.throwIfAborted();
      const now = performance.now();
      const turn = Math.max(now, free.get(account) ?? 0);
      const wait = turn - now;
      if (wait > LONGEST_WAIT) {
        const message = `the vendor asked for ${formatDuration(wait)} without requests of this account`;
        throw new RateLimited(message, { retryAfterMs: Math.ceil(wait) });
      }
      free.set(account, turn + SECOND / requestsPerSecond);
      if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
    },
    hold(ms) {
      free.set(account, Math.max(free.get(account) ?? 0, performance.now() + ms));
    },
  };
}
