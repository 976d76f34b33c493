import { AsyncResource } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';

/** What is told about each request to a vendor: that it begins, and how it ended. Told in the caller's own async context. */
export type Traffic =
  | { readonly phase: 'begun' }
  | {
      readonly phase: 'ended';
      /** Absent: there was no answer. */
      readonly status: number | undefined;
      /** From the call to the last byte that was read, waiting for a free connection included. */
      readonly seconds: number;
    };

/** Whoever measures subscribes here; without subscribers nothing is done. No URL, header or body is told. */
export const traffic = channel('sluice:http');

/** To be called when a request is sent. @returns what to call once when it is over, from anywhere */
export function beginTraffic(): (status: number | undefined) => void {
  if (!traffic.hasSubscribers) return () => undefined;
  const begun = performance.now();
  traffic.publish({ phase: 'begun' } satisfies Traffic);
  let over = false;
  return AsyncResource.bind((status: number | undefined) => {
    if (over) return;
    over = true;
    traffic.publish({ phase: 'ended', status, seconds: (performance.now() - begun) / 1_000 } satisfies Traffic);
  });
}
