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

/** The streams of a configuration with their schedules, in the order of the file. */
export function configuredStreams(config: Config): readonly ConfiguredStream[] {
  return [...config.sources.values()].flatMap(({ id, type, settings }) => {
    const source = type.open({ id, settings, clock: Date.now });
    return source.streams.map((stream) => ({ source: id, stream: stream.name, ...settings.schedule }));
  });
}

export interface ConfiguredStream {
  readonly source: string;
  readonly stream: string;
  readonly every: number;
  readonly offset: number;
}
