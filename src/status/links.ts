import { extractId, parseStreamId, scheduleId, type StreamId } from '../core/ids.ts';

/** Where things are: on this page, and in the Temporal UI where that is known. */
export interface Links {
  /** @param stream `<source>/<stream>` */
  stream(stream: string): string;
  readonly temporal?: { workflow(stream: string): string; schedule(stream: string): string };
}

const idOf = (stream: string): StreamId => parseStreamId(stream) ?? { source: stream, stream: '' };

/** @param temporalUi the address of the Temporal UI, with its namespace: `http://127.0.0.1:8233/namespaces/default` */
export function openLinks(temporalUi: string | undefined): Links {
  return {
    stream: (stream) => `/stream/${stream.split('/').map(encodeURIComponent).join('/')}`,
    ...(temporalUi !== undefined && {
      temporal: {
        workflow: (stream) => `${temporalUi}/workflows/${encodeURIComponent(extractId(idOf(stream)))}`,
        schedule: (stream) => `${temporalUi}/schedules/${encodeURIComponent(scheduleId(idOf(stream)))}`,
      },
    }),
  };
}
