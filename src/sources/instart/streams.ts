import type { VendorLimits, WindowLimits, WindowStream } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { DAY } from '../../core/time.ts';
import type { Asking } from './asking.ts';
import type { Client } from './client.ts';
import { AGGREGATES } from './kinds.ts';
import { likenessOf } from './likeness.ts';
import { queryOf } from './query.ts';
import { instartLimits, type InstartSettings } from './settings.ts';
import type { StreamSettings } from './stream-settings.ts';
import { topPage } from './topk.ts';
import { walkPage } from './walk.ts';

type Settings = InstartSettings & { readonly limits: VendorLimits };

/** A stream with what it is asked for by, for `check`. */
export interface InstartStream {
  readonly stream: WindowStream;
  readonly asking: Asking;
}

export function openStreams(id: string, settings: Settings, client: Client): readonly InstartStream[] {
  return Object.entries(settings.streams).map(([name, stream]) => {
    const limits = limitsOf(stream, settings.limits);
    const asking: Asking = {
      client,
      query: queryOf(stream),
      limits,
      rowsPerPage: settings.rowsPerPage,
      name: `${id}/${name}`,
      settings: `streams.${name}`,
    };
    return { asking, stream: streamOf(name, stream, asking) };
  });
}

function streamOf(name: string, settings: StreamSettings, asking: Asking): WindowStream {
  const { limits, query } = asking;
  const window = windowOf(settings);
  const { top } = query;
  return {
    name,
    shape: 'window',
    limits,
    ...(window !== undefined && { window }),
    identify({ identity, bytes }) {
      // Which of several equal rows one is, shows only among the others of its answer.
      if (identity === undefined)
        throw new UnexpectedAnswer(`${asking.name}: a row without an identity`, { body: bytes });
      return identity;
    },
    ...(query.time !== undefined && { likeness: likenessOf(query.scheme) }),
    fetchPage: (part, cursor, signal) =>
      top === undefined ? walkPage(asking, part, cursor, signal) : topPage(asking, top, part, signal),
  };
}

/** Events have the source's. */
function windowOf(stream: StreamSettings): number | undefined {
  if ('granularity' in stream) return AGGREGATES[stream.granularity].window;
  return 'window' in stream ? stream.window : undefined;
}

/**
 * A stream's own limits. What the user has tightened holds for all streams: a shorter retention where it is shorter than the stream's own,
 * a longer settling everywhere.
 */
function limitsOf(stream: StreamSettings, common: VendorLimits): WindowLimits {
  const { longest, grain, settling, retention, safety, cursorValidity, reconcile } = common;
  const all = { settling, safety, cursorValidity };
  if (stream.kind === 'events') {
    return { ...all, longest, grain, retention, retentionStep: DAY, ...(reconcile && { reconcile }) };
  }
  const tightened = retention < instartLimits.retention ? retention : Infinity;
  const own = aggregateOf(stream);
  return { ...all, grain: own.grain, longest: own.window, retention: Math.min(own.retention, tightened) };
}

interface Own {
  readonly grain: number;
  readonly window: number;
  readonly retention: number;
}

function aggregateOf(stream: Exclude<StreamSettings, { kind: 'events' }>): Own {
  if ('granularity' in stream) {
    const { bucket, window, retention } = AGGREGATES[stream.granularity];
    return { grain: bucket, window, retention };
  }
  // A list over half a window is another list, so windows are not cut. Nothing is said of how long lists can be had; this long, the data that
  // they are made of is there in every granularity (instart.txt:172).
  return { grain: stream.window, window: stream.window, retention: AGGREGATES['5minute'].retention };
}
