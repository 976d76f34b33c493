import { nearest } from '../config/nearest.ts';
import type { Config, ConfiguredSource } from '../config/load.ts';
import type { WindowStream } from '../core/contract.ts';
import { formatStreamId, parseStreamId, type StreamId } from '../core/ids.ts';

/** What a user typed cannot be done; the message says why and what would. Exit code 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A configured window stream with what its configuration says. */
export interface KnownStream extends StreamId {
  readonly settings: ConfiguredSource['settings'];
  readonly window: WindowStream;
}

/** The window streams of a configuration, in the order of the file. Opening a source connects to nothing. */
export function knownStreams(config: Config): readonly KnownStream[] {
  return [...config.sources.values()].flatMap(({ id, type, settings }) => {
    const source = type.open({ id, settings, clock: Date.now });
    return source.streams.flatMap((stream) =>
      stream.shape === 'window' ? [{ source: id, stream: stream.name, settings, window: stream }] : [],
    );
  });
}

/** The stream that a user named. @throws UsageError with the nearest name there is */
export function findStream(config: Config, text: string): KnownStream {
  const all = knownStreams(config);
  const id = parseStreamId(text);
  const found = all.find((one) => one.source === id?.source && one.stream === id.stream);
  if (found !== undefined) return found;
  const names = all.map(formatStreamId);
  const mean = nearest(text, names);
  throw new UsageError(
    `there is no stream ${JSON.stringify(text)} in ${config.file}. ` +
      (mean === undefined ? `It has: ${names.join(', ')}` : `Did you mean ${mean}?`),
  );
}
