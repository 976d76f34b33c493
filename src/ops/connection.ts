import type { Config } from '../config/load.ts';
import { TASK_QUEUE } from '../core/ids.ts';
import type { TemporalAddress } from '../temporal/connect.ts';

/** Where the configured Temporal server is: the cluster of the config, or the one that `sluice up` runs on this machine. */
export function temporalAddress({ temporal }: Config): TemporalAddress {
  return {
    address: temporal.address ?? `127.0.0.1:${temporal.port}`,
    namespace: temporal.namespace,
    ...(temporal.tls === undefined ? {} : { tls: temporal.tls }),
    ...(temporal.apiKey === undefined ? {} : { apiKey: temporal.apiKey.reveal() }),
  };
}

export const taskQueue = TASK_QUEUE;
