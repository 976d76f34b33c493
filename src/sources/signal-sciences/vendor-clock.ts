import { SECOND } from '../../core/time.ts';

/**
 * The vendor's idea of the present. It judges `from` and `until` by its own clock (signal-sciences.txt:25-26), so a machine whose
 * clock is wrong asks for windows that are refused, or takes what can still be had for lost.
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
