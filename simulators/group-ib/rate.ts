import { Refusal } from '../kit/http.ts';
import type { Patience } from '../kit/memory.ts';
import { retryAfterHeader } from './delivery.ts';
import type { Faults, RetryAfter } from './faults.ts';
import type { Report } from './violations.ts';

const SECOND = 1000;
/** Requests that a client sends a second apart may arrive a little closer to each other. */
const TOLERANCE = 50;

/** What refuses requests: the account's speed, and whoever was told to wait. */
export interface Rate {
  /** Throws a {@link Refusal} (429) above the limit. */
  check(faults: Faults, who: { readonly account: string; readonly collection: string }, now: number): void;
  /** Refuses a request for another reason. @param key the account and the collection. @returns what to throw. */
  refuse(key: string, retryAfter: RetryAfter, now: number): Refusal;
}

/** "Maximum count of requests per second reached": in real time, for a client sleeps real seconds whatever the vendor's clock says. */
export function createRate(report: Report, patience: Patience): Rate {
  const recent = new Map<string, number[]>();
  return { check, refuse };

  function check({ rateLimit }: Faults, who: { account: string; collection: string }, now: number): void {
    if (rateLimit === null) return;
    const key = rateLimit.by === 'collection' ? `${who.account} ${who.collection}` : who.account;
    const at = performance.now();
    const before = (recent.get(key) ?? []).filter((time) => time > at - SECOND + TOLERANCE);
    recent.set(key, before);
    if (before.length < rateLimit.perSecond) {
      before.push(at);
      return;
    }
    report(
      'rate-limit-exceeded',
      `more than ${rateLimit.perSecond} requests in a second, for ${who.collection || 'the account'}`,
    );
    throw refuse(`${who.account} ${who.collection}`, rateLimit.retryAfter ?? null, now);
  }

  function refuse(key: string, retryAfter: RetryAfter, now: number): Refusal {
    // A date has whole seconds, so that of two seconds ahead may be little more than one away.
    if (retryAfter !== null) patience.expect(key, retryAfter === 'date' ? 1 : retryAfter);
    const message = 'Maximum count of requests per second reached';
    return new Refusal(429, message, retryAfterHeader(retryAfter, now));
  }
}
