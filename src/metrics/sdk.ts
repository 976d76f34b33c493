import { request } from 'undici';
import type { TelemetryOptions } from '@temporalio/worker';
import { claimPort } from '../temporal/ports.ts';

/** The metrics of Temporal's SDK (`temporal_…`): its native part serves them itself, on a port of the loopback, from which `/metrics` passes them on. */
export interface SdkMetrics {
  /** For `Runtime.install`, before anything connects to Temporal. */
  readonly telemetry: NonNullable<TelemetryOptions['metrics']>;
  /** In the text format of Prometheus; nothing while the SDK does not serve them. */
  readonly read: () => Promise<string>;
}

const PATIENCE = 2_000;

/** Errors: those of the system, when there is no free port. */
export async function createSdkMetrics(): Promise<SdkMetrics> {
  const bindAddress = `127.0.0.1:${await claimPort('127.0.0.1', 0, 'the metrics of the Temporal SDK', '')}`;
  return {
    // Seconds, units and `_total` as Prometheus wants them; by default it is milliseconds and neither.
    telemetry: {
      prometheus: { bindAddress, countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true },
    },
    async read() {
      try {
        const options = { headersTimeout: PATIENCE, bodyTimeout: PATIENCE };
        const { statusCode, body } = await request(`http://${bindAddress}/metrics`, options);
        const text = await body.text();
        return statusCode === 200 ? text : '';
      } catch {
        return '';
      }
    },
  };
}
