/** The total time of one request, joined with the caller's own wish to stop. */
export interface Deadline {
  /** Aborted by whichever comes first. */
  readonly signal: AbortSignal;
  /** Rejects when the signal is aborted: undici does not look at it while it still connects. */
  readonly aborted: Promise<never>;
  /** Whether the time ran out. */
  expired(): boolean;
  /** Lets go of the timer only: from now on just the caller ends it. */
  lift(): void;
  /** Lets go of the timer and the caller's signal; must be called. */
  stop(): void;
}

/** Made by hand, as `AbortSignal.any` on Node 20 leaves something behind in a caller's long-lived signal at every request. */
export function startDeadline(caller: AbortSignal, ms: number): Deadline {
  const controller = new AbortController();
  let expired = false;
  const onCaller = (): void => controller.abort(caller.reason);
  const timer = setTimeout(() => {
    expired = true;
    controller.abort(new Error('the deadline passed'));
  }, ms);
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
  });
  caller.addEventListener('abort', onCaller, { once: true });
  return {
    signal: controller.signal,
    aborted,
    expired: () => expired,
    lift: () => clearTimeout(timer),
    stop() {
      clearTimeout(timer);
      caller.removeEventListener('abort', onCaller);
    },
  };
}
