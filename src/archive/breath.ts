import { setImmediate } from 'node:timers/promises';

/** To be called now and then in long work: lets the event loop run when it is time, and throws the signal's reason once it is aborted. */
export type Breathe = () => Promise<void>;

/** A worker sends heartbeats and answers the server in the same thread: it must never wait longer than about this, ms. */
const LONGEST_HOLD = 20;

export function breather(signal?: AbortSignal): Breathe {
  let last = performance.now();
  return async () => {
    signal?.throwIfAborted();
    if (performance.now() - last < LONGEST_HOLD) return;
    await setImmediate();
    last = performance.now();
    signal?.throwIfAborted();
  };
}
