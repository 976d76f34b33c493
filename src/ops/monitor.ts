import type { NativeConnection } from '@temporalio/worker';
import type { WorkMetrics } from '../metrics/work.ts';
import type { TemporalAddress } from '../temporal/connect.ts';
import type { RunningWorker } from '../worker.ts';

/** What a running process gives to look at. */
export interface Monitored {
  /** The worker's own: a check over it ends with its deadline, where the client's would go on retrying on a closed connection. */
  readonly connection: NativeConnection;
  readonly target: TemporalAddress;
  readonly worker: RunningWorker;
}

/** Serves the metrics and the health of a process that is about to run. `up` and `worker` are given one; the HTTP side is `src/status`. */
export interface Monitor {
  /** For the worker to count with. */
  readonly work: WorkMetrics;
  /** @returns where it is served, and how to end that. Errors: `PortInUse`. */
  start(monitored: Monitored): Promise<{ readonly url: string; readonly close: () => Promise<void> }>;
}
