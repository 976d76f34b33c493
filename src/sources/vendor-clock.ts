import { SECOND, formatDuration } from '../core/time.ts';
import type { Http } from '../http/client.ts';
import { isJson } from './answers.ts';

/**
 * The vendor's idea of the present. It judges the bounds of windows by its own clock, so a machine whose clock is wrong asks for windows
 * that are refused, or takes what can still be had for lost.
 */
export interface VendorClock {
  /** The vendor's clock, ms since the epoch: ours plus the skew. */
  readonly now: () => number;
  /** The vendor's clock minus ours, ms; 0 while nothing is known, or when they agree. */
  readonly skew: () => number;
  /** One exchange: our clock before and after it, and the `Date` header of the answer, all in ms since the epoch. */
  readonly observe: (sent: number, received: number, vendorTime: number | undefined) => void;
}

/** `Date` counts whole seconds; a difference this small is not a skew. */
const TOLERANCE = 2 * SECOND;

/** @param clock our own clock, ms since the epoch. */
export function vendorClock(clock: () => number): VendorClock {
  let skew = 0;
  return {
    now: () => clock() + skew,
    skew: () => skew,
    observe(sent, received, vendorTime) {
      if (vendorTime === undefined) return;
      // The header was written somewhere between the two. A page may take minutes, and its midpoint would then be no measure of
      // the clock: what is known stays unless this exchange contradicts it.
      const lowest = vendorTime - received - TOLERANCE;
      const highest = vendorTime - sent + TOLERANCE;
      if (lowest <= skew && skew <= highest) return;
      const measured = vendorTime - Math.round((sent + received) / 2);
      skew = Math.abs(measured) > TOLERANCE ? measured : 0;
    },
  };
}

/** Only an answer in JSON tells the vendor's clock: a proxy in between would write its own `Date`. */
export function observed(http: Http, vendor: VendorClock, clock: () => number): Http['request'] {
  return async (request) => {
    const sent = clock();
    const answer = await http.request(request);
    if (isJson(answer)) vendor.observe(sent, clock(), answer.vendorTime);
    return answer;
  };
}

/** For `sluice test`: the skew, ms, in words. */
export function clockLine(skew: number): string {
  if (Math.abs(skew) < SECOND) return 'vendor clock: as ours';
  return `vendor clock: ${formatDuration(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} ours`;
}
