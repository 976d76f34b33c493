import type { Archive } from '../archive/archive.ts';
import type { CommonSettings, ReportStream, SequenceStream, Source, Stream, WindowStream } from '../core/contract.ts';
import { UnknownStream } from '../core/failures.ts';
import { formatStreamId, type StreamId } from '../core/ids.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** What activities work with; the worker is the only place that builds it. */
export interface Dependencies {
  /** The configured sources, by name. */
  readonly sources: ReadonlyMap<string, OpenSource>;
  readonly ledger: Ledger;
  readonly archive: Archive;
  /** Aborted when the worker is asked to stop: running walks then return early, with their cursor. */
  readonly stopping: AbortSignal;
  /** Told how old a cursor that dies is when it is used, seconds. */
  readonly cursorUsed?: (id: StreamId, age: number) => void;
}

export interface OpenSource {
  readonly source: Source;
  readonly settings: CommonSettings;
}

/** Errors: `unknown-stream`, which names what the configuration does have. */
export function findSource({ sources }: Dependencies, name: string): OpenSource {
  const found = sources.get(name);
  if (found !== undefined) return found;
  const known = [...sources.keys()].join(', ') || 'none';
  throw new UnknownStream(`this worker's configuration has no source ${name} (it has: ${known})`);
}

/** Errors: `unknown-stream`, when there is no such stream or it has another shape. */
export function findWindowStream(deps: Dependencies, id: StreamId): OpenSource & { readonly stream: WindowStream } {
  return findShaped(deps, id, 'window');
}

/** Errors: as for {@link findWindowStream}. */
export function findSequenceStream(deps: Dependencies, id: StreamId): OpenSource & { readonly stream: SequenceStream } {
  return findShaped(deps, id, 'sequence');
}

/** Errors: as for {@link findWindowStream}. */
export function findReportStream(deps: Dependencies, id: StreamId): OpenSource & { readonly stream: ReportStream } {
  return findShaped(deps, id, 'report');
}

function findShaped<Shape extends Stream['shape']>(
  deps: Dependencies,
  id: StreamId,
  shape: Shape,
): OpenSource & { readonly stream: Extract<Stream, { shape: Shape }> } {
  const open = findSource(deps, id.source);
  const stream = open.source.streams.find((one) => one.name === id.stream);
  if (stream === undefined) {
    const known = open.source.streams.map((one) => formatStreamId({ source: id.source, stream: one.name })).join(', ');
    throw new UnknownStream(`this worker's configuration has no stream ${formatStreamId(id)} (it has: ${known})`);
  }
  if (!hasShape(stream, shape))
    throw new UnknownStream(`${formatStreamId(id)} is a ${stream.shape} stream, not a ${shape} stream`);
  return { ...open, stream };
}

function hasShape<Shape extends Stream['shape']>(
  stream: Stream,
  shape: Shape,
): stream is Extract<Stream, { shape: Shape }> {
  return stream.shape === shape;
}
