import { nearest } from '../core/nearest.ts';
import type { Config, ConfiguredSource } from '../config/load.ts';
import type { Stream, View, WindowStream } from '../core/contract.ts';
import { redactionOf, type StreamRedaction } from '../core/redaction.ts';
import { formatStreamId, type StreamId } from '../core/ids.ts';
import { UsageError } from './usage-error.ts';

/** A configured stream with what its configuration says. */
export interface KnownStream extends StreamId {
  readonly settings: ConfiguredSource['settings'];
  readonly shape: Stream['shape'];
  /** Of a window stream. */
  readonly window?: WindowStream;
  readonly views: Readonly<Record<string, View>>;
  /** What holds for secrets inside its records; absent where it has none. */
  readonly redaction?: StreamRedaction;
}

export interface KnownWindowStream extends KnownStream {
  readonly window: WindowStream;
}

/** The streams of a configuration, in the order of the file. Opening a source connects to nothing. */
export function knownStreams(config: Config): readonly KnownStream[] {
  return [...config.sources.values()].flatMap(({ id, type, settings }) => {
    const source = type.open({ id, settings, clock: Date.now });
    return source.streams.map((stream) => {
      const redaction = redactionOf(stream, settings.redaction);
      return {
        source: id,
        stream: stream.name,
        settings,
        shape: stream.shape,
        views: stream.views ?? {},
        ...(stream.shape === 'window' && { window: stream }),
        ...(redaction !== undefined && { redaction }),
      };
    });
  });
}

export function isWindowStream(stream: KnownStream): stream is KnownWindowStream {
  return stream.window !== undefined;
}

/** The stream that a user named. @throws UsageError with the nearest name there is */
export function findStream(config: Config, text: string): KnownStream {
  const all = knownStreams(config);
  const found = all.find((one) => formatStreamId(one) === text);
  if (found !== undefined) return found;
  throw unknownStream(text, all, config.file);
}

/** Says which streams there are, the nearest one first of all. */
export function unknownStream(text: string, all: readonly StreamId[], file: string): UsageError {
  const names = [...new Set(all.map(formatStreamId))];
  const mean = nearest(text, names) ?? names.find((name) => name.endsWith(`/${text}`));
  return new UsageError(
    `there is no stream ${JSON.stringify(text)} in ${file}. ` +
      (mean === undefined ? `It has: ${names.join(', ')}` : `Did you mean ${mean}?`),
  );
}
